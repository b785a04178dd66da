package kerberos

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/msgtype"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// maxHops is how many realms may lie between the user and the service.
const maxHops = 8

// serve gets a ticket for a service, from realm to realm as the tickets refer to others (RFC 6806 section 8).
func (k *kdc) serve(ctx context.Context, granting *ticket, service principal) (*ticket, error) {
	for range maxHops {
		realm, ok := granting.grantor()
		if !ok {
			return nil, &Error{Op: opTicket, Kind: KindCredential, Err: errors.New("the ticket at hand grants no others")}
		}
		wanted := service.name
		if service.realm != "" && service.realm != realm {
			wanted = ticketGranting(service.realm)
		}
		got, err := k.get(ctx, granting, realm, wanted, false)
		if err != nil {
			return nil, err
		}
		next, refers := got.grantor()
		switch {
		case !refers:
			return got, nil // perhaps by another name: old domain controllers put the account's in place of an alias
		case next == realm:
			return nil, &Error{Op: opTicket, Kind: KindRefused, Err: fmt.Errorf("realm %s refers to itself", realm)}
		}
		granting = got
	}
	return nil, &Error{Op: opTicket, Kind: KindNoService, Err: fmt.Errorf("%s is not found: more than %d realms refer to others", service, maxHops)}
}

// renew gets the same ticket-granting ticket with a later end.
func (k *kdc) renew(ctx context.Context, granting *ticket) (*ticket, error) {
	realm, _ := granting.grantor()
	return k.get(ctx, granting, realm, granting.message.SName, true)
}

// get is a TGS exchange (RFC 4120 section 3.3).
func (k *kdc) get(ctx context.Context, granting *ticket, realm string, name types.PrincipalName, renew bool) (*ticket, error) {
	request := messages.TGSReq{KDCReqFields: messages.KDCReqFields{
		PVNO: iana.PVNO, MsgType: msgtype.KRB_TGS_REQ, ReqBody: messages.KDCReqBody{
			KDCOptions: types.NewKrbFlags(), Realm: realm, SName: name,
			Till: time.Now().UTC().Add(k.profile.ticketLife), Nonce: newNonce(), EType: k.profile.ticketTypes,
		},
	}}
	types.SetFlag(&request.ReqBody.KDCOptions, flags.Canonicalize) // without it nobody refers to another realm
	if renew {
		types.SetFlag(&request.ReqBody.KDCOptions, flags.Renew)
	}
	if err := k.present(granting, &request); err != nil {
		return nil, &Error{Op: opTicket, Kind: KindRefused, Err: err}
	}
	message, err := request.Marshal()
	if err != nil {
		return nil, &Error{Op: opTicket, Kind: KindRefused, Err: err}
	}
	reply, err := k.ask(ctx, opTicket, realm, message, false)
	if err != nil {
		return nil, err
	}
	if failure := readFailure(reply); failure != nil {
		e := refusal(opTicket, ticketKinds, *failure)
		e.Err = fmt.Errorf("%s: %w", name.PrincipalNameString(), e.Err)
		return nil, e
	}
	t, err := readGranted(reply, granting, request.ReqBody)
	if err != nil {
		return nil, &Error{Op: opTicket, Kind: KindRefused, Err: err}
	}
	return t, nil
}

// present puts the ticket-granting ticket into the request, with an authenticator over its body (PA-TGS-REQ).
func (k *kdc) present(granting *ticket, request *messages.TGSReq) error {
	body, err := request.ReqBody.Marshal()
	if err != nil {
		return err
	}
	scheme, err := crypto.GetEtype(granting.key.KeyType)
	if err != nil {
		return err
	}
	sum, err := scheme.GetChecksumHash(granting.key.KeyValue, body, keyusage.TGS_REQ_PA_TGS_REQ_AP_REQ_AUTHENTICATOR_CHKSUM)
	if err != nil {
		return err
	}
	proof := k.profile.authenticator(granting)
	proof.Cksum = types.Checksum{CksumType: scheme.GetHashID(), Checksum: sum}
	value, err := present(granting, proof)
	if err != nil {
		return err
	}
	request.PAData = types.PADataSequence{{PADataType: patype.PA_TGS_REQ, PADataValue: value}}
	return nil
}

// readGranted takes the ticket from a TGS-REP, after the checks of RFC 4120 section 3.3.4.
func readGranted(message []byte, granting *ticket, request messages.KDCReqBody) (*ticket, error) {
	var reply messages.TGSRep
	if err := reply.Unmarshal(message); err != nil {
		return nil, errors.New("the reply cannot be read")
	}
	client := principal{name: reply.CName, realm: reply.CRealm}
	if !client.same(granting.client) {
		return nil, fmt.Errorf("the reply is for %s", client)
	}
	plain, err := decrypt(reply.EncPart, granting.key, keyusage.TGS_REP_ENCPART_SESSION_KEY)
	if err != nil {
		return nil, fmt.Errorf("the reply cannot be decrypted: %w", err)
	}
	return openTicket(reply.Ticket, granting.client, plain, request)
}
