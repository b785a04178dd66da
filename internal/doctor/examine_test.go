package doctor_test

import (
	"crypto/tls"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/umgateway/umgateway/internal/backend"
	"github.com/umgateway/umgateway/internal/doctor"
	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/internal/exchangesim"
)

func newSimulator(t *testing.T, config exchangesim.Config) *exchangesim.Server {
	t.Helper()
	sim, err := exchangesim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return sim
}

// behind puts the simulator behind something that does as the function says with requests that it answers itself.
func behind(sim http.Handler, answer func(http.ResponseWriter, *http.Request) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !answer(w, r) {
			sim.ServeHTTP(w, r)
		}
	})
}

func basic(password string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if _, shown, _ := r.BasicAuth(); shown == password {
			return false
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="mail"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
}

// want is what a patient must be told.
type want struct {
	check   string
	verdict doctor.Verdict
	text    string // in the detail or the fix
}

func TestEachKindOfBreakageIsFound(t *testing.T) {
	t.Parallel()
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("right\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	account := backend.Settings{Auth: "basic", Username: "svc", PasswordFile: password, AllowInsecureBasic: true}
	ntlm := account
	ntlm.Auth = "ntlm"
	for name, c := range map[string]struct {
		config   exchangesim.Config
		answer   func(http.ResponseWriter, *http.Request) bool
		settings backend.Settings
		path     string
		worst    doctor.Verdict
		want     want
	}{
		"healthy, any scheme":  {worst: doctor.Note, want: want{"operation", doctor.Good, "answers IsUMEnabled"}},
		"healthy, http only":   {config: exchangesim.Config{Scheme: "http"}, worst: doctor.Note, want: want{"namespace", doctor.Good, "with http;"}},
		"healthy, https only":  {config: exchangesim.Config{Scheme: "https"}, worst: doctor.Note, want: want{"namespace", doctor.Good, "with https;"}},
		"healthy ews":          {settings: backend.Settings{Dialect: exchange.EWS}, path: exchangesim.EWSPath, worst: doctor.Note, want: want{"operation", doctor.Good, "speaks ews"}},
		"healthy with sign-in": {settings: account, answer: basic("right"), worst: doctor.Warn, want: want{"authentication", doctor.Good, "offers basic"}},
		"wrong scheme set":     {config: exchangesim.Config{Scheme: "http"}, settings: backend.Settings{Namespace: "https"}, worst: doctor.Fail, want: want{"operation", doctor.Fail, "check the path"}},
		"nobody may sign in":   {answer: basic("right"), worst: doctor.Fail, want: want{"authentication", doctor.Fail, "--backend-auth"}},
		"wrong password":       {settings: account, answer: basic("another"), worst: doctor.Fail, want: want{"operation", doctor.Fail, "password file"}},
		"a redirect": {answer: func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "/login", http.StatusFound)
			return true
		}, worst: doctor.Fail, want: want{"http", doctor.Fail, "/login"}},
		"a wrong path": {answer: func(w http.ResponseWriter, r *http.Request) bool { http.NotFound(w, r); return true }, worst: doctor.Fail, want: want{"http", doctor.Fail, "Service.asmx"}},
		"a clock that is wrong": {answer: func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
			return false
		}, worst: doctor.Warn, want: want{"clock", doctor.Warn, "Kerberos"}},
		"healthy in French":   {config: exchangesim.Config{Scheme: "http", Language: "fr"}, worst: doctor.Note, want: want{"operation", doctor.Good, "answers IsUMEnabled"}},
		"umws, told ews":      {settings: backend.Settings{Dialect: exchange.EWS}, worst: doctor.Fail, want: want{"dialect", doctor.Fail, "--backend-dialect umws"}},
		"ews, told umws":      {path: exchangesim.EWSPath, worst: doctor.Fail, want: want{"dialect", doctor.Fail, "--backend-dialect ews"}},
		"the other namespace": {config: exchangesim.Config{Scheme: "http"}, settings: backend.Settings{Namespace: "https"}, worst: doctor.Fail, want: want{"namespace", doctor.Fail, "leave out --backend-namespace"}},
		"another sign-in":     {settings: ntlm, answer: basic("right"), worst: doctor.Fail, want: want{"authentication", doctor.Fail, "a --backend-auth that the server offers"}},
		"something on the way": {answer: func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Via", "1.1 proxy.example.com")
			return false
		}, worst: doctor.Note, want: want{"proxy", doctor.Note, "proxy.example.com"}},
		"a server that says its version": {answer: func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("X-OWA-Version", "15.1.2176.12")
			return false
		}, worst: doctor.Note, want: want{"http", doctor.Good, "Exchange 15.1.2176.12"}},
		"ews says its version": {settings: backend.Settings{Dialect: exchange.EWS}, path: exchangesim.EWSPath, worst: doctor.Note, want: want{"version", doctor.Good, "Exchange 15.1.2176.12 (Exchange 2016)"}},
		"contradicting flags":  {settings: backend.Settings{Username: "svc"}, worst: doctor.Fail, want: want{"settings", doctor.Fail, "auth"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := newSimulator(t, c.config)
			handler := http.Handler(sim)
			if c.answer != nil {
				handler = behind(sim, c.answer)
			}
			server := httptest.NewServer(handler)
			defer server.Close()
			path := c.path
			if path == "" {
				path = exchangesim.ServicePath
			}
			c.settings.URLs = []string{server.URL + path}
			findings := doctor.Examine(t.Context(), c.settings)
			wantFinding(t, findings, c.want)
			wantWorst(t, findings, c.worst)
			checkHarmless(t, sim)
		})
	}
}

