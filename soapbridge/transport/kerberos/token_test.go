package kerberos

import (
	"bytes"
	"crypto/md5"
	"encoding/asn1"
	"encoding/binary"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// negotiation is the first message of SPNEGO (RFC 4178 section 4.2).
type negotiation struct {
	Mechanisms []asn1.ObjectIdentifier `asn1:"explicit,tag:0"`
	Token      []byte                  `asn1:"explicit,tag:2"`
}

// unframe takes the header of RFC 2743 section 3.1 off, whose bytes for a mechanism are given.
func unframe(t *testing.T, token []byte, mechanism string) []byte {
	t.Helper()
	var outer asn1.RawValue
	rest, err := asn1.Unmarshal(token, &outer)
	if err != nil || len(rest) > 0 || outer.FullBytes[0] != 0x60 {
		t.Fatalf("header % x, %d bytes after it, error %v", token[:2], len(rest), err)
	}
	inner, found := bytes.CutPrefix(outer.Bytes, []byte(mechanism))
	if !found {
		t.Fatalf("mechanism % x", outer.Bytes[:len(mechanism)])
	}
	return inner
}

// accept reads a token as a service does, with gokrb5's side of services.
func (k *fakeKDC) accept(t *testing.T, token []byte) messages.APReq {
	t.Helper()
	// 1.3.6.1.5.5.2, then 1.2.840.113554.1.2.2, as they are written in RFC 4178 and RFC 4121.
	choice := unframe(t, token, "\x06\x06\x2b\x06\x01\x05\x05\x02")
	var init negotiation
	if rest, err := asn1.UnmarshalWithParams(choice, &init, "explicit,tag:0"); err != nil || len(rest) > 0 {
		t.Fatalf("NegTokenInit: %v, %d bytes after it", err, len(rest))
	}
	if len(init.Mechanisms) != 1 || init.Mechanisms[0].String() != "1.2.840.113554.1.2.2" {
		t.Errorf("mechanisms %v", init.Mechanisms)
	}
	inner := unframe(t, init.Token, "\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02")
	message, found := bytes.CutPrefix(inner, []byte{1, 0})
	if !found {
		t.Fatalf("TOK_ID % x", inner[:2])
	}
	var request messages.APReq
	if err := request.Unmarshal(message); err != nil {
		t.Fatal(err)
	}
	if ok, err := request.Verify(k.keys, 5*time.Minute, types.HostAddress{}, nil); !ok || err != nil {
		t.Fatalf("the service refuses the token: %v", err)
	}
	return request
}

func TestTokenIsUnderstoodByAService(t *testing.T) {
	t.Parallel()
	k := newFakeKDC(t)
	token, err := k.client(t, nil).Token(t.Context(), testSPN, nil)
	if err != nil {
		t.Fatal(err)
	}
	request := k.accept(t, token)
	proof := request.Authenticator
	if got := proof.CName.PrincipalNameString() + "@" + proof.CRealm; got != "alice@CONTOSO.COM" {
		t.Errorf("from %s", got)
	}
	if proof.SubKey.KeyType != testKind || len(proof.SubKey.KeyValue) != 32 || proof.SeqNumber <= 0 {
		t.Errorf("subkey of type %d with %d bytes, sequence number %d", proof.SubKey.KeyType, len(proof.SubKey.KeyValue), proof.SeqNumber)
	}
}

func TestChannelIsBoundByTheChecksum(t *testing.T) {
	t.Parallel()
	k := newFakeKDC(t)
	c := k.client(t, nil)
	data := []byte("tls-server-end-point:0123456789abcdef0123456789abcdef")
	// RFC 4121 section 4.1.1.2: types and lengths of two addresses, then the length of the data and the data.
	bound := md5.Sum(append(append(make([]byte, 16), byte(len(data)), 0, 0, 0), data...))
	for name, test := range map[string]struct {
		bindings, hash []byte
	}{
		"bound":       {data, bound[:]},
		"not bound":   {nil, make([]byte, 16)},
		"bound anew":  {data, bound[:]},
		"empty bound": {[]byte{}, md5Of(make([]byte, 20))},
	} {
		token, err := c.Token(t.Context(), testSPN, test.bindings)
		if err != nil {
			t.Fatal(err)
		}
		proof := k.accept(t, token).Authenticator
		// Section 4.1.1: the length of the hash, the hash, the flags GSS_C_CONF_FLAG and GSS_C_INTEG_FLAG.
		want := append(append([]byte{16, 0, 0, 0}, test.hash...), 0x30, 0, 0, 0)
		if proof.Cksum.CksumType != 0x8003 || !bytes.Equal(proof.Cksum.Checksum, want) {
			t.Errorf("%s: checksum of type %#x: % x, want % x", name, proof.Cksum.CksumType, proof.Cksum.Checksum, want)
		}
		// MS-KILE section 3.2.5.8: AD-IF-RELEVANT (1) around AD-AUTH-DATA-AP-OPTIONS (143) with KERB_AP_OPTIONS_CBT.
		var elements types.AuthorizationData
		if len(proof.AuthorizationData) > 0 {
			if err := elements.Unmarshal(proof.AuthorizationData[0].ADData); err != nil || proof.AuthorizationData[0].ADType != 1 {
				t.Errorf("%s: element of type %d, error %v", name, proof.AuthorizationData[0].ADType, err)
			}
		}
		marked := len(elements) == 1 && elements[0].ADType == 143 && binary.LittleEndian.Uint32(elements[0].ADData) == 0x4000
		if marked != (test.bindings != nil) {
			t.Errorf("%s: marked as bound: %v", name, marked)
		}
	}
}

func md5Of(data []byte) []byte {
	sum := md5.Sum(data)
	return sum[:]
}

func TestTimesOfAuthenticatorsDiffer(t *testing.T) {
	t.Parallel()
	p := testProfile(t)
	seen := make(chan time.Time, 1000)
	done := make(chan struct{})
	for range 10 {
		go func() {
			for range 100 {
				seen <- p.authenticator(&ticket{}).CTime
			}
			done <- struct{}{}
		}()
	}
	for range 10 {
		<-done
	}
	close(seen)
	times := map[int64]bool{}
	for at := range seen {
		if times[at.UnixMicro()] {
			t.Fatalf("%v twice", at)
		}
		times[at.UnixMicro()] = true
	}
}

func BenchmarkToken(b *testing.B) {
	k := newFakeKDC(b)
	t, session, err := messages.NewTicket(types.NewPrincipalName(1, "alice"), testRealm, types.NewPrincipalName(2, testSPN), testRealm,
		types.NewKrbFlags(), k.keys, testKind, 1, time.Now(), time.Now(), time.Now().Add(time.Hour), time.Time{})
	k.must(err)
	p, held := testProfile(b), &ticket{message: t, key: session, client: principal{types.NewPrincipalName(1, "alice"), testRealm}}
	for b.Loop() {
		if _, err := p.token(held, []byte("tls-server-end-point:0123456789abcdef0123456789abcdef")); err != nil {
			b.Fatal(err)
		}
	}
}
