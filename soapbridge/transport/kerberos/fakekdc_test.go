package kerberos

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/msgtype"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

const (
	testRealm = "CONTOSO.COM"
	testSPN   = "HTTP/mail.contoso.com"
	testKind  = etypeID.AES256_CTS_HMAC_SHA1_96
)

// fakeKDC is a key distribution centre on the server's side of gokrb5's messages.
type fakeKDC struct {
	t         testing.TB
	passwords map[string]string
	keys      *keytab.Keytab // of services
	life      time.Duration
	renewable time.Duration     // 0 for tickets that cannot be renewed
	open      int32             // encryption type of the answer to a login that proves nothing; 0 if it must
	refer     map[string]string // services that another realm has

	mu       sync.Mutex
	requests []string // "AS", "AS proven", "TGS HTTP/…", "renew krbtgt/…"
	// change, if not nil, may replace an answer; nil stands for a connection that is closed without one.
	change func(request string, answer []byte) []byte
	// adjust, if not nil, may alter the encrypted part of an answer.
	adjust func(part *messages.EncKDCRepPart)
}

func newFakeKDC(t testing.TB) *fakeKDC {
	k := &fakeKDC{t: t, passwords: map[string]string{"alice": "Alice's pässword"}, keys: keytab.New(), life: 10 * time.Hour}
	k.add("krbtgt/"+testRealm, testSPN)
	return k
}

// add adds services.
func (k *fakeKDC) add(names ...string) {
	for _, name := range names {
		k.must(k.keys.AddEntry(name, testRealm, "secret of "+name, time.Unix(1, 0), 1, testKind))
	}
}

func (k *fakeKDC) must(err error) {
	if err != nil {
		k.t.Helper()
		k.t.Error(err)
	}
}

// seen returns the requests so far.
func (k *fakeKDC) seen() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.requests)
}

// dial connects to it in memory.
func (k *fakeKDC) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	go k.serve(ours)
	return theirs, nil
}

func (k *fakeKDC) serve(c net.Conn) {
	defer c.Close()
	var head [4]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return
	}
	message := make([]byte, binary.BigEndian.Uint32(head[:]))
	if _, err := io.ReadFull(c, message); err != nil {
		return
	}
	answer := k.answer(message)
	if answer == nil {
		return
	}
	c.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(answer))), answer...)) // the client may have left
}

