// Package telemetry shows what the gateway does: metrics for Prometheus, traces for OpenTelemetry, and the admin address with
// the probes of an orchestrator.
//
// It promises that nothing which a caller or a backend wrote gets into a label or a span: every value is a constant, a name
// from the schema, or a setting. The metrics are those of the table in deploy/monitoring, and no others but the standard ones
// of Go and of the process. To measure a call that succeeds allocates nothing.
package telemetry
