package kerberos

import (
	"errors"
	"strings"
	"testing"

	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// response builds a NegTokenResp (RFC 4178 section 4.2.2) around a token; state -1 and a nil token are left out.
func response(state int, token []byte) []byte {
	field := func(n uint8) der.Tag { return der.Tag(n).ContextSpecific().Constructed() }
	var b cryptobyte.Builder
	b.AddASN1(field(1), func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			if state >= 0 {
				b.AddASN1(field(0), func(b *cryptobyte.Builder) { b.AddASN1Enum(int64(state)) })
			}
			b.AddASN1(field(1), func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidKerberos) })
			if token != nil {
				b.AddASN1(field(2), func(b *cryptobyte.Builder) { b.AddASN1OctetString(token) })
			}
		})
	})
	return b.BytesOrPanic()
}

// framedMessage puts the header of RFC 4121 section 4.1 before a message.
func framedMessage(id uint16, message []byte) []byte {
	token, err := frame(oidKerberos, func(b *cryptobyte.Builder) {
		b.AddUint16(id)
		b.AddBytes(message)
	})
	if err != nil {
		panic(err)
	}
	return token
}

// apRep is the outermost of a message with the tag of AP-REP (RFC 4120 section 5.5.2).
var apRep = []byte{0x6F, 0x03, 0x30, 0x01, 0x00}

func TestAnswersOfServicesAreUnderstood(t *testing.T) {
	t.Parallel()
	skew := newFakeKDC(t).failure(errorcode.KRB_AP_ERR_MODIFIED, nil)
	for name, c := range map[string]struct {
		token []byte
		want  Answer
		says  string // the failure
	}{
		// accept-completed and nothing else, byte by byte.
		"accepted":                 {[]byte{0xA1, 7, 0x30, 5, 0xA0, 3, 0x0A, 1, 0}, Answer{State: StateAccepted}, ""},
		"accepted and proven":      {response(0, framedMessage(0x0200, apRep)), Answer{State: StateAccepted, Proven: true}, ""},
		"incomplete":               {response(1, nil), Answer{State: StateIncomplete}, ""},
		"rejected":                 {response(2, nil), Answer{State: StateRejected}, ""},
		"rejected, says why":       {response(2, framedMessage(0x0300, skew)), Answer{State: StateRejected}, "KRB_AP_ERR_MODIFIED"},
		"says why, without state":  {response(-1, framedMessage(0x0300, skew)), Answer{State: StateRejected}, "KRB_AP_ERR_MODIFIED"},
		"says why, without frame":  {response(2, skew), Answer{State: StateRejected}, "KRB_AP_ERR_MODIFIED"},
		"says why, without SPNEGO": {framedMessage(0x0300, skew), Answer{State: StateRejected}, "KRB_AP_ERR_MODIFIED"},
		"says why, bare":           {skew, Answer{State: StateRejected}, "KRB_AP_ERR_MODIFIED"},
		"wants a MIC":              {response(3, nil), Answer{State: StateRequestMIC}, ""},
		"empty":                    {response(-1, nil), Answer{}, ""},
	} {
		got, err := ReadAnswer(c.token)
		if err != nil || got.State != c.want.State || got.Proven != c.want.Proven || (got.Failure != nil) != (c.says != "") {
			t.Errorf("%s: %+v, error %v", name, got, err)
			continue
		}
		if c.says != "" && !strings.Contains(got.Failure.Error(), c.says) {
			t.Errorf("%s: failure %v", name, got.Failure)
		}
	}
}

func TestAnswerThatIsNoTokenIsRefused(t *testing.T) {
	t.Parallel()
	for name, token := range map[string][]byte{
		"nothing":           nil,
		"ntlm":              []byte("NTLMSSP\x00\x02\x00\x00\x00"),
		"cut off":           response(0, apRep)[:9],
		"something after":   append(response(0, nil), 0),
		"unknown state":     response(4, nil),
		"a NegTokenInit":    {0xA0, 2, 0x30, 0},
		"unknown field":     {0xA1, 6, 0x30, 4, 0xA7, 2, 5, 0},
		"state of two":      {0xA1, 9, 0x30, 7, 0xA0, 5, 0x0A, 1, 0, 5, 0},
		"too long":          response(0, make([]byte, maxAnswer)),
		"a frame cut off":   framedMessage(0x0300, apRep)[:8],
		"a frame too short": {0x60, 3, 6, 1, 0},
	} {
		if got, err := ReadAnswer(token); !errors.Is(err, errAnswer) {
			t.Errorf("%s: %+v, error %v", name, got, err)
		}
	}
}

func TestRefusalIsExplainedToOperators(t *testing.T) {
	t.Parallel()
	k := newFakeKDC(t)
	c := k.client(t, nil)
	for want, token := range map[string][]byte{
		"KRB_AP_ERR_SKEW":     response(2, framedMessage(0x0300, k.failure(errorcode.KRB_AP_ERR_SKEW, nil))),
		"another message":     response(1, nil),
		"without saying why":  response(2, nil),
		"is no SPNEGO token":  []byte("NTLMSSP"),
		"no SPNEGO token":     nil,
		"KRB_AP_ERR_MODIFIED": k.failure(errorcode.KRB_AP_ERR_MODIFIED, nil),
	} {
		if err := c.Explain(token); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func FuzzReadAnswer(f *testing.F) {
	f.Add(response(0, framedMessage(0x0200, apRep)))
	f.Add(response(2, framedMessage(0x0300, newFakeKDC(f).failure(errorcode.KRB_AP_ERR_SKEW, nil))))
	f.Fuzz(func(t *testing.T, token []byte) {
		a, err := ReadAnswer(token)
		if err == nil && a.Failure != nil && a.State != StateRejected {
			t.Errorf("state %v with a failure", a.State)
		}
	})
}
