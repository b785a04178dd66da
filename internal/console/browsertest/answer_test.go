//go:build interop

package browsertest

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// answer is what becomes of the gateway's answer on the way to the page. The zero value is one that is lost.
type answer struct {
	after  <-chan struct{} // it is held back until this is closed; nil if it is not
	intact bool            // the gateway's own arrives
	status int64           // that of another answer, which arrives instead
	reason string          // of a google.rpc.Status in it; empty if there is none
}

// way is what stands between the page and the gateway: all requests reach the gateway, but not all answers the page.
type way struct {
	b *browser

	mu       sync.Mutex
	patterns []*fetch.RequestPattern
	answers  map[string][]answer // that are left, by the end of the address
	asked    map[string][]string // the Idempotency-Key of each request
}

func between(b *browser) *way {
	b.t.Helper()
	w := &way{b: b, answers: map[string][]answer{}, asked: map[string][]string{}}
	b.t.Cleanup(func() {
		for end, left := range w.answers {
			if len(left) > 0 {
				b.t.Errorf("for %s there were fewer requests than answers", end)
			}
		}
	})
	if err := chromedp.Listen(b.ctx, func(event any) {
		if paused, is := event.(*fetch.EventRequestPaused); is {
			end, next := w.next(paused.Request)
			go w.pass(paused.RequestID, end, next)
		}
	}); err != nil {
		b.t.Fatal(err)
	}
	return w
}

// answer says what becomes of the next answers from addresses with that end. Those after them arrive intact.
func (w *way) answer(end string, answers ...answer) {
	w.b.t.Helper()
	w.mu.Lock()
	w.answers[end] = answers
	w.patterns = append(w.patterns, &fetch.RequestPattern{URLPattern: "*" + end, RequestStage: fetch.RequestStageResponse})
	patterns := slices.Clone(w.patterns)
	w.mu.Unlock()
	call(w.b, fetch.Enable, fetch.EnableParams{Patterns: patterns})
}

// keys are those under which was asked at addresses with that end.
func (w *way) keys(end string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.asked[end])
}

func (w *way) next(request *network.Request) (end string, next answer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for end, left := range w.answers {
		if !strings.HasSuffix(request.URL, end) {
			continue
		}
		key, _ := request.Headers["Idempotency-Key"].(string)
		w.asked[end] = append(w.asked[end], key)
		if len(left) > 0 {
			w.answers[end] = left[1:]
			return end, left[0]
		}
	}
	return end, answer{intact: true}
}

func (w *way) pass(id fetch.RequestID, end string, next answer) {
	ctx, cancel := context.WithTimeout(w.b.ctx, patience)
	defer cancel()
	if next.after != nil {
		select {
		case <-next.after:
		case <-ctx.Done():
		}
	}
	var err error
	switch {
	case next.intact:
		_, err = chromedp.Call(ctx, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: id})
	case next.status == 0:
		_, err = chromedp.Call(ctx, fetch.FailRequest, fetch.FailRequestParams{RequestID: id, ErrorReason: network.ErrorReasonConnectionReset})
	default:
		body := "<html>"
		if next.reason != "" {
			body = `{"message": "no", "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "` + next.reason + `"}]}`
		}
		_, err = chromedp.Call(ctx, fetch.FulfillRequest, fetch.FulfillRequestParams{RequestID: id, ResponseCode: next.status, Body: []byte(body)})
	}
	if err = cmp.Or(err, ctx.Err()); err != nil && w.b.ctx.Err() == nil {
		w.b.t.Errorf("an answer from %s: %v", end, err)
	}
}
