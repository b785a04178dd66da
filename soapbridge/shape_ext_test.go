package soapbridge_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/vectors"
	"github.com/umgateway/umgateway/internal/xmltree"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// callInfo is a reply to GetCallInfo, with what stands in its elements, before its Body and behind them.
func callInfo(state, cause, before, behind string) string {
	return `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">` + before +
		`<s:Body><GetCallInfoResponse xmlns="` + vectors.NamespaceHTTP + `"><GetCallInfoResponse><CallState>` + state +
		`</CallState><EventCause>` + cause + `</EventCause>` + behind + `</GetCallInfoResponse></GetCallInfoResponse></s:Body></s:Envelope>`
}

func codecOf(tb testing.TB, rpc string) soapbridge.Codec {
	tb.Helper()
	return newUMBridge(tb, &backend{}).Codec(umMethod(tb, rpc))
}

func ok(body string) *transport.Reply { return xmlReply(http.StatusOK, body) }

func TestAReplyOfAKnownShapeIsRecognised(t *testing.T) {
	t.Parallel()
	for rpc, replies := range map[string][2]string{
		"Disconnect":      {string(replyTo(t, "Disconnect").Body), string(replyTo(t, "Disconnect").Body)},
		"GetCallInfo":     {callInfo("Alerted", "None", "", ""), callInfo("Disconnected", " UserBusy ", "", "")},
		"PlayOnPhone":     {string(replyTo(t, "PlayOnPhone").Body), strings.ReplaceAll(string(replyTo(t, "PlayOnPhone").Body), "MDl", "QQ")},
		"GetUMProperties": {string(replyTo(t, "GetUMProperties").Body), strings.ReplaceAll(string(replyTo(t, "GetUMProperties").Body), "4255550123", "")},
	} {
		codec := codecOf(t, rpc)
		want := codec.Outcome(ok(replies[1]))
		codec.Forget()
		if codec.Recognises(t, replies[0]) {
			t.Errorf("%s: recognised before anything was learned", rpc)
		}
		codec.Outcome(ok(replies[0]))
		if !codec.Recognises(t, replies[1]) {
			t.Errorf("%s: not recognised: %s", rpc, replies[1])
		}
		if got := codec.Outcome(ok(replies[1])); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", rpc, got, want)
		}
	}
}

// TestWhatIsNotPlainIsLeftToTheDecoder has replies that differ from a known shape, and the outcome that they have without it.
func TestWhatIsNotPlainIsLeftToTheDecoder(t *testing.T) {
	t.Parallel()
	codec := codecOf(t, "GetCallInfo")
	for _, body := range []string{
		callInfo("Aler&#116;ed", "None", "", ""), callInfo("Alerted<!-- -->", "None", "", ""), callInfo("<![CDATA[Alerted]]>", "None", "", ""),
		callInfo("Alerted<x/>", "None", "", ""), callInfo("Alerted\n", "None", "", ""), callInfo("Alerted\x01", "None", "", ""),
		callInfo("Alerted", "Ünbekannt", "", ""), callInfo("Alerted", "\xff", "", ""), callInfo("Alerted", "New", "", ""),
		callInfo("", "None", "", ""), callInfo("Idle", "", "", ""), callInfo("Alerted", "None", "", "") + "<", callInfo("Alerted", "None", "", "") + " ",
		callInfo("Alerted", "None", "", "")[:200], callInfo("Alerted</CallState><CallState>Idle", "None", "", ""), callInfo("&", "None", "", ""),
	} {
		codec.Forget()
		want := codec.Outcome(ok(body))
		codec.Forget()
		codec.Outcome(ok(callInfo("Connected", "None", "", "")))
		if codec.Recognises(t, body) {
			t.Errorf("recognised: %q", body)
		}
		if got := codec.Outcome(ok(body)); got != want {
			t.Errorf("%q: got\n%s\nwant\n%s", body, got, want)
		}
	}
}

