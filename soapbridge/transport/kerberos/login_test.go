package kerberos

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

func TestErrorCodesTellWhoseFaultItIs(t *testing.T) {
	t.Parallel()
	for code, want := range map[int32]Kind{
		errorcode.KDC_ERR_NAME_EXP:            KindRejected,
		errorcode.KDC_ERR_C_PRINCIPAL_UNKNOWN: KindRejected,
		errorcode.KDC_ERR_CLIENT_REVOKED:      KindRejected,
		errorcode.KDC_ERR_KEY_EXPIRED:         KindRejected,
		errorcode.KDC_ERR_PREAUTH_FAILED:      KindRejected,
		errorcode.KDC_ERR_POLICY:              KindRejected,
		errorcode.KRB_AP_ERR_BAD_INTEGRITY:    KindRejected,
		errorcode.KRB_AP_ERR_SKEW:             KindRefused,
		errorcode.KDC_ERR_ETYPE_NOSUPP:        KindRefused,
		errorcode.KRB_ERR_GENERIC:             KindRefused,
		errorcode.KDC_ERR_SVC_UNAVAILABLE:     KindUnreachable,
	} {
		k := newFakeKDC(t)
		k.change = func(string, []byte) []byte { return k.failure(code, nil) }
		wantKind(t, token(t, k.client(t, nil)), want)
		wantRequests(t, k, "AS")
	}
}

func TestErrorOfClocksThatDifferSaysByHowMuch(t *testing.T) {
	t.Parallel()
	k := newFakeKDC(t)
	k.change = func(string, []byte) []byte {
		e := messages.NewKRBError(ticketGranting(testRealm), testRealm, errorcode.KRB_AP_ERR_SKEW, "Clock\nskew")
		e.STime = time.Now().UTC().Add(-2 * time.Hour)
		message, err := e.Marshal()
		k.must(err)
		return message
	}
	err := token(t, k.client(t, nil))
	if text := err.Error(); !strings.Contains(text, "-2h0m") || !strings.Contains(text, `"Clock\nskew"`) {
		t.Errorf("error %s", text)
	}
}

func TestReplyThatIsNotForTheRequestIsRefused(t *testing.T) {
	t.Parallel()
	for name, adjust := range map[string]func(*messages.EncKDCRepPart){
		"nonce":                func(p *messages.EncKDCRepPart) { p.Nonce++ },
		"clock":                func(p *messages.EncKDCRepPart) { p.AuthTime = p.AuthTime.Add(-time.Hour) },
		"session key's type":   func(p *messages.EncKDCRepPart) { p.Key.KeyType = etypeID.DES3_CBC_SHA1_KD },
		"session key's length": func(p *messages.EncKDCRepPart) { p.Key.KeyValue = p.Key.KeyValue[:16] },
	} {
		k := newFakeKDC(t)
		k.adjust = adjust
		if err := token(t, k.client(t, nil)); err == nil {
			t.Errorf("%s: no error", name)
		} else {
			wantKind(t, err, KindRefused)
		}
	}
}

func TestReplyAboutSomethingElseIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		login, ticket func(*messages.KDCRepFields)
	}{
		"login of another user":       {login: func(f *messages.KDCRepFields) { f.CName.NameString = []string{"mallory"} }},
		"login with another key":      {login: func(f *messages.KDCRepFields) { f.EncPart.Cipher[20] ^= 1 }},
		"ticket with another key":     {ticket: func(f *messages.KDCRepFields) { f.EncPart.Cipher[20] ^= 1 }},
		"login of another realm":      {login: func(f *messages.KDCRepFields) { f.CRealm = "FABRIKAM.NET" }},
		"login at another realm":      {login: func(f *messages.KDCRepFields) { f.Ticket.SName = ticketGranting("FABRIKAM.NET") }},
		"login at no service":         {login: func(f *messages.KDCRepFields) { f.Ticket.SName.NameString = nil }},
		"ticket of another user":      {ticket: func(f *messages.KDCRepFields) { f.CName.NameString = []string{"mallory"} }},
		"ticket for no service":       {ticket: func(f *messages.KDCRepFields) { f.Ticket.SName.NameString = nil }},
		"ticket that grants no other": {ticket: func(f *messages.KDCRepFields) { f.Ticket.SName = ticketGranting(testRealm) }},
	} {
		k, want := newFakeKDC(t), []string{"AS", "AS proven"}
		k.change = func(_ string, answer []byte) []byte {
			var as messages.ASRep
			var tgs messages.TGSRep
			var err error
			switch {
			case c.login != nil && as.Unmarshal(answer) == nil:
				c.login(&as.KDCRepFields)
				answer, err = as.Marshal()
			case c.ticket != nil && tgs.Unmarshal(answer) == nil:
				c.ticket(&tgs.KDCRepFields)
				answer, err = tgs.Marshal()
			}
			k.must(err)
			return answer
		}
		if c.ticket != nil {
			want = append(want, "TGS "+testSPN)
		}
		if err := token(t, k.client(t, nil)); err == nil {
			t.Errorf("%s: no error", name)
			continue
		} else {
			wantKind(t, err, KindRefused)
		}
		if got := k.seen(); !slices.Equal(got, want) {
			t.Errorf("%s: requests %q", name, got)
		}
	}
}

func TestLoginThatProvesNothingIsReadWithTheKeyItIsSealedWith(t *testing.T) {
	t.Parallel()
	for _, kind := range standardTypes[:4] {
		k := newFakeKDC(t)
		k.open = kind
		if err := token(t, k.client(t, nil)); err != nil {
			t.Errorf("type %d: %v", kind, err)
		}
		wantRequests(t, k, "AS", "TGS "+testSPN)
		c := k.client(t, func(c *Config) { c.Password = &text{value: "wrong"} })
		wantKind(t, token(t, c), KindRejected)
	}
}

func TestEmptyPasswordIsNotTried(t *testing.T) {
	t.Parallel()
	k := newFakeKDC(t)
	wantKind(t, token(t, k.client(t, func(c *Config) { c.Password = &text{} })), KindCredential)
	wantRequests(t, k)
}

func TestGarbageIsRefused(t *testing.T) {
	t.Parallel()
	for name, garbage := range map[string][]byte{"one byte": {0}, "a tag": {0x6B}, "an empty reply": {0x6B, 2, 0x30, 0}, "text": []byte("HTTP/1.1 400 Bad Request")} {
		for _, at := range []string{"AS", "AS proven", "TGS " + testSPN} {
			k := newFakeKDC(t)
			k.change = func(request string, answer []byte) []byte {
				if request == at {
					return garbage
				}
				return answer
			}
			if err := token(t, k.client(t, nil)); err == nil {
				t.Errorf("%s as answer to %s: no error", name, at)
			} else {
				wantKind(t, err, KindRefused)
			}
		}
	}
}

func TestKeyIsMadeAsTheRealmSays(t *testing.T) {
	t.Parallel()
	few := binary.BigEndian.AppendUint32(nil, 2)
	for name, c := range map[string]struct {
		hints []hint
		want  int // index of the hint that counts
		fails bool
	}{
		"as it is":                    {[]hint{{testKind, "salt", nil}}, 0, false},
		"count of iterations":         {[]hint{{testKind, "salt", few}}, 0, false},
		"no salt":                     {[]hint{{kind: testKind}}, 0, false},
		"first that is supported":     {[]hint{{99, "x", nil}, {etypeID.AES128_CTS_HMAC_SHA1_96, "salt", few}, {testKind, "y", nil}}, 1, false},
		"none is supported":           {[]hint{{99, "x", nil}, {etypeID.DES3_CBC_SHA1_KD, "y", nil}}, 0, true},
		"endless iterations":          {[]hint{{testKind, "salt", []byte{0xFF, 0xFF, 0xFF, 0xFF}}}, 0, true},
		"2^32 iterations":             {[]hint{{testKind, "salt", []byte{0, 0, 0, 0}}}, 0, true},
		"parameters of a wrong shape": {[]hint{{testKind, "salt", []byte{1}}}, 0, true},
	} {
		s, err := testProfile(t).password("alice", "pässword")
		if err != nil {
			t.Fatal(err)
		}
		var l login
		l.secret = s
		switch err := l.prove(methodList(c.hints...)); {
		case (err != nil) != c.fails:
			t.Errorf("%s: error %v", name, err)
		case c.fails:
		default:
			var known types.PADataSequence
			if err := known.Unmarshal(methodList(c.hints[c.want])); err != nil {
				t.Fatal(err)
			}
			want, _, err := crypto.GetKeyFromPassword("pässword", s.user.name, testRealm, c.hints[c.want].kind, known)
			if err != nil || l.key.KeyType != want.KeyType || string(l.key.KeyValue) != string(want.KeyValue) {
				t.Errorf("%s: another key, error %v", name, err)
			}
		}
	}
}

