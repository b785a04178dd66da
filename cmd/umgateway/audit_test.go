package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

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

// auditVerify runs the command, and returns what it prints.
func auditVerify(path, key string) (code int, printed string) {
	var out bytes.Buffer
	code = run([]string{"audit", "verify", path, "--key-file", key}, &out, &out)
	return code, out.String()
}

// audited is a gateway that records calls, and a client of it.
func audited(t *testing.T, log io.Writer) (s *secured, c *client, trail, key string) {
	t.Helper()
	s = newSecured(t)
	trail, key = filepath.Join(s.directory, "audit.jsonl"), replaceFile(t, filepath.Join(s.directory, "key"), auditKey)
	s.serve(t, log, s.config(policyOfTheTests, ""), "--audit-file", trail, "--audit-key-file", key)
	c = s.client(t, bearer(s.issuer.token(t, s.key, nil)))
	return s, c, trail, key
}

func TestAuditLogThatWasMovedAwayIsVerified(t *testing.T) {
	t.Parallel()
	s, c, trail, key := audited(t, &sink{})
	for i, suffixes := range [][]string{{""}, {"", ".head"}, {""}} {
		if err := c.overREST(t.Context(), changeIt); err != nil {
			t.Fatal(err)
		}
		old := fmt.Sprintf("%s.%d", trail, i)
		for _, suffix := range suffixes {
			if err := os.Rename(trail+suffix, old+suffix); err != nil {
				t.Fatal(err)
			}
		}
		// Whoever moves files and tells the gateway later loses nothing.
		if err := c.overREST(t.Context(), changeIt); err != nil {
			t.Fatal(err)
		}
		s.hangUp(t)
		eventually(t, "the log goes on in a new file, which is right, and so is the old one", func() bool {
			code, printed := auditVerify(trail, key)
			return code == 0 && strings.Contains(printed, "1 line is right")
		})
		if code, printed := auditVerify(old, key); code != 0 || !strings.Contains(printed, "4 lines are right") ||
			!strings.Contains(printed, "the log goes on in another file") {
			t.Errorf("the file that was moved: %d, %s", code, printed)
		}
	}
}

func TestAuditLogThatIsRemovedGoesOnInANewFileThatSaysSo(t *testing.T) {
	t.Parallel()
	log := &sink{}
	s, c, trail, key := audited(t, log)
	for _, suffix := range []string{"", ".head"} {
		if err := os.Remove(trail + suffix); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.overREST(t.Context(), changeIt); err != nil {
		t.Fatal(err)
	}
	const want = "was removed while it was written, with the lines up to number 1"
	if code, printed := auditVerify(trail, key); code != exitIncomplete || !strings.Contains(printed, "3 lines are right") || !strings.Contains(printed, want) {
		t.Errorf("the new file: %d, %s", code, printed)
	}
	eventually(t, "the log tells", func() bool { return strings.Contains(log.String(), want) })
	if !strings.Contains(fetch(t, s.ready["admin"]+"/metrics"), "umgateway_audit_errors_total 1") {
		t.Error("it is not counted")
	}
	// A file in the place of the log is evidence.
	replaceFile(t, trail, "forged\n")
	if err := c.overGRPC(t.Context(), changeIt); status.Code(err) != codes.Unavailable {
		t.Errorf("with another file in the place of the log: %v", err)
	}
}

func TestAuditVerifySaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	a, trail, key := openTrail(t)
	recordDial(t, a, "1")
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(trail + ".head"); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		trail + ".1":        "no such file",
		filepath.Dir(trail): "not a file",
		trail:               "2 right lines, but the head is missing: nobody can tell whether the log is complete",
	} {
		if code, printed := auditVerify(path, key); code != exitFailure || !strings.Contains(printed, want) {
			t.Errorf("%s: exit code %d, %s", path, code, printed)
		}
	}
}