func wantFinding(t *testing.T, findings []doctor.Finding, w want) {
	t.Helper()
	for _, f := range findings {
		if f.Check == w.check && f.Verdict == w.verdict && strings.Contains(f.Detail+" "+f.Fix, w.text) {
			return
		}
	}
	t.Errorf("nothing like %+v was found: %+v", w, findings)
}

// checkHarmless makes sure that nothing was changed and nobody called.
func checkHarmless(t *testing.T, sim *exchangesim.Server) {
	t.Helper()
	for _, operation := range []string{"PlayOnPhone", "PlayOnPhoneGreeting", "Disconnect", "ResetPIN", "SetOofStatus"} {
		if sim.Executed(operation)+sim.ExecutedEWS(operation) > 0 {
			t.Errorf("%s was executed", operation)
		}
	}
}

// TestFindingsDoNotContradictEachOther has a server ask for a sign-in only when it sees a call.
func TestFindingsDoNotContradictEachOther(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer server.Close()
	findings := doctor.Examine(t.Context(), backend.Settings{URLs: []string{server.URL + exchangesim.ServicePath}})
	wantFinding(t, findings, want{"authentication", doctor.Good, "before it sees a call"})
	wantFinding(t, findings, want{"operation", doctor.Fail, "does not carry calls out without a sign-in (status 401)"})
	for _, f := range findings {
		if strings.Contains(f.Detail, "credential") {
			t.Errorf("none was shown: %+v", f)
		}
	}
}

func TestWrongPasswordIsShownOnce(t *testing.T) {
	t.Parallel()
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("wrong"), 0o600); err != nil {
		t.Fatal(err)
	}
	shown := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			shown++
		}
		basic("right")(w, r)
	}))
	defer server.Close()
	doctor.Examine(t.Context(), backend.Settings{
		URLs: []string{server.URL}, Auth: "basic", Username: "svc", PasswordFile: password, AllowInsecureBasic: true,
	})
	if shown != 1 {
		t.Errorf("the password was shown %d times, want once", shown)
	}
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(newSimulator(t, exchangesim.Config{}))
	t.Cleanup(server.Close)
	authority := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(authority, text, 0o600); err != nil {
		t.Fatal(err)
	}
	plain := httptest.NewServer(newSimulator(t, exchangesim.Config{}))
	t.Cleanup(plain.Close)
	old := httptest.NewUnstartedServer(newSimulator(t, exchangesim.Config{}))
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11}
	old.StartTLS()
	t.Cleanup(old.Close)
	for name, c := range map[string]struct {
		settings backend.Settings
		want     want
	}{
		"trusted":        {backend.Settings{URLs: []string{server.URL}, CAFile: authority}, want{"tls", doctor.Good, "TLS 1.3"}},
		"not trusted":    {backend.Settings{URLs: []string{server.URL}}, want{"tls", doctor.Fail, "--backend-ca-file"}},
		"another name":   {backend.Settings{URLs: []string{server.URL}, CAFile: authority, ServerName: "mail.example.org"}, want{"tls", doctor.Fail, "--backend-server-name"}},
		"no TLS at all":  {backend.Settings{URLs: []string{strings.Replace(plain.URL, "http", "https", 1)}}, want{"tls", doctor.Fail, "does not speak TLS"}},
		"too old":        {backend.Settings{URLs: []string{old.URL}, CAFile: authority}, want{"tls", doctor.Fail, "TLS 1.2"}},
		"not encrypted":  {backend.Settings{URLs: []string{plain.URL}}, want{"tls", doctor.Note, "not encrypted"}},
		"no such file":   {backend.Settings{URLs: []string{server.URL}, CAFile: authority + "x"}, want{"tls", doctor.Fail, "--backend-ca-file"}},
		"nobody listens": {backend.Settings{URLs: []string{"http://127.0.0.1:1/"}}, want{"tcp", doctor.Fail, "firewalls"}},
		"no such host":   {backend.Settings{URLs: []string{"http://mail.invalid/"}}, want{"dns", doctor.Fail, "name servers"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantFinding(t, doctor.Examine(t.Context(), c.settings), c.want)
		})
	}
}
