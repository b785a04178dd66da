package kerberos

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
)

// text is a password that the test may change.
type text struct {
	mu    sync.Mutex
	value string
}

func (p *text) Password() (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.value, nil
}

func (p *text) set(value string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.value = value
}

func parseProfile(t testing.TB, content string) *Profile {
	t.Helper()
	var r profileReader
	if err := r.text([]byte(content)); err != nil {
		t.Fatal(err)
	}
	p, err := newProfile(&r.root)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func testProfile(t testing.TB) *Profile {
	return parseProfile(t, "[libdefaults]\ndefault_realm = CONTOSO.COM\n[realms]\nCONTOSO.COM = {\nkdc = 192.0.2.1\n}\n")
}

// client makes a client of the fake, with the right password of alice.
func (k *fakeKDC) client(t *testing.T, change func(*Config)) *Client {
	t.Helper()
	config := Config{Profile: testProfile(t), Username: "alice", Password: &text{value: k.passwords["alice"]}, Dial: k.dial}
	if change != nil {
		change(&config)
	}
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func wantRequests(t *testing.T, k *fakeKDC, want ...string) {
	t.Helper()
	if got := k.seen(); !slices.Equal(got, want) {
		t.Errorf("requests %q, want %q", got, want)
	}
}

func wantKind(t *testing.T, err error, want Kind) *Error {
	t.Helper()
	var failure *Error
	if !errors.As(err, &failure) || failure.Kind != want {
		t.Fatalf("error %v, want kind %v", err, want)
	}
	return failure
}

func TestManyCallsLogInOnce(t *testing.T) {
	t.Parallel()
	k := newFakeKDC(t)
	c := k.client(t, nil)
	var group sync.WaitGroup
	tokens := sync.Map{}
	for range 100 {
		group.Go(func() {
			token, err := c.Token(t.Context(), testSPN, nil)
			if _, again := tokens.LoadOrStore(string(token), true); again || err != nil {
				t.Errorf("repeated %v, error %v", again, err)
			}
		})
	}
	group.Wait()
	wantRequests(t, k, "AS", "AS proven", "TGS "+testSPN)
}

func TestRejectedPasswordIsNotShownAgainUntilItChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, password := newFakeKDC(t), &text{value: "wrong"}
		c := k.client(t, func(c *Config) { c.Password, c.HoldOff = password, time.Minute })
		for range 3 {
			failure := wantKind(t, token(t, c), KindRejected)
			if failure.Code != errorcode.KDC_ERR_PREAUTH_FAILED || !failure.CredentialRejected() {
				t.Errorf("code %d", failure.Code)
			}
		}
		wantRequests(t, k, "AS", "AS proven")
		password.set("wrong as well")
		wantKind(t, token(t, c), KindRejected)
		wantRequests(t, k, "AS", "AS proven", "AS", "AS proven")
		time.Sleep(time.Minute)
		wantKind(t, token(t, c), KindRejected)
		wantRequests(t, k, "AS", "AS proven", "AS", "AS proven", "AS", "AS proven")
		password.set(k.passwords["alice"])
		if err := token(t, c); err != nil {
			t.Error(err)
		}
	})
}

func token(t *testing.T, c *Client) error {
	_, err := c.Token(t.Context(), testSPN, nil)
	return err
}

func TestTicketsAreReplacedBeforeTheyEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newFakeKDC(t)
		k.life = time.Hour
		c := k.client(t, nil)
		first := []string{"AS", "AS proven", "TGS " + testSPN}
		for _, step := range []struct {
			wait time.Duration
			want []string
		}{
			{0, first},
			{54 * time.Minute, first},
			{2 * time.Minute, slices.Concat(first, first)}, // 4 minutes before the end
			{30 * time.Minute, slices.Concat(first, first)},
		} {
			time.Sleep(step.wait)
			if err := token(t, c); err != nil {
				t.Fatal(err)
			}
			wantRequests(t, k, step.want...)
		}
	})
}

func TestShortTicketsAreReplacedLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newFakeKDC(t)
		k.life = 12 * time.Minute // a sixth of it is 2 minutes
		c := k.client(t, nil)
		for _, step := range []struct {
			wait time.Duration
			want int
		}{{0, 3}, {9 * time.Minute, 3}, {90 * time.Second, 6}} {
			time.Sleep(step.wait)
			if err := token(t, c); err != nil || len(k.seen()) != step.want {
				t.Errorf("%d requests, error %v, want %d", len(k.seen()), err, step.want)
			}
		}
	})
}

func TestTicketIsUsedOnWhileTheRealmIsNotReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newFakeKDC(t)
		k.life = time.Hour
		tries, down := 0, false
		c := k.client(t, func(c *Config) {
			c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				tries++
				if down {
					return nil, errors.New("no route to host")
				}
				return k.dial(ctx, network, address)
			}
		})
		if err := token(t, c); err != nil {
			t.Fatal(err)
		}
		down, tries = true, 0
		time.Sleep(56 * time.Minute)
		for range 3 { // the first asks, the others are spared that
			if err := token(t, c); err != nil {
				t.Fatal(err)
			}
		}
		if tries != 2 { // one for each ticket
			t.Errorf("%d tries", tries)
		}
		time.Sleep(4 * time.Minute)
		wantKind(t, token(t, c), KindUnreachable)
		down = false
		if err := token(t, c); err != nil {
			t.Error(err)
		}
	})
}

