package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/umgateway/umgateway/gateway"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

const auditKey = "a key of sixteen bytes or more"

// openTrail opens an audit log with a key.
func openTrail(t *testing.T) (a *auditor, trail, key string) {
	t.Helper()
	directory := t.TempDir()
	trail, key = filepath.Join(directory, "audit.log"), replaceFile(t, filepath.Join(directory, "key"), auditKey+"\n")
	flags := auditFlags{AuditFile: trail, AuditKeyFile: key, AuditSync: "always"}
	a, err := flags.openAudit(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return a, trail, key
}

func recordDial(t *testing.T, a *auditor, number string) {
	t.Helper()
	request := &umv1.PlayOnPhoneRequest{EntryId: "AAAA", DialString: number}
	a.Record(t.Context(), &gateway.Call{FullMethod: "/um.v1.CallService/PlayOnPhone", Protocol: gateway.ProtocolGRPC, Request: request, RequestID: "r"}, nil, 0)
	if err := a.Ready(); err != nil {
		t.Fatal(err)
	}
}

func TestAuditVerifyFindsWhatWasChanged(t *testing.T) {
	t.Parallel()
	a, trail, key := openTrail(t)
	for _, number := range []string{"1", "2", "3", "4"} {
		recordDial(t, a, number)
	}
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(read(t, trail), "\n")
	if len(lines) < 6 || strings.Contains(read(t, trail), `"dial_string":"1"`) {
		t.Fatalf("the log is not as expected:\n%s", read(t, trail))
	}
	flipped := []byte(lines[2])
	flipped[len(flipped)/2] ^= 1
	other := replaceFile(t, filepath.Join(t.TempDir(), "key"), "another key of sixteen bytes")
	for _, c := range []struct {
		name, text, key string
		code            int
		want            string // in what is printed
	}{
		{"nothing", strings.Join(lines, ""), key, 0, "5 lines are right"},
		{"a flipped byte", lines[0] + lines[1] + string(flipped) + strings.Join(lines[3:], ""), key, exitFailure, "line 3"},
		{"a removed line", lines[0] + lines[1] + strings.Join(lines[3:], ""), key, exitFailure, "line 3"},
		{"reordered lines", lines[0] + lines[2] + lines[1] + strings.Join(lines[3:], ""), key, exitFailure, "line 2"},
		{"a line removed from the end", strings.Join(lines[:4], ""), key, exitFailure, "missing"},
		{"another key", strings.Join(lines, ""), other, exitFailure, ""},
		{"no key", strings.Join(lines, ""), "", exitFailure, ""},
	} {
		if err := os.WriteFile(trail, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		args := []string{"audit", "verify", trail}
		if c.key != "" {
			args = append(args, "--key-file", c.key)
		}
		var printed bytes.Buffer
		if code := run(args, &printed, &printed); code != c.code || !strings.Contains(printed.String(), c.want) {
			t.Errorf("after %s: exit code %d, want %d, with %q, want %q", c.name, code, c.code, printed.String(), c.want)
		}
	}
}

func TestRecordsOfLongRequestsDoNotFillTheLog(t *testing.T) {
	t.Parallel()
	a, trail, _ := openTrail(t)
	a.Record(t.Context(), &gateway.Call{FullMethod: "/um.v1.CallService/PlayOnPhone",
		Request: &umv1.PlayOnPhoneRequest{RequestId: strings.Repeat("ü", 1<<20)}}, nil, 0)
	if err := a.log.Err(); err != nil {
		t.Errorf("a long request is not recorded: %v", err)
	}
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	if size := len(read(t, trail)); size > 4<<10 {
		t.Errorf("the log takes %d bytes", size)
	}
}

func TestAuditLogRecoversAfterAFailure(t *testing.T) {
	t.Parallel()
	a, _, _ := openTrail(t)
	// A record that takes more than a line fails, as one does on a full disk.
	a.Record(t.Context(), &gateway.Call{FullMethod: strings.Repeat("x", 1<<20), Request: &umv1.IsUMEnabledRequest{}}, nil, 0)
	if a.log.Err() == nil {
		t.Fatal("a record that cannot be written is none")
	}
	if err := a.Ready(); err != nil {
		t.Errorf("the log is not tried again: %v", err)
	}
	recordDial(t, a, "1")
	if err := a.close(); err != nil {
		t.Error(err)
	}
}

func TestEmptyAuditKeyIsRefused(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	flags := auditFlags{AuditFile: filepath.Join(directory, "log"), AuditKeyFile: replaceFile(t, filepath.Join(directory, "key"), "\n"), AuditSync: "always"}
	if _, err := flags.openAudit(slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "--audit-key-file") {
		t.Errorf("the error is %v, want one about --audit-key-file", err)
	}
}