// TestKeyOfRC4IsTheWindowsHash uses the example of MS-NLMP section 4.2.2.1.2, and what OpenSSL makes of U+00E4:
// printf '\xe4\0' | openssl dgst -md4 -provider legacy.
func TestKeyOfRC4IsTheWindowsHash(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]string{
		"Password": "a4f49c406510bdcab6824ee7c30fd852",
		"ä":        "3104eab484d59efabcea2c44b07f41d3",
	} {
		if got := hex.EncodeToString(rc4Key(password)); got != want {
			t.Errorf("%s: %s", password, got)
		}
	}
}

func TestCredentialIsShownToOneKDCOnly(t *testing.T) {
	t.Parallel()
	k := newFakeKDC(t)
	k.change = func(request string, answer []byte) []byte {
		if request == "AS proven" {
			return nil // it dies with the credential in its hands
		}
		return answer
	}
	c := k.client(t, func(c *Config) {
		c.Profile = parseProfile(t, "[libdefaults]\ndefault_realm = CONTOSO.COM\n[realms]\nCONTOSO.COM = {\nkdc = 192.0.2.1\nkdc = 192.0.2.2\n}\n")
	})
	wantKind(t, token(t, c), KindUnreachable)
	wantRequests(t, k, "AS", "AS proven")
}

func TestOtherKDCsAreAskedWhenOneFails(t *testing.T) {
	t.Parallel()
	k := newFakeKDC(t)
	busy := newFakeKDC(t)
	busy.change = func(string, []byte) []byte { return busy.failure(errorcode.KDC_ERR_SVC_UNAVAILABLE, nil) }
	var asked []string
	c := k.client(t, func(c *Config) {
		c.Profile = parseProfile(t, "[libdefaults]\ndefault_realm = CONTOSO.COM\n[realms]\nCONTOSO.COM = {\nkdc = 192.0.2.1\nkdc = 192.0.2.2:750\nkdc = 192.0.2.3\nkdc = 192.0.2.4\n}\n")
		c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			asked = append(asked, address)
			switch address {
			case "192.0.2.1:88":
				return nil, errors.New("connection refused")
			case "192.0.2.2:750":
				ours, theirs := net.Pipe()
				ours.Close()
				return theirs, nil
			case "192.0.2.3:88":
				return busy.dial(ctx, network, address)
			}
			return k.dial(ctx, network, address)
		}
	})
	if err := token(t, c); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(asked, " "); got != "192.0.2.1:88 192.0.2.2:750 192.0.2.3:88 192.0.2.4:88 192.0.2.4:88 192.0.2.4:88" {
		t.Errorf("asked %s", got)
	}
}

func TestAnswerOfNoHonestSizeIsNotRead(t *testing.T) {
	t.Parallel()
	for name, head := range map[string]uint32{"nothing": 0, "a gigabyte": 1 << 30, "negative": 1 << 31, "one too much": maxReply + 1} {
		c := newFakeKDC(t).client(t, func(c *Config) {
			c.Dial = func(context.Context, string, string) (net.Conn, error) {
				ours, theirs := net.Pipe()
				go func() {
					defer ours.Close()
					ours.Read(make([]byte, 4096))                        // it may be cut
					ours.Write(binary.BigEndian.AppendUint32(nil, head)) // it may be left
				}()
				return theirs, nil
			}
		})
		if err := token(t, c); err == nil {
			t.Errorf("%s: no error", name)
		} else {
			wantKind(t, err, KindUnreachable)
		}
	}
}
