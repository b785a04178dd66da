//go:build interop

package browsertest

import (
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// visibleFocus tells whether what has the focus shows it, itself or by what stands beside it in a label.
const visibleFocus = `[document.activeElement, document.activeElement.nextElementSibling].some((e) => e && getComputedStyle(e).outlineStyle !== "none" && getComputedStyle(e).outlineColor !== "rgba(0, 0, 0, 0)")`

// tabTo presses Tab until an element has the focus, and returns what had it on the way.
func (b *browser) tabTo(id string) []string {
	b.t.Helper()
	var way []string
	for range 60 {
		b.do(chromedp.KeyEvent(kb.Tab))
		at := b.focused()
		if !ask(b, chromedp.Evaluate[bool](visibleFocus)) {
			b.t.Errorf("at %q the focus cannot be seen", at)
		}
		if at == id {
			return way
		}
		way = append(way, at)
	}
	b.t.Fatalf("Tab never leads to %q, but to %q", id, way)
	return nil
}

func TestTheKeyboardIsEnough(t *testing.T) {
	t.Parallel()
	b := open(t, demo(t).ready["console"])
	b.scheme("light")
	b.shows("#um-mark", "Unified Messaging on")
	b.do(chromedp.KeyEvent(kb.Tab))
	b.wait("the first stop leads to the content", `document.activeElement.matches(".skip")`)
	b.do(chromedp.KeyEvent(kb.Enter))
	b.wait("the content has the focus", `document.activeElement.id === "main"`)

	way := b.tabTo("place-button")
	for _, id := range []string{"message-id", "number", "lease"} {
		if !slices.Contains(way, id) {
			t.Errorf("Tab does not lead to %q on the way: %q", id, way)
		}
	}
	b.do(chromedp.KeyEvent(kb.Enter))
	b.wait("the call has the focus", `document.activeElement.id === "call-title"`)
	b.wait("the state is told to those who listen", `document.querySelector("#call-live[role=status]").textContent.startsWith("Connected")`)
	b.tabTo("hang-up")
	b.picture("keyboard-light")
	b.do(chromedp.KeyEvent(kb.Enter))
	b.shows("#outcome", "ended in the ordinary way")
	b.wait("the focus stays in the card", `document.activeElement.id === "call-title"`)

	b.tabTo("oof")
	b.do(chromedp.KeyEvent(" "))
	b.wait("the change is told", `document.querySelector("#mailbox-live").textContent === "The Out-of-Office greeting is on."`)
	b.tabTo("own-number")
	b.do(chromedp.KeyEvent(kb.End), chromedp.KeyEvent("9"), chromedp.KeyEvent(kb.Enter))
	b.wait("the change is told", `document.querySelector("#mailbox-live").textContent === "The number is saved."`)

	b.do(chromedp.Reload())
	b.shows("#um-mark", "Unified Messaging on")
	b.wait("the changes are kept", `document.getElementById("oof").checked && document.getElementById("own-number").value === "42555501239"`)
}
