package transport_test

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

func TestParseAuth(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string][]transport.Scheme{
		"none":            nil,
		"basic":           {transport.SchemeBasic},
		"ntlm":            {transport.SchemeNTLM, transport.SchemeNegotiateNTLM},
		"kerberos":        {transport.SchemeKerberos},
		"negotiate":       {transport.SchemeKerberos, transport.SchemeNegotiateNTLM, transport.SchemeNTLM},
		"NTLM, Basic":     {transport.SchemeNTLM, transport.SchemeNegotiateNTLM, transport.SchemeBasic},
		"ntlm,negotiate":  {transport.SchemeNTLM, transport.SchemeNegotiateNTLM, transport.SchemeKerberos},
		"negotiate-ntlm":  {transport.SchemeNegotiateNTLM},
		"kerberos,basic ": {transport.SchemeKerberos, transport.SchemeBasic},
	} {
		if got, err := transport.ParseAuth(setting); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: got %v, %v, want %v", setting, got, err, want)
		}
	}
	for _, setting := range []string{"", "digest", "none,basic", "basic,"} {
		if got, err := transport.ParseAuth(setting); err == nil {
			t.Errorf("%q: accepted as %v", setting, got)
		}
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	const url = "https://mail.example.com/"
	noTickets := func(*transport.Identity) (transport.TicketSource, error) { return nil, nil }
	for name, config := range map[string]transport.Config{
		"no address":              {},
		"no host":                 {URL: "https:///x"},
		"another scheme":          {URL: "ftp://mail.example.com/"},
		"credentials in it":       {URL: "https://alice:secret@mail.example.com/"},
		"fragment":                {URL: url + "#x"},
		"negative limit":          {URL: url, MaxConns: -1},
		"negative timeout":        {URL: url, IdleTimeout: -1},
		"line break in the agent": {URL: url, UserAgent: "x\r\ny"},
		"unknown scheme":          {URL: url, Auth: []transport.Scheme{"digest"}},
		"scheme twice":            {URL: url, Auth: []transport.Scheme{"basic", "basic"}},
		"Basic over http":         {URL: "http://mail.example.com/", Auth: []transport.Scheme{"ntlm", "basic"}},
		"no password":             {URL: url, Auth: []transport.Scheme{"ntlm"}, Identity: &transport.Identity{Username: "alice"}},
		"no tickets":              {URL: url, Auth: []transport.Scheme{"kerberos"}, Identity: identity("carol@contoso.com"), Tickets: noTickets},
		"no user name":            {URL: url, Auth: []transport.Scheme{"ntlm"}, Identity: identity("")},
		"colon in it":             {URL: url, Auth: []transport.Scheme{"basic"}, Identity: identity("a:b")},
		"line break in it":        {URL: url, Auth: []transport.Scheme{"ntlm"}, Identity: identity("a\nb")},
		"broken password":         {URL: url, Auth: []transport.Scheme{"ntlm"}, Identity: &transport.Identity{Username: "alice", Password: noPassword{}}},
		"certificate without key": {URL: url, TLSFiles: transport.TLSFiles{Certificate: "x"}, TLS: &tls.Config{}},
	} {
		if _, err := transport.New(config); err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error tells a secret: %v", name, err)
		}
	}
}

type noPassword struct{}

func (noPassword) Password() (string, error) { return "", errors.New("not available") }

func TestNegotiateWithoutTicketsIsNoError(t *testing.T) {
	t.Parallel()
	schemes, _ := transport.ParseAuth("negotiate")
	client, err := transport.New(transport.Config{URL: "https://mail.example.com/", Auth: schemes, Identity: identity(`CONTOSO\alice`)})
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
}

func TestRequestWithoutIdentityIsRefusedWhereOneIsNeeded(t *testing.T) {
	t.Parallel()
	b := newBackend(t, "NTLM").start()
	_, err := call(t, b.client(t, "ntlm", nil), nil, "body")
	wantKind(t, err, transport.KindUnauthorized)
	if b.connections != 0 {
		t.Error("a connection was made")
	}
}

