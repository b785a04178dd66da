package docscheck

import (
	"regexp"
	"strings"
	"testing"
)

var severity = regexp.MustCompile(`- alert: (\w+)|severity: (\w+)`)

// critical returns the names of the alerts of that severity.
func critical(alerts string) []string {
	var names []string
	name := ""
	for _, match := range severity.FindAllStringSubmatch(alerts, -1) {
		switch {
		case match[1] != "":
			name = match[1]
		case match[2] == "critical":
			names = append(names, name)
		}
	}
	return names
}

func TestAlertsThatWantSomebodyAtOnceAreExplained(t *testing.T) {
	t.Parallel()
	page, alerts := textOf(t, "docs/running.md"), textOf(t, "deploy/monitoring/alerts.yaml")
	found := critical(alerts)
	if len(found) == 0 {
		t.Fatal("no alert is critical")
	}
	for _, alert := range found {
		if !strings.Contains(page, "| `"+alert+"` |") {
			t.Errorf("docs/running.md does not say what to do about %s", alert)
		}
	}
}
