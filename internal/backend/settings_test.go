package backend

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSettingsThatCannotWorkAreRefusedByName(t *testing.T) {
	t.Parallel()
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const plain, secure = "http://127.0.0.1:1/", "https://127.0.0.1:1/"
	for name, c := range map[string]struct {
		settings Settings
		want     string // empty: they are fine
	}{
		"the least":                 {Settings{URLs: []string{plain}}, ""},
		"two endpoints":             {Settings{URLs: []string{plain, secure}}, ""},
		"no address":                {Settings{}, "url"},
		"not an address":            {Settings{URLs: []string{"mail"}}, "not a URL"},
		"unknown auth":              {Settings{URLs: []string{plain}, Auth: "digest"}, "digest"},
		"unknown namespace":         {Settings{URLs: []string{plain}, Namespace: "ftp"}, "namespace"},
		"unknown spelling":          {Settings{URLs: []string{plain}, FolderIDElement: "folder"}, "folder"},
		"unknown identity":          {Settings{URLs: []string{plain}, Identity: "root"}, "identity"},
		"ntlm":                      {Settings{URLs: []string{plain}, Auth: "ntlm", Username: `EXAMPLE\svc`, PasswordFile: password}, ""},
		"negotiate":                 {Settings{URLs: []string{plain}, Auth: "negotiate", Username: `EXAMPLE\svc`, PasswordFile: password}, ""},
		"basic over TLS":            {Settings{URLs: []string{secure}, Auth: "basic", Username: "svc", PasswordFile: password}, ""},
		"basic in the open":         {Settings{URLs: []string{plain}, Auth: "basic", Username: "svc", PasswordFile: password}, "asic"},
		"basic in the open allowed": {Settings{URLs: []string{plain}, Auth: "basic", Username: "svc", PasswordFile: password, AllowInsecureBasic: true}, ""},
		"no password":               {Settings{URLs: []string{plain}, Auth: "ntlm", Username: "svc"}, "password-file"},
		"basic without anything":    {Settings{URLs: []string{secure}, Auth: "basic"}, "auth basic: a username and a password-file are required"},
		"ntlm by a keytab":          {Settings{URLs: []string{plain}, Auth: "ntlm", Username: "svc", Keytab: "k"}, "auth ntlm: a username and a password-file"},
		"kerberos without anything": {Settings{URLs: []string{plain}, Auth: "kerberos"}, "password-file, keytab or ccache"},
		"no user":                   {Settings{URLs: []string{plain}, Auth: "ntlm", PasswordFile: password}, "username"},
		"password without auth":     {Settings{URLs: []string{plain}, Username: "svc", PasswordFile: password}, "auth"},
		"missing password file":     {Settings{URLs: []string{plain}, Auth: "ntlm", Username: "svc", PasswordFile: password + "x"}, "password-file"},
		"password and keytab":       {Settings{URLs: []string{plain}, Auth: "kerberos", Username: "svc", PasswordFile: password, Keytab: "k"}, "give one"},
		"missing krb5.conf":         {Settings{URLs: []string{plain}, Auth: "negotiate", Username: "svc", PasswordFile: password, Krb5Conf: password + "x"}, "krb5-conf"},
		"certificate without key":   {Settings{URLs: []string{secure}, CertFile: "c"}, "key-file"},
		"caller-basic":              {Settings{URLs: []string{secure}, Auth: "basic", Identity: IdentityCallerBasic}, ""},
		"caller-basic by ntlm":      {Settings{URLs: []string{plain}, Auth: "ntlm", Identity: IdentityCallerBasic}, ""},
		"caller-basic without auth": {Settings{URLs: []string{plain}, Identity: IdentityCallerBasic}, "caller-basic"},
		"caller-basic and an user":  {Settings{URLs: []string{plain}, Auth: "ntlm", Identity: IdentityCallerBasic, Username: "svc"}, "caller-basic"},
		"caller-basic and a probe":  {Settings{URLs: []string{plain}, Auth: "ntlm", Identity: IdentityCallerBasic, Probe: 1}, "probe"},
		"mapped without a file":     {Settings{URLs: []string{plain}, Auth: "ntlm", Identity: IdentityMapped}, "identities-file"},
		"mapped":                    {Settings{URLs: []string{plain}, Auth: "ntlm", Identity: IdentityMapped, IdentitiesFile: "f"}, ""},
		"mapped without auth":       {Settings{URLs: []string{plain}, Identity: IdentityMapped, IdentitiesFile: "f"}, "mapped"},
		"mapped and an user":        {Settings{URLs: []string{plain}, Auth: "ntlm", Identity: IdentityMapped, IdentitiesFile: "f", Username: "svc"}, "mapped"},
		"impersonated":              {Settings{URLs: []string{plain}, Identity: IdentityImpersonated, IdentitiesFile: "f", Dialect: "ews"}, ""},
		"impersonated by umws":      {Settings{URLs: []string{plain}, Identity: IdentityImpersonated, IdentitiesFile: "f"}, "only ews"},
		"a file without a use":      {Settings{URLs: []string{plain}, IdentitiesFile: "f"}, "identities-file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := Open(c.settings, Options{})
			switch {
			case err == nil && c.want != "":
				t.Errorf("the settings are accepted, want an error about %q", c.want)
			case err != nil && (c.want == "" || !strings.Contains(err.Error(), c.want)):
				t.Errorf("the error is %q, want one about %q", err, c.want)
			case err != nil && strings.Contains(err.Error(), "secret"):
				t.Errorf("the error holds the password: %v", err)
			}
			if b != nil {
				if err := b.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
