package kerberos

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/msgtype"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// login is an AS exchange (RFC 4120 section 3.1), which proves the secret and brings a ticket-granting ticket.
type login struct {
	kdc     *kdc
	secret  *secret
	request messages.ASReq
	key     types.EncryptionKey // that the secret was proven with; empty if that was not asked for
}

func (k *kdc) login(ctx context.Context, s *secret) (*ticket, error) {
	l := login{kdc: k, secret: s, request: messages.ASReq{KDCReqFields: messages.KDCReqFields{
		PVNO: iana.PVNO, MsgType: msgtype.KRB_AS_REQ, ReqBody: messages.KDCReqBody{
			KDCOptions: types.NewKrbFlags(), CName: s.user.name, Realm: s.user.realm, SName: ticketGranting(s.user.realm),
			Till: time.Now().UTC().Add(k.profile.ticketLife), Nonce: newNonce(), EType: s.kinds,
		},
	}}}
	// The first request tells nothing of the secret; the answer says how its key is made.
	reply, failure, err := l.send(ctx, false)
	if err != nil {
		return nil, err
	}
	if failure != nil && failure.ErrorCode == errorcode.KDC_ERR_PREAUTH_REQUIRED {
		if err := l.prove(failure.EData); err != nil {
			return nil, &Error{Op: opLogin, Kind: KindCredential, Code: failure.ErrorCode, Err: err}
		}
		if reply, failure, err = l.send(ctx, true); err != nil {
			return nil, err
		}
	}
	if failure != nil {
		return nil, refusal(opLogin, loginKinds, *failure)
	}
	return l.read(reply)
}

func newNonce() int { return rand.IntN(math.MaxInt32) } // it only tells replies apart

func (l *login) send(ctx context.Context, shows bool) ([]byte, *messages.KRBError, error) {
	message, err := l.request.Marshal()
	if err != nil {
		return nil, nil, &Error{Op: opLogin, Kind: KindCredential, Err: err}
	}
	reply, err := l.kdc.ask(ctx, opLogin, l.secret.user.realm, message, shows)
	if err != nil {
		return nil, nil, err
	}
	return reply, readFailure(reply), nil
}

// prove adds the time of day to the request, encrypted with the user's key (PA-ENC-TIMESTAMP, RFC 4120 section 5.2.7.2).
func (l *login) prove(methods []byte) error {
	var known types.PADataSequence
	if err := known.Unmarshal(methods); err != nil {
		return fmt.Errorf("the list of methods cannot be read: %w", err)
	}
	key, version, err := l.secret.key(hints(known, l.secret.kinds))
	if err != nil {
		return err
	}
	stamp, err := types.GetPAEncTSEncAsnMarshalled()
	if err != nil {
		return err
	}
	sealed, err := crypto.GetEncryptedData(stamp, key, keyusage.AS_REQ_PA_ENC_TIMESTAMP, version)
	if err != nil {
		return err
	}
	value, err := sealed.Marshal()
	if err != nil {
		return err
	}
	l.key = key
	l.request.PAData = types.PADataSequence{{PADataType: patype.PA_ENC_TIMESTAMP, PADataValue: value}}
	return nil
}

// hints lists what is known of the user's keys, in the order that the key distribution centre prefers. Without any, the
// standard of the given types holds.
func hints(known types.PADataSequence, kinds []int32) []hint {
	var list []hint
	for _, data := range known {
		if data.PADataType == patype.PA_ETYPE_INFO2 {
			entries, _ := data.GetETypeInfo2() // what cannot be read does not help
			for _, e := range entries {
				list = append(list, hint{kind: e.EType, salt: e.Salt, parameters: e.S2KParams})
			}
		}
	}
	if len(list) > 0 {
		return list
	}
	for _, kind := range kinds {
		list = append(list, hint{kind: kind})
	}
	return list
}

// read takes the ticket from the reply, after the checks of RFC 4120 section 3.1.5.
func (l *login) read(message []byte) (*ticket, error) {
	fail := func(kind Kind, err error) (*ticket, error) { return nil, &Error{Op: opLogin, Kind: kind, Err: err} }
	var reply messages.ASRep
	if err := reply.Unmarshal(message); err != nil {
		return fail(KindRefused, errors.New("the reply cannot be read"))
	}
	client := principal{name: reply.CName, realm: reply.CRealm}
	if !client.same(l.secret.user) {
		return fail(KindRefused, fmt.Errorf("the reply is for %s", client))
	}
	key, proven := l.key, l.key.KeyType != 0
	if key.KeyType != reply.EncPart.EType {
		known := hints(reply.PAData, l.secret.kinds)
		known = slices.DeleteFunc(known, func(h hint) bool { return h.kind != reply.EncPart.EType })
		var err error
		if key, _, err = l.secret.key(known); err != nil {
			return fail(KindCredential, err)
		}
	}
	plain, err := decrypt(reply.EncPart, key, keyusage.AS_REP_ENCPART)
	switch {
	case err != nil && proven:
		return fail(KindRefused, fmt.Errorf("the reply cannot be decrypted: %w", err))
	case err != nil:
		return fail(KindRejected, errors.New("the reply cannot be decrypted with the user's key: the password or the keytab is wrong"))
	}
	t, err := openTicket(reply.Ticket, client, plain, l.request.ReqBody)
	if err == nil {
		err = l.check(t)
	}
	if err != nil {
		return fail(KindRefused, err)
	}
	return t, nil
}

func (l *login) check(t *ticket) error {
	if !t.grants(l.secret.user.realm) {
		return fmt.Errorf("the ticket is for %s", t.message.SName.PrincipalNameString())
	}
	if skew := time.Since(t.authTime).Abs(); skew > l.kdc.profile.clockSkew {
		return fmt.Errorf("its clock is %v away from the one here", skew.Round(time.Second))
	}
	return nil
}