// TestTextBesideAnEmptyElementIsNotItsValue, also where that element has been empty before.
func TestTextBesideAnEmptyElementIsNotItsValue(t *testing.T) {
	t.Parallel()
	codec, empty := codecOf(t, "GetUMProperties"), strings.Replace(string(replyTo(t, "GetUMProperties").Body),
		"<PlayOnPhoneDialString>4255550123</PlayOnPhoneDialString>", "<PlayOnPhoneDialString />", 1)
	codec.Outcome(ok(empty))
	if !codec.Recognises(t, empty) {
		t.Error("the shape was not learned")
	}
	for _, beside := range []string{"data<PlayOnPhoneDialString />", "<PlayOnPhoneDialString />data"} {
		if outcome := codec.Outcome(ok(strings.Replace(empty, "<PlayOnPhoneDialString />", beside, 1))); strings.Contains(outcome, "data") {
			t.Errorf("got %s", outcome)
		}
	}
}

// TestABlankIDIsMissing also where replies with an id have come before.
func TestABlankIDIsMissing(t *testing.T) {
	t.Parallel()
	codec, body := codecOf(t, "PlayOnPhone"), string(replyTo(t, "PlayOnPhone").Body)
	codec.Outcome(ok(body))
	head, rest, _ := strings.Cut(body, "MDl")
	_, tail, _ := strings.Cut(rest, "<")
	for _, blank := range []string{"", "  "} {
		if outcome := codec.Outcome(ok(head + blank + "<" + tail)); !strings.Contains(outcome, "the reply lacks") {
			t.Errorf("got %s", outcome)
		}
	}
}

// TestWhatMayBeConfidentialIsNotRemembered has replies that hold data in other places than the fields of the response.
func TestWhatMayBeConfidentialIsNotRemembered(t *testing.T) {
	t.Parallel()
	codec := codecOf(t, "GetCallInfo")
	for name, body := range map[string]string{
		"a comment":                callInfo("Alerted", "None", "<!-- data -->", ""),
		"an instruction":           callInfo("Alerted", "None", "<?data?>", ""),
		"a declaration of another": strings.Replace(callInfo("Alerted", "None", "", ""), "<?xml ", "<?data ", 1),
		"a header":                 callInfo("Alerted", "None", "<s:Header><data>data</data></s:Header>", ""),
		"an attribute":             callInfo("Alerted", "None", "<s:Header><x data='data'/></s:Header>", ""),
		"an unknown element":       callInfo("Alerted", "None", "", "<x>data</x>"),
		"an element again":         callInfo("Alerted", "None", "", "<EventCause>data</EventCause>"),
		"a text between elements":  callInfo("Alerted", "None", "", "data"),
		"a value in pieces":        callInfo("Ale<x/>rted", "None", "", ""),
		"a value in a section":     callInfo("<![CDATA[Alerted]]>", "None", "", ""),
		"a reference":              callInfo("Aler&#116;ed", "None", "", ""),
		"a dropped reference":      callInfo("Alerted&#0;", "None", "", ""),
		"a dropped one elsewhere":  callInfo("Alerted", "None", "<s:Header xmlns:b='u&#0;'/>", ""),
		"an enum without a text":   strings.Replace(callInfo("", "None", "", ""), "<CallState></CallState>", "<CallState/>", 1),
		"much white space":         callInfo("Alerted", "None", strings.Repeat(" ", 4096), ""),
		"a new value of an enum":   callInfo("Alerted", "New", "", ""),
	} {
		codec.Forget()
		if outcome := codec.Outcome(ok(body)); !strings.Contains(outcome, "error <nil>") {
			t.Errorf("%s: %s", name, outcome)
		}
		if shapes := codec.Shapes(); len(shapes) > 0 {
			t.Errorf("%s: remembered %q", name, shapes)
		}
	}
}

// TestShapesAreBounded answers in ever new shapes: few are kept, and after the first few only one in many is looked at.
func TestShapesAreBounded(t *testing.T) {
	t.Parallel()
	codec := codecOf(t, "GetCallInfo")
	inShape := func(i int) string { return callInfo("Alerted", "None", strings.Repeat(" ", i), "") }
	for i := range 1025 {
		codec.Outcome(ok(inShape(i)))
	}
	for i, want := range map[int]bool{0: false, 60: false, 61: true, 62: true, 63: true, 64: false, 1000: false, 1023: true, 1024: false} {
		if got := codec.Recognises(t, inShape(i)); got != want {
			t.Errorf("shape %d: got %t, want %t", i, got, want)
		}
	}
	if shapes := codec.Shapes(); len(shapes) != 4 {
		t.Errorf("got %d shapes", len(shapes))
	}
}

