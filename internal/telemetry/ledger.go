package telemetry

import "github.com/umgateway/umgateway/internal/ledger"

// ledgerResults are the values of the label result, by the event that tells it. A reservation that was taken over is executed
// by the gateway that took it. An operation is declared unknown when the gateway that had sent it died.
var ledgerResults = map[ledger.EventKind]string{
	ledger.EventReserved: "executed", ledger.EventTakenOver: "executed", ledger.EventJoined: "joined",
	ledger.EventReplayed: "replayed", ledger.EventReused: "refused", ledger.EventDeclared: "declared_unknown",
}

// ObserveLedger counts what the ledger tells, for ledger.Options.Observe.
func (m *Metrics) ObserveLedger(e ledger.Event) {
	if result, counts := ledgerResults[e.Kind]; counts {
		m.ledgerOperations.WithLabelValues(result).Inc()
		return
	}
	switch e.Kind {
	case ledger.EventStoreFailed, ledger.EventUnrecorded:
		m.storeErrors.Inc()
	}
}
