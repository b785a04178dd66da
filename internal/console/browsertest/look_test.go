//go:build interop

package browsertest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/chromedp"
)

// screenshots is the folder for pictures.
func screenshots() string {
	if folder := os.Getenv("UMGATEWAY_SCREENSHOTS"); folder != "" {
		return folder
	}
	return filepath.Join(os.TempDir(), "umgateway-console")
}

// look checks a state of the page in the light and in the dark, and takes a picture of each.
func (b *browser) look(name string) {
	b.t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		b.scheme(scheme)
		b.picture(name + "-" + scheme)
		b.accessible(name + ", " + scheme)
		b.fits(name)
	}
	b.scheme("light")
}

func (b *browser) picture(name string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](`scrollTo(0, 0)`))
	picture := ask(b, chromedp.FullScreenshot(100))
	if err := os.MkdirAll(screenshots(), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(screenshots(), name+".png"), picture, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// accessible has axe-core find what shuts people out.
func (b *browser) accessible(state string) {
	b.t.Helper()
	for _, finding := range b.findings() {
		if finding.Impact == "serious" || finding.Impact == "critical" {
			b.t.Errorf("%s: %s (%s): %s", state, finding.ID, finding.Impact, strings.Join(finding.places(), "\n"))
		}
	}
}

// finding is a rule that the page breaks.
type finding struct {
	ID, Impact string
	Nodes      []struct {
		HTML           string
		FailureSummary string
	}
}

func (f finding) places() []string {
	var places []string
	for _, node := range f.Nodes {
		places = append(places, node.HTML+": "+node.FailureSummary)
	}
	return places
}

func (b *browser) findings() []finding {
	b.t.Helper()
	ask(b, chromedp.Evaluate[int](axe+"\n;0"))
	text := ask(b, chromedp.Evaluate[string](`axe.run(document, {resultTypes: ["violations"]}).then((found) => JSON.stringify(found.violations))`,
		chromedp.EvalAwaitPromise))
	var found []finding
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		b.t.Fatal(err)
	}
	return found
}

// fits tells when the page is wider than the window.
func (b *browser) fits(state string) {
	b.t.Helper()
	over := ask(b, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`))
	if over > 0 {
		b.t.Errorf("%s: the page is %d pixels wider than the window", state, over)
	}
}
