//go:build interop

package browsertest

import (
	"context"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long something may take to be seen before a test fails.
const patience = 60 * time.Second

// browser is one page in a Chromium of its own.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	complaints []string // of the browser
}

// open starts a Chromium and goes to an address. At the end of the test nothing may have been complained about.
func open(t *testing.T, address string) *browser {
	t.Helper()
	return newBrowser(t).goTo(address)
}

// goTo goes to the first address.
func (b *browser) goTo(address string) *browser {
	t := b.t
	t.Helper()
	t.Cleanup(func() {
		for _, complaint := range b.complained() {
			t.Errorf("the browser complains: %s", complaint)
		}
	})
	b.do(chromedp.Navigate(address))
	b.wait("the page has asked", `document.querySelector("#health-mark").textContent !== "Looking…"`)
	return b
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	return newBrowserOf(t, t.TempDir(), t.TempDir())
}

// newBrowserOf starts a Chromium of somebody with a home, which holds certificates, and a profile, which holds settings.
func newBrowserOf(t *testing.T, home, profile string) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewExecAllocator(ctx,
		chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.Env("HOME="+home), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.WindowSize(1280, 1000), chromedp.WSURLReadTimeout(patience),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("disable-features", "Translate,OptimizationHints,MediaRouter"))
	t.Cleanup(stop)
	b := &browser{t: t}
	b.ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	// The first step starts the browser, which ends with the step's context.
	if err := chromedp.Listen(b.ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	call(b, log.Enable, cdp.Empty{})
	call(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `addEventListener("securitypolicyviolation", (e) => console.error("policy: " + e.violatedDirective + " " + e.blockedURI))`,
	})
	return b
}

// listen collects what the browser complains about. That a request was refused is none of it: the page explains it.
func (b *browser) listen(event any) {
	var complaint string
	switch event := event.(type) {
	case *runtime.EventExceptionThrown:
		text, _ := json.Marshal(event.ExceptionDetails)
		complaint = string(text)
	case *runtime.EventConsoleAPICalled:
		if event.Type == runtime.ConsoleAPICalledTypeError || event.Type == runtime.ConsoleAPICalledTypeWarning {
			text, _ := json.Marshal(event.Args)
			complaint = string(text)
		}
	case *log.EventEntryAdded:
		if event.Entry.Source != log.EntrySourceNetwork && (event.Entry.Level == log.EntryLevelError || event.Entry.Level == log.EntryLevelWarning) {
			complaint = string(event.Entry.Source) + ": " + event.Entry.Text
		}
	}
	if complaint != "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.complaints = append(b.complaints, complaint)
	}
}

func (b *browser) complained() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.complaints)
}

// eventuallyComplains waits until the browser has complained about something.
func (b *browser) eventuallyComplains(about string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for !strings.Contains(strings.Join(b.complained(), "\n"), about) {
		select {
		case <-again.C:
		case <-ctx.Done():
			b.t.Fatalf("the browser does not complain about %s, but %q", about, b.complained())
		}
	}
}

// do carries out steps, each of which must succeed.
func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ask(b, chromedp.Steps(steps...))
}

// ask carries out a step that has a result.
func ask[T any](b *browser, step chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	result, err := chromedp.Run(ctx, step)
	if err != nil {
		b.t.Fatalf("%v; the page shows\n%s", err, b.text())
	}
	return result
}

// call has the browser carry out a command of its protocol.
func call[P, R any](b *browser, command cdp.Command[P, R], params P) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, command, params); err != nil {
		b.t.Fatal(err)
	}
}

// text is what the page shows.
func (b *browser) text() string {
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
	if err != nil {
		return err.Error()
	}
	return text
}

// wait looks again and again until an expression of JavaScript is true.
func (b *browser) wait(what, expression string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		if holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+expression+")")); err == nil && holds {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			b.t.Fatalf("it never comes to pass that %s; the page shows\n%s", what, b.text())
		}
	}
}

// shows waits until an element is visible and holds a text.
func (b *browser) shows(selector, text string) {
	b.t.Helper()
	of, err := json.Marshal([]string{selector, text})
	if err != nil {
		b.t.Fatal(err)
	}
	b.wait(selector+" shows "+text, `((s, t) => [...document.querySelectorAll(s)].some((e) => e.checkVisibility() && e.innerText.includes(t)))(...`+string(of)+`)`)
}

// focused is the id of the element that has the focus.
func (b *browser) focused() string {
	b.t.Helper()
	return ask(b, chromedp.Evaluate[string](`document.activeElement?.id ?? ""`))
}

// fill replaces the text of a field by typing.
func (b *browser) fill(selector, text string) {
	b.t.Helper()
	b.do(chromedp.Focus(selector, chromedp.NodeVisible), chromedp.Evaluate[chromedp.Void](`document.activeElement.select()`), chromedp.KeyEvent(text))
}

// click clicks with the mouse.
func (b *browser) click(selector string) {
	b.t.Helper()
	b.do(chromedp.Click(selector, chromedp.NodeVisible))
}

// scheme sets what the reader prefers: "light" or "dark".
func (b *browser) scheme(scheme string) {
	b.t.Helper()
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// size makes the window that large.
func (b *browser) size(width, height int64) {
	b.t.Helper()
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 600})
}
