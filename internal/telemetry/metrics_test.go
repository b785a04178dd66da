package telemetry_test

import (
	"maps"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/umgateway/umgateway/gateway"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

var quoted = regexp.MustCompile("`([^`]+)`")

// promised reads the table of metrics for operators: "type label label…" by name.
func promised(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../deploy/monitoring/README.md")
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		labels := []string{}
		for _, match := range quoted.FindAllStringSubmatch(cells[2], -1) {
			labels = append(labels, match[1])
		}
		slices.Sort(labels)
		table[quoted.FindStringSubmatch(cells[0])[1]] = strings.Join(append([]string{strings.TrimSpace(cells[1])}, labels...), " ")
	}
	return table
}

// TestMetricsAreThoseOfTheTable drives everything that has a metric, and compares names, types and labels with what operators
// were promised.
func TestMetricsAreThoseOfTheTable(t *testing.T) {
	t.Parallel()
	s := newStand(t, gateway.Config{}, nil)
	if _, err := umv1.NewCallServiceClient(s.grpc).Disconnect(t.Context(), &umv1.DisconnectRequest{}); err == nil {
		t.Error("a call without an id is accepted")
	}
	if _, err := umv1.NewMailboxServiceClient(s.grpc).ResetPIN(t.Context(), &umv1.ResetPINRequest{}); err != nil {
		t.Error(err)
	}
	if got := s.post(t, "/v1/nothing", ""); got != 404 {
		t.Errorf("an unknown path is answered with %d", got)
	}
	if err := s.metrics.ShowCertificate("front", time.Now); err != nil {
		t.Error(err)
	}
	if err := s.metrics.ShowWatching(func() (int, int) { return 0, 0 }); err != nil {
		t.Error(err)
	}
	if err := s.metrics.Backend("legacy").ShowEndpoints(source{}); err != nil {
		t.Error(err)
	}
	want := promised(t)
	served := map[string]string{}
	for name, family := range scrape(t, s.metrics) {
		if standard := strings.HasPrefix(name, "go_") || strings.HasPrefix(name, "process_"); standard && want[name] == "" {
			continue
		}
		labels := slices.Sorted(maps.Keys(labelsOf(family.GetMetric()[0])))
		served[name] = strings.Join(append([]string{strings.ToLower(family.GetType().String())}, labels...), " ")
		if family.GetHelp() == "" {
			t.Errorf("%s has no help", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got, found := served[name]; !found {
			t.Errorf("%s is promised, but not served", name)
		} else if got != want[name] {
			t.Errorf("%s is served as %q, but promised as %q", name, got, want[name])
		}
		delete(served, name)
	}
	for name := range served {
		t.Errorf("%s is served, but not promised", name)
	}
	if len(want) < 20 {
		t.Errorf("the table was not read: %v", want)
	}
}

func TestCertificatesAreShownUnderTheirNames(t *testing.T) {
	t.Parallel()
	m := newMetrics(t)
	end := time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, ends := range map[string]func() time.Time{
		"front": func() time.Time { return end }, "client-ca": func() time.Time { return time.Time{} },
	} {
		if err := m.ShowCertificate(name, ends); err != nil {
			t.Fatal(err)
		}
	}
	const expiry = "umgateway_certificate_expiry_timestamp_seconds"
	scrape(t, m).want(t, 1798859045, expiry, "name", "front")
	scrape(t, m).want(t, math.Inf(1), expiry, "name", "client-ca")
	end = end.Add(time.Hour) // a new certificate
	scrape(t, m).want(t, 1798859045+3600, expiry, "name", "front")
}

func TestWatchersAreShownAsTheyAre(t *testing.T) {
	t.Parallel()
	m := newMetrics(t)
	calls, watchers := 2, 5
	if err := m.ShowWatching(func() (int, int) { return calls, watchers }); err != nil {
		t.Fatal(err)
	}
	scrape(t, m).want(t, 2, "umgateway_watched_calls")
	scrape(t, m).want(t, 5, "umgateway_watchers")
	calls, watchers = 0, 0
	scrape(t, m).want(t, 0, "umgateway_watchers")
}

func TestAuditAndConfigurationAreTold(t *testing.T) {
	t.Parallel()
	m := newMetrics(t)
	const loaded = "umgateway_config_last_reload_successful"
	scrape(t, m).want(t, 1, loaded)
	m.ConfigLoaded(false)
	m.AuditFailed()
	scrape(t, m).want(t, 0, loaded)
	scrape(t, m).want(t, 1, "umgateway_audit_errors_total")
	m.ConfigLoaded(true)
	scrape(t, m).want(t, 1, loaded)
}
