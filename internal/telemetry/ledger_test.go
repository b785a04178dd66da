package telemetry_test

import (
	"testing"

	"github.com/umgateway/umgateway/internal/ledger"
)

func TestLedgerIsCountedByWhatItSaid(t *testing.T) {
	t.Parallel()
	const operations, errors = "umgateway_ledger_operations_total", "umgateway_ledger_store_errors_total"
	for kind, want := range map[ledger.EventKind]struct {
		result string // empty: nothing was said
		failed float64
	}{
		ledger.EventReserved: {"executed", 0}, ledger.EventTakenOver: {"executed", 0}, ledger.EventJoined: {"joined", 0},
		ledger.EventReplayed: {"replayed", 0}, ledger.EventReused: {"refused", 0}, ledger.EventDeclared: {"declared_unknown", 0},
		ledger.EventStoreFailed: {"", 1}, ledger.EventUnrecorded: {"", 1},
		ledger.EventRecorded: {"", 0}, ledger.EventUnannounced: {"", 0}, ledger.EventPanicked: {"", 0},
	} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			m := newMetrics(t)
			m.ObserveLedger(ledger.Event{Kind: kind})
			got := scrape(t, m)
			said := 0.0
			if want.result != "" {
				said = 1
				got.want(t, 1, operations, "result", want.result)
			}
			if sum := got.sum(operations); sum != said {
				t.Errorf("%v operations are counted", sum)
			}
			got.want(t, want.failed, errors)
		})
	}
}
