package kerberos

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// loginName is what a client keeps its ticket-granting ticket as.
const loginName = ""

// fetch gets a ticket for a service.
func (c *Client) fetch(ctx context.Context, service principal) (*ticket, error) {
	if c.config.CCache != "" {
		if t, err := c.cached(service); err != nil || t != nil {
			return t, err
		}
	}
	granting, err := c.ticket(ctx, loginName, c.logIn)
	if err != nil {
		return nil, err
	}
	t, err := c.kdc.serve(ctx, granting, service)
	var failure *Error
	if errors.As(err, &failure) && outdated[failure.Code] {
		c.drop(loginName, granting)
		if granting, err = c.ticket(ctx, loginName, c.logIn); err == nil {
			t, err = c.kdc.serve(ctx, granting, service)
		}
	}
	return t, err
}

// cached looks for the service's own ticket in the credential cache.
func (c *Client) cached(service principal) (*ticket, error) {
	stored, err := c.config.Profile.ccache(c.config.CCache, c.config.Username)
	if err != nil {
		return nil, &Error{Op: opTicket, Kind: KindCredential, Err: err}
	}
	if t := stored.find(service.name); t.usable(time.Now()) {
		return t, nil
	}
	return nil, nil
}

// logIn gets a ticket-granting ticket.
func (c *Client) logIn(ctx context.Context, old *ticket) (*ticket, error) {
	if c.config.CCache != "" {
		return c.borrow(ctx, old)
	}
	s, err := c.secret()
	if err != nil {
		return nil, &Error{Op: opLogin, Kind: KindCredential, Err: err}
	}
	if err := c.remembered(s); err != nil {
		return nil, err
	}
	t, err := c.kdc.login(ctx, s)
	var failure *Error
	if errors.As(err, &failure) && failure.CredentialRejected() {
		c.mu.Lock()
		c.rejected = rejection{fingerprint: s.fingerprint, until: time.Now().Add(c.config.HoldOff), err: err}
		c.mu.Unlock()
	}
	return t, err
}

// secret reads the secret as it is now.
func (c *Client) secret() (*secret, error) {
	if c.config.Keytab != "" {
		return c.config.Profile.keytab(c.config.Keytab, c.config.Username)
	}
	password, err := c.config.Password.Password()
	if err != nil {
		return nil, err
	}
	return c.config.Profile.password(c.config.Username, password)
}

// remembered returns the error with which the secret was rejected lately.
func (c *Client) remembered(s *secret) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rejected.fingerprint == s.fingerprint && time.Now().Before(c.rejected.until) {
		return c.rejected.err
	}
	return nil
}

// borrow takes the ticket-granting ticket from the credential cache, and renews it if it is near its end.
func (c *Client) borrow(ctx context.Context, old *ticket) (*ticket, error) {
	stored, err := c.config.Profile.ccache(c.config.CCache, c.config.Username)
	if err != nil {
		return nil, &Error{Op: opLogin, Kind: KindCredential, Err: err}
	}
	now := time.Now()
	best := stored.find(ticketGranting(stored.owner.realm))
	if old.usable(now) && (best == nil || old.end.After(best.end)) && old.client.same(stored.owner) {
		best = old // it was renewed here
	}
	switch {
	case best == nil:
		err = fmt.Errorf("%s has no ticket-granting ticket that can be used", c.config.CCache)
	case !best.usable(now):
		err = fmt.Errorf("the tickets in %s ended at %s", c.config.CCache, best.end.Format(time.RFC3339))
	case best.fresh(now):
		return best, nil
	case now.Before(best.renewTill) && best.renewTill.After(best.end):
		if renewed, err := c.kdc.renew(ctx, best); err == nil {
			return renewed, nil
		}
		return best.postponed(now), nil
	default:
		return best.postponed(now), nil
	}
	return nil, &Error{Op: opLogin, Kind: KindCredential, Err: err}
}
