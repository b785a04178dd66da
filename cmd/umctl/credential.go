package main

import (
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"strings"
)

// credentialFlags say who asks. Secrets come from files or from the environment, which other users cannot read.
type credentialFlags struct {
	User         string `placeholder:"USER" help:"User name for HTTP Basic authentication. The password is in --password-file or UMCTL_PASSWORD."`
	PasswordFile string `type:"path" placeholder:"FILE" help:"File with the password."`
	TokenFile    string `type:"path" placeholder:"FILE" help:"File with a bearer token; or UMCTL_TOKEN."`

	AllowInsecureCredentials bool `help:"Let a password or a token go to another machine without TLS."`
}

// authorization returns the value of the Authorization header; empty without a credential.
func (f *credentialFlags) authorization(getenv func(string) string) (string, error) {
	password, err := secret("--password-file", f.PasswordFile, "UMCTL_PASSWORD", getenv)
	if err != nil {
		return "", err
	}
	token, err := secret("--token-file", f.TokenFile, "UMCTL_TOKEN", getenv)
	switch {
	case err != nil:
		return "", err
	case token != "" && (f.User != "" || password != ""):
		return "", usageError("a user with a password and a token are given; leave one of them out")
	case token != "" && strings.Trim(token, tokenCharacters) != "":
		return "", usageError("the token holds characters that no bearer token has (RFC 6750 section 2.1)")
	case token != "":
		return "Bearer " + token, nil
	case f.User == "" && password == "":
		return "", nil
	case f.User == "":
		return "", usageError("a password needs --user")
	case password == "":
		return "", usageError("--user needs a password: give it by --password-file FILE or by UMCTL_PASSWORD")
	case strings.Contains(f.User, ":") || hasControls(f.User) || hasControls(password):
		return "", usageError("the user name holds a colon, or it or the password a control character, which HTTP Basic cannot send (RFC 7617 section 2)")
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(f.User+":"+password)), nil
}

// tokenCharacters are those of a b64token (RFC 6750 section 2.1).
const tokenCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/="

func hasControls(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7F })
}

// maxSecretBytes bounds a file with a secret.
const maxSecretBytes = 64 << 10

// secret reads a secret from a file, without the end of its line, or else from the environment; empty if neither is set.
func secret(flag, name, variable string, getenv func(string) string) (string, error) {
	value := getenv(variable)
	switch {
	case name == "":
		return value, nil
	case value != "":
		return "", usageError(fmt.Sprintf("%s and %s are both given; leave one of them out", flag, variable))
	}
	file, err := os.Open(name)
	if err != nil {
		return "", fmt.Errorf("%s: %w", flag, err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxSecretBytes+1))
	value = strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	switch {
	case err != nil:
		return "", fmt.Errorf("%s: %w", flag, err)
	case len(content) > maxSecretBytes:
		return "", fmt.Errorf("%s: %s is longer than %d bytes", flag, name, maxSecretBytes)
	case value == "":
		return "", fmt.Errorf("%s: %s is empty", flag, name)
	}
	return value, nil
}