// TestAShapeIsLearnedOnce, also by calls at the same time.
func TestAShapeIsLearnedOnce(t *testing.T) {
	t.Parallel()
	codec := codecOf(t, "GetCallInfo")
	codec.Learn(t, callInfo("Alerted", "None", "", ""))
	codec.Learn(t, callInfo("Idle", "Other", "", ""))
	if shapes := codec.Shapes(); len(shapes) != 1 {
		t.Errorf("got %q", shapes)
	}
}

// TestRepliesAtTheSameTimeKeepTheirValues has replies of several shapes read and learned side by side.
func TestRepliesAtTheSameTimeKeepTheirValues(t *testing.T) {
	t.Parallel()
	b := &backend{answer: func(request *transport.Request) (*transport.Reply, error) {
		root, err := xmltree.Parse(request.Body)
		if err != nil {
			return nil, err
		}
		id := root.Find("Body", "GetCallInfo", "CallId").Text
		state := []string{"Alerted", "Connected", "Idle"}[len(id)%3]
		return ok(callInfo(state, "None", strings.Repeat(" ", len(id)), "")), nil
	}}
	bridge := newUMBridge(t, b, soapbridge.WithForm("https"))
	var calls sync.WaitGroup
	for i := range 8 {
		calls.Go(func() {
			for j := range 50 {
				id := strings.Repeat("x", (i+j)%5+1)
				out, err := bridge.Invoke(t.Context(), umMethod(t, "GetCallInfo"), &umv1.GetCallInfoRequest{CallId: id})
				want := []umv1.CallState{umv1.CallState_CALL_STATE_ALERTED, umv1.CallState_CALL_STATE_CONNECTED, umv1.CallState_CALL_STATE_IDLE}[len(id)%3]
				if info, _ := out.(*umv1.GetCallInfoResponse); err != nil || info.GetCallState() != want {
					t.Errorf("got %v, %v, want %v", out, err, want)
				}
			}
		})
	}
	calls.Wait()
}

// FuzzShape: whatever reply came before, a reply has the outcome that it has without; and what is remembered holds no data.
func FuzzShape(f *testing.F) {
	rpcs := []string{"GetCallInfo", "GetUMProperties", "PlayOnPhone", "IsUMEnabled", "Disconnect"}
	for i, rpc := range rpcs {
		for _, operation := range loadVectors(f) {
			for _, reply := range operation.Replies {
				if operation.Name == rpc {
					f.Add(byte(i), reply.Envelope, "true", "Alerted", "")
					f.Add(byte(i), reply.Envelope, "", "a&amp;b", "<x/>")
				}
			}
		}
	}
	f.Add(byte(0), []byte(callInfo("Idle", "None", "", "<x a='b'/>")), "\xff", "Idle", "</CallState>")
	f.Add(byte(0), []byte(callInfo("Idle", "None", "", `<CallState>b"/><x xmlns="a>b"/></CallState>`)), " ", "Idle", "<!-- -->")
	f.Add(byte(0), []byte(strings.Replace(callInfo("Idle", "None", "", ""), `version="1.0"`, `version="secret"`, 1)), " ", "Idle", "")
	bridge := newUMBridge(f, &backend{})
	var codecs []soapbridge.Codec
	for _, rpc := range rpcs {
		codecs = append(codecs, bridge.Codec(umMethod(f, rpc)))
	}
	f.Fuzz(func(t *testing.T, rpc byte, body []byte, first, second, third string) {
		codec := codecs[int(rpc)%len(codecs)]
		replies := []string{
			string(body), withTexts(body, first, second, third), withTexts(body, third, first, second), withTexts(body, second, second, second),
			strings.ReplaceAll(string(body), "><", ">"+third+"<"), strings.ReplaceAll(string(body), " />", ">"+first+"</"),
		}
		var want []string
		for _, reply := range replies {
			codec.Forget()
			want = append(want, codec.Outcome(ok(reply)))
		}
		for i := range replies {
			codec.Forget()
			for j := range replies {
				k := (i + j) % len(replies)
				if got := codec.Outcome(ok(replies[k])); got != want[k] {
					t.Errorf("%q after %q: got\n%s\nwant\n%s", replies[k], replies[i], got, want[k])
				}
			}
			for _, shape := range codec.Shapes() {
				checkShape(t, shape)
			}
		}
	})
}