func (k *fakeKDC) answer(message []byte) []byte {
	var as messages.ASReq
	var tgs messages.TGSReq
	request, answer := "", []byte(nil)
	if as.Unmarshal(message) == nil {
		request, answer = k.answerLogin(as)
	} else {
		k.must(tgs.Unmarshal(message))
		request, answer = k.answerTicket(tgs)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.requests = append(k.requests, request)
	if k.change != nil {
		return k.change(request, answer)
	}
	return answer
}

func (k *fakeKDC) answerLogin(request messages.ASReq) (string, []byte) {
	user, name := request.ReqBody.CName, "AS"
	password, known := k.passwords[user.PrincipalNameString()]
	key, _, err := crypto.GetKeyFromPassword(password, user, testRealm, testKind, nil)
	k.must(err)
	proof := slices.IndexFunc(request.PAData, func(d types.PAData) bool { return d.PADataType == patype.PA_ENC_TIMESTAMP })
	switch {
	case !known:
		return name, k.failure(errorcode.KDC_ERR_C_PRINCIPAL_UNKNOWN, nil)
	case proof < 0 && k.open != 0:
		key, _, err := crypto.GetKeyFromPassword(password, user, testRealm, k.open, nil)
		k.must(err)
		return name, k.grantLogin(request, key)
	case proof < 0:
		return name, k.failure(errorcode.KDC_ERR_PREAUTH_REQUIRED, methods(testKind, user.GetSalt(testRealm), nil))
	}
	var sealed types.EncryptedData
	k.must(sealed.Unmarshal(request.PAData[proof].PADataValue))
	if _, err := crypto.DecryptEncPart(sealed, key, keyusage.AS_REQ_PA_ENC_TIMESTAMP); err != nil {
		return name + " proven", k.failure(errorcode.KDC_ERR_PREAUTH_FAILED, nil)
	}
	return name + " proven", k.grantLogin(request, key)
}

func (k *fakeKDC) grantLogin(request messages.ASReq, key types.EncryptionKey) []byte {
	fields := k.grant(request.ReqBody, request.ReqBody.CName, request.ReqBody.SName, key, keyusage.AS_REP_ENCPART, msgtype.KRB_AS_REP)
	answer, err := (&messages.ASRep{KDCRepFields: fields}).Marshal()
	k.must(err)
	return answer
}

func (k *fakeKDC) answerTicket(request messages.TGSReq) (string, []byte) {
	name := "TGS " + request.ReqBody.SName.PrincipalNameString()
	if types.IsFlagSet(&request.ReqBody.KDCOptions, flags.Renew) {
		name = "renew " + request.ReqBody.SName.PrincipalNameString()
	}
	var proof messages.APReq
	k.must(proof.Unmarshal(request.PAData[0].PADataValue))
	if err := proof.Ticket.DecryptEncPart(k.keys, nil); err != nil {
		return name, k.failure(errorcode.KRB_AP_ERR_MODIFIED, nil)
	}
	session := proof.Ticket.DecryptedEncPart.Key
	k.must(proof.DecryptAuthenticator(session))
	body, err := request.ReqBody.Marshal()
	k.must(err)
	scheme, err := crypto.GetEtype(session.KeyType)
	k.must(err)
	if !scheme.VerifyChecksum(session.KeyValue, body, proof.Authenticator.Cksum.Checksum, keyusage.TGS_REQ_PA_TGS_REQ_AP_REQ_AUTHENTICATOR_CHKSUM) {
		k.t.Error("the checksum over the body is wrong")
	}
	service := request.ReqBody.SName
	if to := k.refer[service.PrincipalNameString()]; to != "" && types.IsFlagSet(&request.ReqBody.KDCOptions, flags.Canonicalize) {
		service = ticketGranting(to)
	}
	if _, _, err := k.keys.GetEncryptionKey(service, testRealm, 0, testKind); err != nil {
		return name, k.failure(errorcode.KDC_ERR_S_PRINCIPAL_UNKNOWN, nil)
	}
	user := proof.Ticket.DecryptedEncPart.CName
	fields := k.grant(request.ReqBody, user, service, session, keyusage.TGS_REP_ENCPART_SESSION_KEY, msgtype.KRB_TGS_REP)
	answer, err := (&messages.TGSRep{KDCRepFields: fields}).Marshal()
	k.must(err)
	return name, answer
}

// grant makes a ticket and the parts of the message that brings it.
func (k *fakeKDC) grant(body messages.KDCReqBody, user, service types.PrincipalName, key types.EncryptionKey, usage uint32, kind int) messages.KDCRepFields {
	now := time.Now().UTC().Truncate(time.Second)
	till := time.Time{}
	if k.renewable > 0 {
		till = now.Add(k.renewable)
	}
	t, session, err := messages.NewTicket(user, testRealm, service, testRealm, types.NewKrbFlags(), k.keys, testKind, 1, now, now, now.Add(k.life), till)
	k.must(err)
	part := messages.EncKDCRepPart{
		Key: session, LastReqs: []messages.LastReq{{LRValue: now}}, Nonce: body.Nonce, Flags: types.NewKrbFlags(),
		AuthTime: now, StartTime: now, EndTime: now.Add(k.life), RenewTill: till, SRealm: testRealm, SName: service,
	}
	if k.adjust != nil {
		k.adjust(&part)
	}
	plain, err := part.Marshal()
	k.must(err)
	sealed, err := crypto.GetEncryptedData(plain, key, usage, 1)
	k.must(err)
	return messages.KDCRepFields{PVNO: iana.PVNO, MsgType: kind, CRealm: testRealm, CName: user, Ticket: t, EncPart: sealed}
}

// failure makes a KRB-ERROR.
func (k *fakeKDC) failure(code int32, data []byte) []byte {
	e := messages.NewKRBError(ticketGranting(testRealm), testRealm, code, "")
	e.EData = data
	message, err := e.Marshal()
	k.must(err)
	return message
}
