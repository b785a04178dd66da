package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"golang.org/x/time/rate"
	"google.golang.org/grpc/codes"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/gateway/principal"
	"github.com/umgateway/umgateway/internal/audit"
	"github.com/umgateway/umgateway/internal/redact"
)

// auditFlags say where calls that change something are recorded.
type auditFlags struct {
	AuditFile    string `name:"audit-file" placeholder:"FILE" help:"File that records each call that changes something, in a chain of hashes (not recorded)."`
	AuditKeyFile string `name:"audit-key-file" placeholder:"FILE" help:"File with the key of the hashes, so that nobody without it can forge the chain."`
	AuditSync    string `name:"audit-sync" enum:"always,interval,never" default:"always" help:"When records are forced to the disk: ${enum} (${default})."`
}

// retryEvery is how often a log that failed is tried again.
const retryEvery = time.Second

// auditor records calls.
type auditor struct {
	log      *audit.Log
	redactor *redact.Redactor
	identity func(context.Context) string
	logger   *slog.Logger
	retry    *rate.Limiter // of the log after a failure
	failed   func()        // called for each record that could not be written, and when records were removed
}

// openAudit opens the log; it returns nil if none is wanted.
func (f *auditFlags) openAudit(logger *slog.Logger) (*auditor, error) {
	if f.AuditFile == "" {
		return nil, nil
	}
	key, redactor, err := f.key()
	if err != nil {
		return nil, err
	}
	a := &auditor{redactor: redactor, logger: logger, failed: func() {},
		identity: func(context.Context) string { return "" },
		retry:    rate.NewLimiter(rate.Every(retryEvery), 1)}
	a.log, err = audit.Open(audit.Options{Path: f.AuditFile, Key: key, Sync: audit.SyncPolicy(f.AuditSync), Warn: a.warn})
	if err != nil {
		return nil, fmt.Errorf("--audit-file: %w", err)
	}
	return a, nil
}

// key reads the key of the hashes; the redactor hides values by it.
func (f *auditFlags) key() ([]byte, *redact.Redactor, error) {
	key, err := readKey(f.AuditKeyFile)
	if err != nil {
		return nil, nil, fmt.Errorf("--audit-key-file: %w", err)
	}
	redactor, err := redact.New(key)
	if err != nil {
		return nil, nil, fmt.Errorf("--audit-key-file: %w", err)
	}
	return key, redactor, nil
}

// readKey reads a key; without a path there is none. One trailing line break does not count.
func readKey(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key := []byte(strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"))
	if len(key) == 0 {
		return nil, fmt.Errorf("%s is empty", path)
	}
	return key, nil
}

// Ready tells whether a record can be written. After a failure it tries one of its own, from time to time.
func (a *auditor) Ready() error {
	err := a.log.Err()
	if err == nil || !a.retry.Allow() {
		return err
	}
	return a.log.Append(audit.Record{Event: audit.EventRecovered, Note: "records before this one could not be written"})
}

// Record writes a record.
func (a *auditor) Record(ctx context.Context, call *gateway.Call, e *gateway.Error, took time.Duration) {
	caller, _ := principal.FromContext(ctx)
	record := audit.Record{
		Caller:   &audit.Caller{Kind: caller.Kind().String(), Name: caller.Name(), Issuer: caller.Issuer(), Verified: caller.Verified()},
		Protocol: string(call.Protocol), RPC: call.FullMethod, Backend: call.Backend, Identity: a.identity(ctx), RequestID: call.RequestID,
		Fields:  map[string]string{},
		Outcome: &audit.Outcome{Code: codes.OK.String(), Milliseconds: took.Milliseconds()},
	}
	if call.Peer != nil {
		record.Peer = call.Peer.String()
	}
	if e != nil {
		record.Outcome.Code, record.Outcome.Reason = e.Code.String(), e.Reason
	}
	for _, field := range a.redactor.Fields(call.Request) {
		record.Fields[field.Name] = curtail(field.Text)
	}
	if err := a.log.Append(record); err != nil {
		a.failed()
		a.logger.Error("a call could not be recorded", "request_id", call.RequestID, "error", err)
	}
}

// warn tells that a file of the log was removed.
func (a *auditor) warn(note string) {
	a.failed()
	a.logger.Error("the audit log goes on in a new file", "reason", note)
}

// maxRecorded is how much of a field is recorded, in bytes. Requests that are refused may hold fields of any length.
const maxRecorded = 256

func curtail(text string) string {
	if len(text) <= maxRecorded {
		return text
	}
	return strings.ToValidUTF8(text[:maxRecorded], "") + "…"
}

func (a *auditor) close() error { return a.log.Close() }

type auditCommand struct {
	Verify auditVerifyCommand `cmd:"" help:"Check that nobody has changed an audit log. The exit code is 3 if nobody has, but the log itself says that records are missing."`
}

// exitIncomplete is the exit code for a log that is right, and says of itself that records are missing: after a crash, a failure of
// the disk, or when a file was removed.
const exitIncomplete = 3

type auditVerifyCommand struct {
	File    string `arg:"" help:"The audit log."`
	KeyFile string `name:"key-file" aliases:"audit-key-file" env:"UMGATEWAY_KEY_FILE,UMGATEWAY_AUDIT_KEY_FILE" placeholder:"FILE" help:"File with the key of the hashes."`
}

// Run checks every line, file and the end of the log.
func (c *auditVerifyCommand) Run(env *environment) error {
	key, err := readKey(c.KeyFile)
	if err != nil {
		return fmt.Errorf("--key-file: %w", err)
	}
	report, err := audit.VerifyLog(c.File, key)
	for _, recovery := range report.Recoveries {
		fmt.Fprintf(env.stdout, "%s, line %d: %s\n", recovery.File, recovery.Line, recovery.Note)
	}
	var broken *audit.Break
	if errors.As(err, &broken) {
		return fmt.Errorf("audit verify: after %s: %w", lines(report.Lines, "right "), broken)
	}
	if errors.Is(err, audit.ErrNoHead) {
		return fmt.Errorf("audit verify: %s, but %w", lines(report.Lines, "right "), audit.ErrNoHead)
	}
	if err != nil {
		return fmt.Errorf("audit verify: %w", err)
	}
	verb := "are"
	if report.Lines == 1 {
		verb = "is"
	}
	fmt.Fprintf(env.stdout, "%s %s right, from %s to %s\n", lines(report.Lines, ""), verb,
		report.From.Format(time.RFC3339), report.To.Format(time.RFC3339))
	if report.After.Seq > 0 {
		fmt.Fprintf(env.stdout, "they follow on line number %d, in a file that is not here\n", report.After.Seq)
	}
	if report.Ended {
		fmt.Fprintf(env.stdout, "the log goes on in another file, with line number %d\n", report.Last.Seq+1)
	}
	if len(report.Recoveries) > 0 {
		return exitCode(exitIncomplete)
	}
	return nil
}

// lines counts lines in words.
func lines(n int, kind string) string {
	if n == 1 {
		return "1 " + kind + "line"
	}
	return fmt.Sprintf("%d %slines", n, kind)
}