// withTexts replaces what stands between a start tag and an end tag, by each text in turn.
func withTexts(body []byte, texts ...string) string {
	var b strings.Builder
	pieces := strings.Split(string(body), "</")
	for i, piece := range pieces {
		tag := strings.LastIndexByte(piece, '>')
		if i == len(pieces)-1 || tag < 0 {
			b.WriteString(piece)
		} else {
			b.WriteString(piece[:tag+1] + texts[i%len(texts)])
		}
		if i < len(pieces)-1 {
			b.WriteString("</")
		}
	}
	return b.String()
}

// checkShape reads with encoding/xml what is remembered: nothing but tags, namespaces and white space.
func checkShape(t *testing.T, shape string) {
	t.Helper()
	tokens, err := dataIn(shape)
	if err != nil || len(tokens) > 0 {
		t.Errorf("remembered %q, which holds %q, %v", shape, tokens, err)
	}
}

// dataIn lists what a document holds beside tags, namespaces and white space.
func dataIn(document string) (data []string, err error) {
	decoder := xml.NewDecoder(strings.NewReader(document))
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return data, nil
		}
		if err != nil {
			return data, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			for _, a := range token.Attr {
				if a.Name.Space != "xmlns" && a.Name != (xml.Name{Local: "xmlns"}) {
					data = append(data, a.Value)
				}
			}
		case xml.CharData:
			if text := strings.TrimSpace(string(token)); text != "" {
				data = append(data, text)
			}
		case xml.ProcInst:
			if token.Target != "xml" {
				data = append(data, string(token.Inst))
			}
		case xml.Comment:
			data = append(data, string(token))
		}
	}
}

// TestARecognisedReplyIsOneOfItsOwn: what a reply holds is not shared with a shape or with another reply.
func TestARecognisedReplyIsOneOfItsOwn(t *testing.T) {
	t.Parallel()
	codec, reply := codecOf(t, "PlayOnPhone"), replyTo(t, "PlayOnPhone")
	var read []proto.Message
	for range 3 {
		m, err := codec.Decode(reply)
		if err != nil {
			t.Fatal(err)
		}
		read = append(read, m)
	}
	buffer := ok(string(reply.Body))
	m, err := codec.Decode(buffer)
	if err != nil {
		t.Fatal(err)
	}
	copy(buffer.Body, strings.Repeat("x", len(buffer.Body)))
	for _, other := range read {
		if !proto.Equal(m, other) {
			t.Errorf("got %v, want %v", m, other)
		}
	}
}

// TestAShapeSetsWhatTheDecoderSets: an empty value of an optional field is not the same as none.
func TestAShapeSetsWhatTheDecoderSets(t *testing.T) {
	t.Parallel()
	service := one(nil, []fieldSpec{optional(text("note", 1, at("d:Note"))), repeated(text("tags", 2, at("d:Tag")))}).service(t)
	bridge, err := soapbridge.New(depotDialect(), &backend{}, []protoreflect.ServiceDescriptor{service})
	if err != nil {
		t.Fatal(err)
	}
	codec := bridge.Codec(service.Methods().Get(0))
	for _, content := range []string{"<d:Note></d:Note>", "<d:Note/>", "<d:Tag></d:Tag><d:Tag></d:Tag>", "<d:Note>a</d:Note>", ""} {
		body := fmt.Sprintf(depotEnvelope, "<d:DoResponse>"+content+"</d:DoResponse>")
		want := codec.Outcome(ok(body))
		for range 2 {
			if got := codec.Outcome(ok(body)); got != want || !strings.Contains(got, "error <nil>") {
				t.Errorf("%s: got\n%s\nwant\n%s", content, got, want)
			}
		}
	}
}

// TestAnAnswerToNoRequestIsNoResult, however well it is known.
func TestAnAnswerToNoRequestIsNoResult(t *testing.T) {
	t.Parallel()
	codec, reply := codecOf(t, "Disconnect"), replyTo(t, "Disconnect")
	codec.Outcome(reply)
	reply.Unsent = true
	if _, err := codec.Decode(reply); err == nil {
		t.Error("got a result")
	}
}
