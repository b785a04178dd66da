package kerberos

import (
	"testing"

	"github.com/jcmturner/gokrb5/v8/iana/msgtype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// FuzzReply has a key distribution centre answer anything: first to the login, then to the request for a ticket. Whatever
// comes, no ticket must come of it but for the user.
func FuzzReply(f *testing.F) {
	k := newFakeKDC(f)
	_, first := k.answerLogin(k.loginRequest())
	f.Add(first, true)
	for _, usage := range []uint32{3, 8} {
		body := messages.KDCReqBody{Nonce: 7}
		fields := k.grant(body, types.NewPrincipalName(1, "alice"), ticketGranting(testRealm), newKey(testKind), usage, msgtype.KRB_AS_REP)
		reply, err := (&messages.ASRep{KDCRepFields: fields}).Marshal()
		k.must(err)
		f.Add(reply, usage == 3)
	}
	s, err := testProfile(f).password("alice", k.passwords["alice"])
	k.must(err)
	f.Fuzz(func(t *testing.T, reply []byte, toLogin bool) {
		readFailure(reply)
		var granted *ticket
		if toLogin {
			l := login{kdc: &kdc{profile: testProfile(t)}, secret: s}
			l.request.ReqBody.Nonce = 7
			granted, _ = l.read(reply)
		} else {
			granting := &ticket{key: newKey(testKind), client: s.user}
			granted, _ = readGranted(reply, granting, messages.KDCReqBody{Nonce: 7})
		}
		if granted != nil {
			t.Errorf("a ticket for %s of nothing", granted.client)
		}
	})
}

func (k *fakeKDC) loginRequest() messages.ASReq {
	user := types.NewPrincipalName(1, "alice")
	return messages.ASReq{KDCReqFields: messages.KDCReqFields{ReqBody: messages.KDCReqBody{CName: user, SName: ticketGranting(testRealm)}}}
}

// FuzzSealed decrypts anything.
func FuzzSealed(f *testing.F) {
	for kind := range keySizes {
		f.Add([]byte("cipher"), kind)
	}
	f.Fuzz(func(t *testing.T, cipher []byte, kind int32) {
		key := types.EncryptionKey{KeyType: kind, KeyValue: make([]byte, keySizes[kind])}
		if plain, err := decrypt(types.EncryptedData{EType: kind, Cipher: cipher}, key, 3); err == nil {
			t.Errorf("% x is read from nothing", plain)
		}
	})
}

// FuzzMethods has a key distribution centre say anything about the user's keys.
func FuzzMethods(f *testing.F) {
	f.Add(methods(testKind, "salt", nil))
	f.Add(methods(testKind, "", []byte{0, 0, 0, 1}))
	f.Fuzz(func(t *testing.T, list []byte) {
		s, err := testProfile(t).password("alice", "x")
		if err != nil {
			t.Fatal(err)
		}
		l := login{secret: s}
		if l.prove(list) == nil && (len(l.request.PAData) != 1 || checkKey(l.key) != nil) {
			t.Errorf("%d proofs with a key of type %d", len(l.request.PAData), l.key.KeyType)
		}
	})
}
