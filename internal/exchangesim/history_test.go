package exchangesim_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/umgateway/umgateway/internal/exchangesim"
)

func TestAnExchangeHoldsWhatWasSentBothWays(t *testing.T) {
	t.Parallel()
	var logged []exchangesim.Exchange
	s := start(t, exchangesim.Config{UserHeader: "X-User", Log: func(e exchangesim.Exchange) { logged = append(logged, e) }})
	request := s.request("/a?b", `"`+httpNS+`/ResetPIN"`, um(httpNS, "ResetPIN", ""))
	request.Header.Set("X-User", "alice")
	got := s.do(request)
	want := exchangesim.Exchange{
		Time: s.clock.Now(), Method: "POST", Action: `"` + httpNS + `/ResetPIN"`, User: "alice", Request: um(httpNS, "ResetPIN", ""),
		Status: 200, Reply: got.body, Path: "/a", Dialect: "umws", Operation: "ResetPIN",
	}
	if kept := s.Exchanges(); len(kept) != 1 || kept[0] != want {
		t.Errorf("kept %+v, want %+v", kept, want)
	}
	if len(logged) != 1 || logged[0] != want {
		t.Errorf("logged %+v, want %+v", logged, want)
	}
}

func TestAnExchangeHoldsTheReplyAsItWentWrong(t *testing.T) {
	t.Parallel()
	s := start(t, exchangesim.Config{})
	connection := s.dial()
	body := "0123456789"
	s.Misbehave(exchangesim.Misbehaviour{Cut: 4, Body: &body, Times: 1})
	s.Misbehave(exchangesim.Misbehaviour{Drop: true})
	to := targets[0]
	if _, err := s.exchange(to); err != nil {
		t.Fatal(err)
	}
	if _, err := s.exchange(to); err != nil {
		t.Fatal(err)
	}
	connection.Close()
	kept := s.Exchanges()
	if len(kept) != 2 || kept[0].Reply != "012345" || kept[0].Status != 200 || kept[1].Reply != "" || kept[1].Status != 0 {
		t.Errorf("kept %+v", kept)
	}
}

func TestTheHistoryKeepsTheLast256Exchanges(t *testing.T) {
	t.Parallel()
	s := start(t, exchangesim.Config{})
	for i := range 260 {
		s.um("SetPlayOnPhoneDialString", fmt.Sprintf("<dialString>%d</dialString>", i))
	}
	kept := s.Exchanges()
	if len(kept) != 256 || !strings.Contains(kept[0].Request, ">4<") || !strings.Contains(kept[255].Request, ">259<") {
		t.Errorf("%d are kept, from %s to %s", len(kept), kept[0].Request, kept[len(kept)-1].Request)
	}
	if s.Posts() != 260 {
		t.Errorf("%d posts, want 260", s.Posts())
	}
}

func TestTheHistoryKeeps32MiBAndAlwaysTheLastExchange(t *testing.T) {
	t.Parallel()
	s := start(t, exchangesim.Config{})
	huge := strings.Repeat(" ", 12<<20)
	s.Misbehave(exchangesim.Misbehaviour{Operation: "ResetPIN", Body: &huge})
	larger := strings.Repeat(" ", 33<<20)
	s.Misbehave(exchangesim.Misbehaviour{Operation: "IsUMEnabled", Body: &larger})
	for range 4 {
		s.um("ResetPIN", "")
	}
	if kept := s.Exchanges(); len(kept) != 2 {
		t.Errorf("%d of 12 MiB are kept, want 2", len(kept))
	}
	s.um("IsUMEnabled", "")
	if kept := s.Exchanges(); len(kept) != 1 || kept[0].Operation != "IsUMEnabled" {
		t.Errorf("%d are kept, want that of 33 MiB", len(kept))
	}
}

func TestFormatExchangePutsElementsOnLinesOfTheirOwn(t *testing.T) {
	t.Parallel()
	e := exchangesim.Exchange{
		Method: "POST", Path: "/a", Action: `"urn:a/B"`, Status: 200,
		Request: "<?xml version=\"1.0\"?>\n<a>\n\t<b x='1'>1 2</b>\r\n<c/><d></d><e><f> </f></e></a>",
		Reply:   "<html><b>x",
	}
	const want = `--> POST /a SOAPAction: "urn:a/B"
<?xml version="1.0"?>
<a>
  <b x='1'>1 2</b>
  <c/>
  <d></d>
  <e>
    <f> </f>
  </e>
</a>
<-- 200
<html><b>x
`
	if got := exchangesim.FormatExchange(e); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFormatExchangeShowsWhatIsNotXMLAndSteersNoTerminal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ request, want string }{
		"empty":      {"", ""},
		"text":       {"hello", "hello"},
		"truncated":  {"<?xml version=\"1.0\"?><a><b", "<?xml version=\"1.0\"?>\n<a><b"},
		"text after": {"<?xml version=\"1.0\"?><a/>b", "<?xml version=\"1.0\"?>\n<a/>b"},
		"comment":    {"<?xml version=\"1.0\"?><!-- x --><a>b</a>", "<?xml version=\"1.0\"?>\n<!-- x -->\n<a>b</a>"},
		"more ends":  {"<?xml version=\"1.0\"?></a></b>", "<?xml version=\"1.0\"?>\n</a>\n</b>"},
		"escape":     {"\x1b[2J\x00\x9b", "�[2J��"},
		"not UTF-8":  {"\xFF", "�"},
		"a new line": {"a\nb\tc", "a\nb\tc"},
	} {
		got := exchangesim.FormatExchange(exchangesim.Exchange{Method: "POST", Request: c.request})
		want := "--> POST  SOAPAction: \n" + c.want + "\n<-- connection closed without a reply\n"
		if got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
