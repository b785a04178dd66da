package kerberos

import (
	"errors"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

const (
	// maxAhead is how long before its end a ticket is replaced, or a sixth of its life if that is less.
	maxAhead = 5 * time.Minute
	// pause is how long a ticket that could not be replaced is used on before the next attempt.
	pause = 30 * time.Second
)

// ticket is a ticket and what belongs to it. It is never changed.
type ticket struct {
	message   messages.Ticket
	key       types.EncryptionKey
	client    principal
	authTime  time.Time
	end       time.Time
	renewTill time.Time // zero if it cannot be renewed
	refresh   time.Time // when it is to be replaced
}

// newTicket checks what other code relies on.
func newTicket(t ticket, start time.Time) (*ticket, error) {
	if len(t.message.SName.NameString) == 0 {
		return nil, errors.New("the ticket names no service")
	}
	if err := checkKey(t.key); err != nil {
		return nil, err
	}
	t.refresh = t.end.Add(-min(maxAhead, max(t.end.Sub(start), 0)/6))
	return &t, nil
}

// openTicket makes a ticket of the parts of a KDC-REP.
func openTicket(message messages.Ticket, client principal, plain []byte, request messages.KDCReqBody) (*ticket, error) {
	var part messages.EncKDCRepPart
	if err := part.Unmarshal(plain); err != nil {
		return nil, errors.New("the encrypted part of the reply cannot be read")
	}
	if part.Nonce != request.Nonce {
		return nil, errors.New("the reply belongs to another request")
	}
	start := part.StartTime
	if start.IsZero() {
		start = part.AuthTime
	}
	return newTicket(ticket{
		message: message, key: part.Key, client: client,
		authTime: part.AuthTime, end: part.EndTime, renewTill: part.RenewTill,
	}, start)
}

func (t *ticket) usable(now time.Time) bool { return t != nil && now.Before(t.end) }

func (t *ticket) fresh(now time.Time) bool { return t.usable(now) && now.Before(t.refresh) }

// postponed is the same ticket, to be replaced later.
func (t *ticket) postponed(now time.Time) *ticket {
	later := *t
	later.refresh = now.Add(pause)
	return &later
}

// grants tells whether it is a ticket-granting ticket for a realm.
func (t *ticket) grants(realm string) bool { return t.message.SName.Equal(ticketGranting(realm)) }

// grantor returns the realm that a ticket-granting ticket is for.
func (t *ticket) grantor() (realm string, ok bool) {
	name := t.message.SName.NameString
	if len(name) == 2 && name[0] == "krbtgt" {
		return name[1], true
	}
	return "", false
}

const failureTag = 0x7E // [APPLICATION 30], RFC 4120 section 5.9.1

// readFailure returns the KRB-ERROR that a message is; nil if it is something else.
func readFailure(message []byte) *messages.KRBError {
	var failure messages.KRBError
	if len(message) == 0 || message[0] != failureTag || failure.Unmarshal(message) != nil {
		return nil
	}
	return &failure
}

func unavailable(message []byte) bool {
	failure := readFailure(message)
	return failure != nil && failure.ErrorCode == errorcode.KDC_ERR_SVC_UNAVAILABLE
}
