package transport

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"
)

// GuardConfig sets up a Guard. Zero values stand for the defaults.
type GuardConfig struct {
	// HoldOff is how long a credential is not tried again after its first rejection. Each further one doubles it. A
	// credential that was accepted before waits a tenth of it: then the server's trouble is likelier than a wrong password,
	// and Active Directory does not count an account's former password. Default 5 min.
	HoldOff time.Duration
	// MaxHoldOff bounds the doubling. Default 1 h.
	MaxHoldOff time.Duration
}

const (
	provenFor     = 15 * time.Minute // how long an acceptance vouches for a credential
	maxRejected   = 3                // credentials of one account that may be held off before any new one is
	maxAccounts   = 10_000
	sweepInterval = time.Minute
)

// Guard keeps a gateway from locking accounts. It lets one call at a time try a credential that has not been accepted
// lately, while the others wait, and holds a rejected one off until it changes or its time is over. Endpoints that share a
// Guard share what it knows. It is safe for concurrent use.
type Guard struct {
	config   GuardConfig
	mu       sync.Mutex
	accounts map[string]*account
	swept    time.Time
}

// NewGuard makes a Guard that knows nothing yet.
func NewGuard(config GuardConfig) *Guard {
	setDefault(&config.HoldOff, 5*time.Minute)
	setDefault(&config.MaxHoldOff, time.Hour)
	return &Guard{config: config, accounts: map[string]*account{}}
}

// HeldOff counts the credentials that are held off now.
func (g *Guard) HeldOff() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	now, n := time.Now(), 0
	for _, a := range g.accounts {
		n += a.heldOff(now, "")
	}
	return n
}

// credential names what a server accepts or rejects. The secret is only compared.
type credential struct {
	account string // in lower case, as accounts are compared without regard to case
	secret  string
}

func credentialOf(key, secret string) credential {
	return credential{account: strings.ToLower(key), secret: secret}
}

// account is what a server may lock.
type account struct {
	standings map[string]*standing // by secret
	trying    chan struct{}        // closed when the attempt that is under way ends; nil if there is none
}

// standing is what is known of a credential.
type standing struct {
	accepted   time.Time // when it was last accepted; zero if it never was
	rejections int       // since then
	until      time.Time // end of the hold-off
}

func (s *standing) proven(now time.Time) bool {
	return s.rejections == 0 && !s.accepted.IsZero() && now.Sub(s.accepted) < provenFor
}

// heldOff counts the account's credentials that are held off, except one.
func (a *account) heldOff(now time.Time, except string) int {
	n := 0
	for secret, s := range a.standings {
		if secret != except && now.Before(s.until) {
			n++
		}
	}
	return n
}

// wait is how long the credential must not be shown: because it was rejected itself, or because too many others of the
// account were, as when somebody guesses passwords.
func (a *account) wait(now time.Time, secret string) time.Duration {
	if s := a.standings[secret]; s != nil && (now.Before(s.until) || !s.accepted.IsZero()) {
		return max(s.until.Sub(now), 0)
	}
	if a.heldOff(now, secret) < maxRejected {
		return 0
	}
	soonest := time.Duration(0)
	for _, s := range a.standings {
		if left := s.until.Sub(now); left > 0 && (soonest == 0 || left < soonest) {
			soonest = left
		}
	}
	return soonest
}

var errHeldOff = errors.New("the backend rejected the credential before; it is tried again when it changes or its time is over")

// await returns when the credential is proven or nobody else is trying it, or with why it may not be shown.
func (g *Guard) await(ctx context.Context, who credential) error {
	_, err := g.ask(ctx, who, false)
	return err
}

// enter returns when the credential may be shown to a server, or with why it may not. The trial must be ended.
func (g *Guard) enter(ctx context.Context, who credential) (trial, error) {
	return g.ask(ctx, who, true)
}

func (g *Guard) ask(ctx context.Context, who credential, claim bool) (trial, error) {
	for {
		t, other, err := g.answer(who, claim)
		if other == nil {
			return t, err
		}
		select {
		case <-other:
		case <-ctx.Done():
			return trial{}, &Error{Op: "wait", Kind: kindOf(ctx), Err: ctx.Err()}
		}
	}
}

// answer permits, refuses, or returns the trial of another call that is to be waited for.
func (g *Guard) answer(who credential, claim bool) (t trial, other chan struct{}, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now, a := time.Now(), g.accounts[who.account]
	if a != nil {
		if wait := a.wait(now, who.secret); wait > 0 {
			return t, nil, &Error{Op: opAuthenticate, Kind: KindHeldOff, RetryAfter: wait, Err: errHeldOff}
		}
		if s := a.standings[who.secret]; s != nil && s.proven(now) {
			return trial{guard: g, who: who}, nil, nil
		}
		if a.trying != nil {
			return t, a.trying, nil
		}
	}
	if claim {
		a = g.account(who.account, now)
		a.trying = make(chan struct{})
		t = trial{guard: g, who: who, alone: a.trying}
	}
	return t, nil, nil
}

// account finds or makes what is known of an account. The caller holds the lock.
func (g *Guard) account(name string, now time.Time) *account {
	a := g.accounts[name]
	if a == nil {
		g.sweep(now)
		a = &account{standings: map[string]*standing{}}
		g.accounts[name] = a
	}
	return a
}

// sweep forgets what no longer matters, and some accounts more if there are too many.
func (g *Guard) sweep(now time.Time) {
	if full := len(g.accounts) >= maxAccounts; !full && now.Sub(g.swept) < sweepInterval {
		return
	}
	g.swept = now
	for name, a := range g.accounts {
		for secret, s := range a.standings {
			if now.Sub(s.until) > g.config.MaxHoldOff && !s.proven(now) {
				delete(a.standings, secret)
			}
		}
		if len(a.standings) == 0 && a.trying == nil {
			delete(g.accounts, name)
		}
	}
	for name, a := range g.accounts {
		if len(g.accounts) < maxAccounts*9/10 {
			return
		}
		if a.trying == nil {
			delete(g.accounts, name)
		}
	}
}