func TestIdentityOfTheRequestGoesBeforeTheContextsAndThatBeforeTheConfigured(t *testing.T) {
	t.Parallel()
	b := newBackend(t, "NTLM").start()
	client := b.client(t, "ntlm", func(c *transport.Config) { c.Identity = identity("carol@contoso.com") })
	withBob := transport.WithIdentity(t.Context(), identity(`CONTOSO\bob`))
	for _, test := range []struct {
		request *transport.Identity
		context bool
		want    string
	}{{nil, false, "carol@contoso.com"}, {nil, true, `contoso\bob`}, {identity(`CONTOSO\alice`), true, `contoso\alice`}} {
		ctx := t.Context()
		if test.context {
			ctx = withBob
		}
		reply, err := client.RoundTrip(ctx, &transport.Request{Body: []byte("x"), Identity: test.request})
		if err != nil {
			t.Fatal(err)
		}
		if string(reply.Body) != test.want {
			t.Errorf("arrived as %s, want %s", reply.Body, test.want)
		}
		reply.Release()
	}
}

func TestCookiesStayWithTheirIdentity(t *testing.T) {
	t.Parallel()
	b := newBackend(t, "NTLM")
	seen := map[string][]string{}
	b.handler = countCookies(seen)
	b.start()
	client := b.client(t, "ntlm", nil)
	for range 2 {
		for _, name := range []string{`CONTOSO\alice`, `CONTOSO\bob`} {
			mustCall(t, client, identity(name), "body")
		}
	}
	for _, name := range []string{`contoso\alice`, `contoso\bob`} {
		if want := []string{"", "affinity=" + strings.ReplaceAll(name, `\`, "-")}; !slices.Equal(seen[name], want) {
			t.Errorf("%s sent the cookies %q, want %q", name, seen[name], want)
		}
	}
}

func TestPasswordNeverShowsInFormattedText(t *testing.T) {
	t.Parallel()
	who := &transport.Identity{Username: "u", Password: transport.StaticPassword("hidden")}
	log := &lines{}
	slog.New(slog.NewJSONHandler(log, nil)).Info("x", "password", who.Password, "identity", *who)
	slog.New(slog.NewTextHandler(log, nil)).Info("x", "password", who.Password, "identity", who)
	encoded, err := json.Marshal(who)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{string(encoded), fmt.Sprint(who.Password), fmt.Sprintf("%+v", who), fmt.Sprintf("%#v", *who), fmt.Sprintf("%s %q %x", who.Password, who.Password, who.Password), log.String()} {
		if strings.Contains(text, "hidden") || strings.Contains(text, "68696464656e") {
			t.Errorf("shows the password: %s", text)
		}
	}
}

func TestPasswordFile(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		content, want string
		bad           bool
	}{
		"plain":                {"secret", "secret", false},
		"one line feed":        {"secret\n", "secret", false},
		"one line break":       {"secret\r\n", "secret", false},
		"two line feeds":       {"secret\n\n", "secret\n", false},
		"spaces":               {" secret \n", " secret ", false},
		"carriage return only": {"secret\r", "secret\r", false},
		"empty":                {"", "", true},
		"only a line feed":     {"\n", "", true},
		"UTF-16":               {"\xff\xfes\x00", "", true},
		"byte order mark":      {"\uFEFFsecret", "", true},
		"zero byte":            {"sec\x00ret", "", true},
		"too long":             {strings.Repeat("x", 5000), "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := transport.NewPasswordFile(writeFile(t, t.TempDir(), "password", []byte(test.content)), nil)
			if test.bad {
				if err == nil {
					t.Fatal("accepted")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got, err := f.Password(); got != test.want || err != nil {
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
	if _, err := transport.NewPasswordFile(t.TempDir()+"/missing", nil); err == nil {
		t.Error("a missing file was accepted")
	}
}

func TestPasswordFileIsReadAgainAndTheLastGoodPasswordKept(t *testing.T) {
	dir := t.TempDir()
	path := writeFile(t, dir, "password", []byte("first\n"))
	synctest.Test(t, func(t *testing.T) {
		log := &lines{}
		f, err := transport.NewPasswordFile(path, slog.New(slog.NewTextHandler(log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			change   func()
			want     string
			warnings int
		}{
			{func() {}, "first", 0},
			{func() { writeFile(t, dir, "password", []byte("other")) }, "other", 0}, // as long as the first
			{func() { writeFile(t, dir, "password", nil) }, "other", 1},
			{func() {}, "other", 1},
			{func() { os.Remove(path) }, "other", 2},
			{func() { writeFile(t, dir, "password", []byte("again")) }, "again", 2},
		} {
			step.change()
			time.Sleep(time.Second)
			got, err := f.Password()
			if n := strings.Count(log.String(), "level=WARN"); err != nil || got != step.want || n != step.warnings {
				t.Errorf("got %q, %v and %d warnings, want %q and %d", got, err, n, step.want, step.warnings)
			}
		}
	})
}