func TestTicketIsNotUsedOnAfterTheCredentialWasRejected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newFakeKDC(t)
		k.life = time.Hour
		c := k.client(t, nil)
		if err := token(t, c); err != nil {
			t.Fatal(err)
		}
		k.passwords["alice"] = "changed"
		time.Sleep(56 * time.Minute)
		for range 2 {
			wantKind(t, token(t, c), KindRejected)
		}
		wantRequests(t, k, "AS", "AS proven", "TGS "+testSPN, "AS", "AS proven")
	})
}

func TestRealmThatDoesNotAnswerTakesNoLongerThanTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeKDC(t).client(t, func(c *Config) {
			c.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
		})
		for _, own := range []time.Duration{time.Second, time.Hour} {
			ctx, cancel := context.WithTimeout(t.Context(), own)
			start := time.Now()
			_, err := c.Token(ctx, testSPN, nil)
			cancel()
			wantKind(t, err, KindUnreachable)
			if took, want := time.Since(start), min(own, 10*time.Second); took > want {
				t.Errorf("took %v, want at most %v", took, want)
			}
		}
		synctest.Wait()
	})
}

func TestCallerThatLeavesDoesNotStopTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, gate := newFakeKDC(t), make(chan struct{})
		c := k.client(t, func(c *Config) {
			c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				<-gate
				return k.dial(ctx, network, address)
			}
		})
		ctx, leave := context.WithCancel(t.Context())
		first, second := make(chan error, 1), make(chan error, 1)
		go func() { _, err := c.Token(ctx, testSPN, nil); first <- err }()
		synctest.Wait()
		go func() { second <- token(t, c) }()
		synctest.Wait()
		leave()
		if err := <-first; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		close(gate)
		if err := <-second; err != nil {
			t.Error(err)
		}
	})
}

func TestCallerThatHasLeftAsksForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newFakeKDC(t)
		c := k.client(t, nil)
		ctx, leave := context.WithCancel(t.Context())
		leave()
		if _, err := c.Token(ctx, testSPN, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		synctest.Wait()
		wantRequests(t, k)
	})
}

func TestTicketThatTheRealmNoLongerTakesIsReplacedByANewLogin(t *testing.T) {
	t.Parallel()
	k := newFakeKDC(t)
	c := k.client(t, nil)
	if err := token(t, c); err != nil {
		t.Fatal(err)
	}
	k.keys.Entries[0].Key = newKey(testKind) // of krbtgt
	c.Forget(testSPN)
	if err := token(t, c); err != nil {
		t.Fatal(err)
	}
	wantRequests(t, k, "AS", "AS proven", "TGS "+testSPN, "TGS "+testSPN, "AS", "AS proven", "TGS "+testSPN)
}

func TestUnknownServiceIsNoFaultOfTheCredential(t *testing.T) {
	t.Parallel()
	k := newFakeKDC(t)
	c := k.client(t, nil)
	_, err := c.Token(t.Context(), "HTTP/other.contoso.com", nil)
	if failure := wantKind(t, err, KindNoService); failure.CredentialRejected() {
		t.Error("rejected")
	}
	for _, spn := range []string{"", "HTTP", "HTTP/", "/host"} {
		_, err := c.Token(t.Context(), spn, nil)
		wantKind(t, err, KindNoService)
	}
}

func TestConfigNeedsOneCredentialThatCanBeUsed(t *testing.T) {
	t.Parallel()
	password := &text{value: "x"}
	for name, config := range map[string]Config{
		"nothing":           {Profile: testProfile(t), Username: "alice"},
		"no profile":        {Username: "alice", Password: password},
		"two":               {Profile: testProfile(t), Username: "alice", Password: password, Keytab: "/dev/null"},
		"no user":           {Profile: testProfile(t), Password: password},
		"empty name":        {Profile: testProfile(t), Username: `CONTOSO\`, Password: password},
		"unknown realm":     {Profile: testProfile(t), Username: "alice@fabrikam.com", Password: password},
		"no realm":          {Profile: parseProfile(t, ""), Username: "alice", Password: password},
		"no keytab":         {Profile: testProfile(t), Username: "alice", Keytab: "/nonexistent"},
		"no cache":          {Profile: testProfile(t), CCache: "/nonexistent"},
		"type of cache":     {Profile: testProfile(t), CCache: "KEYRING:persistent:0"},
		"type of keytab":    {Profile: testProfile(t), Keytab: "MEMORY:x"},
		"keytab not a file": {Profile: testProfile(t), Keytab: "/"},
	} {
		_, err := New(config)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		wantKind(t, err, KindCredential)
	}
}
