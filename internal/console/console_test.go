package console_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/umgateway/umgateway/docs"
	"github.com/umgateway/umgateway/internal/console"
)

var well = console.Status{Version: "v1", Backends: []console.Backend{{
	Name: "default", Dialect: "umws", Serving: true, Endpoints: []console.Endpoint{{URL: "https://mail.example.com/", State: "up", Limit: 4}},
}}}

// newServer serves all pages of a console, as the gateway does for callers.
func newServer(t *testing.T, config console.Config) *httptest.Server {
	t.Helper()
	if config.Reasons == "" {
		config.Reasons = docs.Reasons
	}
	config.Status = func(context.Context) console.Status { return well }
	c, err := console.New(config)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for _, pages := range []map[string]http.Handler{c.Pages(), c.CallerPages()} {
		for pattern, page := range pages {
			mux.Handle(pattern, page)
		}
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

func get(t *testing.T, address string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply, string(body)
}

func TestEveryAnswerHasTheHeaders(t *testing.T) {
	t.Parallel()
	server := newServer(t, console.Config{Demo: &console.Demo{Journal: &console.Journal{}}})
	for _, name := range []string{"/console", "/console/", "/console/main.js", "/console/none", "/console/about", "/console/reasons", "/console/status", "/console/exchanges"} {
		reply, _ := get(t, server.URL+name)
		policy := map[string]bool{}
		for directive := range strings.SplitSeq(reply.Header.Get("Content-Security-Policy"), "; ") {
			policy[directive] = true
		}
		for _, want := range []string{
			"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self'", "base-uri 'none'",
			"form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
		} {
			if !policy[want] {
				t.Errorf("%s: the policy lacks %q", name, want)
			}
			delete(policy, want)
		}
		if len(policy) > 0 {
			t.Errorf("%s: the policy also has %v", name, policy)
		}
		for header, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := reply.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", name, header, got, want)
			}
		}
	}
}

var (
	loaded = regexp.MustCompile(`(?:src|href)="([^"#]+)"|from "([^"]+)"`)
	inline = regexp.MustCompile(`(?i)<style|<script(?: type="module")?>|\s(?:style|on[a-z]+)=|javascript:|innerHTML|insertAdjacentHTML|\beval\(|https?://`)
)

func TestThePageLoadsItsOwnFilesOnlyAndHasNothingInline(t *testing.T) {
	t.Parallel()
	server := newServer(t, console.Config{})
	kinds := map[string]string{".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
	seen := map[string]bool{}
	next := []string{"./"}
	for len(next) > 0 {
		name := next[0]
		next = next[1:]
		if seen[name] {
			continue
		}
		seen[name] = true
		reply, text := get(t, server.URL+"/console/"+strings.TrimPrefix(name, "./"))
		kind := kinds[path.Ext(name)]
		if name == "./" {
			kind = kinds[".html"]
		}
		if got := reply.Header.Get("Content-Type"); reply.StatusCode != http.StatusOK || got != kind {
			t.Errorf("%s: %d %s, want 200 %s", name, reply.StatusCode, got, kind)
			continue
		}
		if found := inline.FindString(strings.ReplaceAll(text, `xmlns="http://www.w3.org/2000/svg"`, "")); found != "" {
			t.Errorf("%s holds %q", name, found)
		}
		for _, match := range loaded.FindAllStringSubmatch(text, -1) {
			next = append(next, match[1]+match[2])
		}
	}
	if !seen["./timeline.js"] || !seen["console.css"] || !seen["icon.svg"] {
		t.Errorf("only these files are loaded: %v", seen)
	}
}

func TestAboutTellsHowToSignIn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config console.Config
		want   string
	}{
		"open":       {console.Config{}, `{"signIn":[]}`},
		"documented": {console.Config{Docs: "/docs/"}, `{"signIn":[],"docs":"/docs/"}`},
		"closed":     {console.Config{SignIn: func() []string { return []string{"Bearer"} }}, `{"signIn":["Bearer"]}`},
		"demo": {console.Config{Demo: &console.Demo{EntryID: "AAAA", Numbers: []console.Number{{DialString: "1", Meaning: "busy"}}, Journal: &console.Journal{}}},
			`{"signIn":[],"demo":{"entryId":"AAAA","numbers":[{"dialString":"1","meaning":"busy"}]}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, body := get(t, newServer(t, c.config).URL+"/console/about")
			if body != c.want {
				t.Errorf("the answer is %s, want %s", body, c.want)
			}
		})
	}
}

func TestOnlyADemoShowsExchanges(t *testing.T) {
	t.Parallel()
	reply, _ := get(t, newServer(t, console.Config{}).URL+"/console/exchanges")
	if reply.StatusCode != http.StatusNotFound {
		t.Errorf("without a demo the exchanges answer %d", reply.StatusCode)
	}
	journal := &console.Journal{}
	for range 60 {
		journal.Add(console.Exchange{Operation: "Disconnect", Text: "x" + strings.Repeat("é", 20_000)})
	}
	server := newServer(t, console.Config{Demo: &console.Demo{Journal: journal}})
	for query, want := range map[string]int{"": 50, "?after=58": 2, "?after=60": 0, "?after=1000": 50, "?after=x": 50} {
		_, body := get(t, server.URL+"/console/exchanges"+query)
		var answer struct{ Exchanges []console.Exchange }
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			t.Fatal(err)
		}
		if len(answer.Exchanges) != want {
			t.Errorf("%q gets %d exchanges, want %d", query, len(answer.Exchanges), want)
		}
		for _, e := range answer.Exchanges {
			if len(e.Text) > 17_000 || strings.ContainsRune(e.Text, '\uFFFD') {
				t.Errorf("an exchange has %d bytes of text, or half a character", len(e.Text))
			}
		}
	}
}

func TestReasonsAreThoseOfTheDocumentation(t *testing.T) {
	t.Parallel()
	type reason struct{ Status, Meaning, Fix, Who string }
	read := func(config console.Config) map[string]reason {
		_, body := get(t, newServer(t, config).URL+"/console/reasons")
		var reasons map[string]reason
		if err := json.Unmarshal([]byte(body), &reasons); err != nil {
			t.Fatal(err)
		}
		return reasons
	}
	if got, want := len(read(console.Config{})), strings.Count(docs.Reasons, "\n### "); got != want {
		t.Errorf("there are %d reasons, want %d", got, want)
	}
	got := read(console.Config{Reasons: "# Reasons\n\n### A_B\n\nINTERNAL, 500; UNIMPLEMENTED, 501 if none\nis there. It is **odd**:\nvery. See `x`.\n\n" +
		"- **Fix:** Do `this`, or\n  that.\n- **Who acts:** the caller.\n"})["A_B"]
	if want := (reason{"INTERNAL, 500; UNIMPLEMENTED, 501 if none is there", "It is odd: very. See x.", "Do this, or that.", "the caller."}); got != want {
		t.Errorf("the reason is %+v, want %+v", got, want)
	}
}

func TestWhatCannotBeShownIsRefused(t *testing.T) {
	t.Parallel()
	status := func(context.Context) console.Status { return well }
	for name, config := range map[string]console.Config{
		"no status":                {Reasons: docs.Reasons},
		"a reason of another form": {Status: status, Reasons: "\n### A_REASON\n\nIt is.\n"},
	} {
		if _, err := console.New(config); err == nil || !strings.HasPrefix(err.Error(), "console: ") {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}
