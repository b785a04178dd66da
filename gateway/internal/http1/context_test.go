package http1

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

func TestContextsEndWhenTheClientLeaves(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]func(context.Context) error{
		"itself": func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		},
		"a deadline of it": func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, time.Hour)
			defer cancel()
			<-ctx.Done()
			return ctx.Err()
		},
		"a function after it": func(ctx context.Context) error {
			called := make(chan struct{})
			stop := context.AfterFunc(ctx, func() { close(called) })
			if another := context.AfterFunc(ctx, func() { t.Error("a function that was stopped is called") }); !another() {
				t.Error("a function that waits cannot be stopped")
			}
			<-called
			if stop() {
				t.Error("a function that was called can be stopped")
			}
			return ctx.Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var s *served
				ended := make(chan error, 1)
				s = serve(t, func(_ http.ResponseWriter, r *http.Request) {
					time.Sleep(time.Hour) // calls may take as long as they want
					if err := r.Context().Err(); err != nil {
						t.Errorf("the context ends with %v before the client has left", err)
					}
					s.left.Store(true)
					left := time.Now()
					ended <- wait(r.Context())
					if took := time.Since(left); took > 3*sweepInterval {
						t.Errorf("the context ends after %v", took)
					}
				})
				_, _ = io.WriteString(s.dial(), get)
				if err := <-ended; !errors.Is(err, context.Canceled) {
					t.Errorf("the context ends with %v", err)
				}
			})
		})
	}
}

func TestClientsAreLookedForAlsoAfterARest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v1/slow" {
				<-r.Context().Done()
			}
		})
		connection := s.dial()
		connection.ask(t, get)
		time.Sleep(time.Minute)
		if s.front.sweeping.Load() {
			t.Error("the sweeper does not rest")
		}
		s.left.Store(true)
		connection.ask(t, line("GET /v1/slow HTTP/1.1"))
	})
}

func TestSweepsTakeASmallPartOfTheTime(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration]time.Duration{0: sweepInterval, time.Millisecond: sweepInterval, 8 * time.Millisecond: 160 * time.Millisecond} {
		if got := pause(took); got != want {
			t.Errorf("after a sweep of %v the pause is %v, want %v", took, got, want)
		}
	}
}

func TestContextsEndWithTheirRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		contexts := make(chan context.Context, 2)
		called := make(chan struct{})
		connection := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			ctx := r.Context()
			contexts <- ctx
			child, cancel := context.WithTimeout(ctx, time.Hour)
			t.Cleanup(cancel)
			contexts <- child
			context.AfterFunc(ctx, func() { close(called) })
			if _, limited := ctx.Deadline(); limited || ctx.Err() != nil || ctx.Value(baseKey{}) != "base" {
				t.Errorf("the context is %v", ctx)
			}
		}).dial()
		connection.ask(t, get)
		<-called
		for range 2 {
			ctx := <-contexts
			<-ctx.Done()
			if !errors.Is(ctx.Err(), context.Canceled) {
				t.Errorf("the context ended with %v", ctx.Err())
			}
			late := make(chan struct{})
			if stop := context.AfterFunc(ctx, func() { close(late) }); stop() {
				t.Error("what is called at once can be stopped")
			}
			<-late
		}
	})
}

func TestValuesAreSetOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type one struct{}
		type two struct{}
		connection := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			first := With(r, one{}, 1)
			second := With(first, two{}, 2)
			if first != r || second == r {
				t.Error("the first value makes a copy, or the second does not")
			}
			if r.Context().Value(one{}) != 1 || r.Context().Value(two{}) != nil {
				t.Error("the request does not have the first value alone")
			}
			if ctx := second.Context(); ctx.Value(one{}) != 1 || ctx.Value(two{}) != 2 || ctx.Value(baseKey{}) != "base" {
				t.Error("the copy does not have all values")
			}
		}).dial()
		connection.ask(t, get)
		foreign := httptest.NewRequest(http.MethodGet, "/", nil)
		if r := With(foreign, one{}, 1); r == foreign || r.Context().Value(one{}) != 1 {
			t.Error("a foreign request is not copied")
		}
	})
}

func TestContextsThatAreDoneSaySo(t *testing.T) {
	t.Parallel()
	c := &requestContext{base: t.Context()}
	c.end()
	c.end()
	<-c.Done()
	if err := c.Err(); !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
	called := make(chan struct{})
	if stop := c.AfterFunc(func() { close(called) }); stop() {
		t.Error("what is called at once can be stopped")
	}
	<-called
}
