//go:build unix

package boltstore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/umgateway/umgateway/internal/ledger"
	"github.com/umgateway/umgateway/internal/ledger/boltstore"
)

// The test binary is its own child process when this is set: to a role, and the path of the file.
const childVariable = "BOLTSTORE_TEST_CHILD"

func TestMain(m *testing.M) {
	role, path, isChild := strings.Cut(os.Getenv(childVariable), " ")
	if !isChild {
		os.Exit(m.Run())
	}
	if err := roles[role](path); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

var roles = map[string]func(path string) error{"steps": childSteps, "load": childLoad, "disk-full": childDiskFull}

// startChild runs this binary in a role. The child ends, at the latest, with the test.
func startChild(t *testing.T, role, path string) (command *exec.Cmd, output *bufio.Reader) {
	t.Helper()
	command = exec.Command(os.Args[0])
	command.Env = append(os.Environ(), childVariable+"="+role+" "+path)
	command.Stderr = os.Stderr
	pipe, err := command.StdoutPipe()
	if err == nil {
		// Its end is the child's sign that nobody waits for it any more.
		_, err = command.StdinPipe()
	}
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kill(command) })
	return command, bufio.NewReader(pipe)
}

func kill(command *exec.Cmd) {
	command.Process.Signal(syscall.SIGKILL)
	command.Wait()
}

// rest is forever, or until the parent is gone.
func rest() { io.Copy(io.Discard, os.Stdin) }

func ledgerAt(path string) (*ledger.Ledger, error) {
	s, err := boltstore.Open(boltstore.Options{Path: path})
	if err != nil {
		return nil, err
	}
	return ledger.Open(s, ledger.Options{})
}

func keyOf(request string) (ledger.Key, ledger.Digest) {
	key := ledger.Key{Principal: "caller", Backend: "b", Identity: "i", RPC: "/dial", RequestID: request}
	return key, key.Digest([]byte("content"))
}

func begin(l *ledger.Ledger, request string) (*ledger.Entry, ledger.Answer, error) {
	key, content := keyOf(request)
	return l.TryBegin(context.Background(), key, content)
}

// steps is how far the child goes with each request before it is killed, and what the next process must find.
var steps = []struct {
	name   string
	walk   func(ctx context.Context, e *ledger.Entry) error
	after  ledger.State // StateNone: the operation can be had
	result string
}{
	{"reserved", func(context.Context, *ledger.Entry) error { return nil }, ledger.StateNone, ""},
	{"sent", func(ctx context.Context, e *ledger.Entry) error { return e.Sent(ctx) }, ledger.StateUnknown, ""},
	{"accepted", finish(ledger.Accepted([]byte("call"))), ledger.StateAccepted, "call"},
	{"rejected", finish(ledger.Rejected([]byte("no"))), ledger.StateRejected, "no"},
	{"unknown", finish(ledger.Unknown([]byte("who knows"))), ledger.StateUnknown, "who knows"},
	{"abandoned", func(ctx context.Context, e *ledger.Entry) error { return e.Abandon(ctx) }, ledger.StateNone, ""},
	{"abandoned after sent", func(ctx context.Context, e *ledger.Entry) error { return errors.Join(e.Sent(ctx), e.Abandon(ctx)) }, ledger.StateNone, ""},
}

func finish(outcome ledger.Outcome) func(context.Context, *ledger.Entry) error {
	return func(ctx context.Context, e *ledger.Entry) error {
		return errors.Join(e.Sent(ctx), e.Finish(ctx, outcome))
	}
}

func childSteps(path string) error {
	l, err := ledgerAt(path)
	if err != nil {
		return err
	}
	for _, step := range steps {
		entry, _, err := begin(l, step.name)
		if err != nil {
			return err
		}
		if err := step.walk(context.Background(), entry); err != nil {
			return err
		}
		fmt.Println(step.name)
	}
	rest()
	return nil
}

func TestKilledProcessLeavesTheStateThatIsDocumented(t *testing.T) {
	t.Parallel()
	for n, killed := range steps {
		t.Run(killed.name, func(t *testing.T) {
			t.Parallel()
			path := inTemp(t).Path
			command, output := startChild(t, "steps", path)
			for range n + 1 {
				if _, err := output.ReadString('\n'); err != nil {
					t.Fatal(err)
				}
			}
			kill(command)
			l, err := ledgerAt(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, step := range steps[:n+1] {
				entry, answer, err := begin(l, step.name)
				if err != nil || (entry != nil) != (step.after == ledger.StateNone) || answer.State != step.after || string(answer.Result) != step.result {
					t.Errorf("%s: entry %v, %v %q, %v", step.name, entry != nil, answer.State, answer.Result, err)
				}
				if entry != nil {
					entry.Abandon(context.Background())
				}
			}
			if err := l.Close(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
}

// childLoad dials as fast as it can, and says what it was promised: "sent" means that the phone may ring from here on.
func childLoad(path string) error {
	l, err := ledgerAt(path)
	if err != nil {
		return err
	}
	for worker := range 8 {
		go func() {
			for n := 0; ; n++ {
				request := fmt.Sprintf("%d.%d", worker, n)
				entry, _, err := begin(l, request)
				if err == nil {
					err = entry.Sent(context.Background())
				}
				fmt.Println("sent", request, err)
				if err == nil {
					err = entry.Finish(context.Background(), ledger.Accepted([]byte(request)))
				}
				fmt.Println("accepted", request, err)
			}
		}()
	}
	rest()
	return nil
}

func TestKilledProcessUnderLoadForgetsNoPromise(t *testing.T) {
	t.Parallel()
	for _, lines := range []int{1, 10, 100, 500} {
		t.Run(fmt.Sprint(lines), func(t *testing.T) {
			t.Parallel()
			path := inTemp(t).Path
			command, output := startChild(t, "load", path)
			promised := map[string]ledger.State{}
			for n := 0; ; n++ {
				if n == lines {
					command.Process.Signal(syscall.SIGKILL)
				}
				line, err := output.ReadString('\n')
				if err != nil {
					break
				}
				var what, request, failure string
				if _, err := fmt.Sscan(line, &what, &request, &failure); err != nil || failure != "<nil>" {
					t.Fatalf("the child says %q", line)
				}
				promised[request] = map[string]ledger.State{"sent": ledger.StateUnknown, "accepted": ledger.StateAccepted}[what]
			}
			kill(command)
			checkPromises(t, path, promised)
		})
	}
}

func checkPromises(t *testing.T, path string, promised map[string]ledger.State) {
	l, err := ledgerAt(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close(context.Background())
	for request, state := range promised {
		entry, answer, err := begin(l, request)
		switch {
		case entry != nil:
			t.Errorf("%s would be sent again", request)
		case err != nil:
			t.Errorf("%s: %v", request, err)
		case answer.State == ledger.StateAccepted && string(answer.Result) == request:
			// Recorded, but perhaps killed before it could say so.
		case answer.State != state:
			t.Errorf("%s: %v was promised, got %v %q", request, state, answer.State, answer.Result)
		}
	}
	if len(promised) == 0 {
		t.Error("nothing was promised")
	}
}

// childDiskFull reserves operations until there is no room, and then sees what still works.
func childDiskFull(path string) error {
	l, err := ledgerAt(path)
	if err != nil {
		return err
	}
	// What a full disk says as ENOSPC, this limit says as EFBIG.
	limit := syscall.Rlimit{Cur: 1 << 20, Max: 1 << 30}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	var full error
	n := 0
	for full == nil {
		var entry *ledger.Entry
		if entry, _, full = begin(l, fmt.Sprint(n)); full == nil {
			full = finish(ledger.Accepted(make([]byte, 60_000)))(context.Background(), entry)
		}
		n++
	}
	fmt.Println("full", kindOf(full), n)
	_, answer, err := begin(l, "0")
	fmt.Println("replay", answer.State, err)
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	entry, _, err := begin(l, "room again")
	if err == nil {
		err = finish(ledger.Accepted(nil))(context.Background(), entry)
	}
	fmt.Println("room", err)
	return nil
}

func TestFullDiskRefusesDialsAndLosesNothing(t *testing.T) {
	t.Parallel()
	path := inTemp(t).Path
	command, output := startChild(t, "disk-full", path)
	all, err := io.ReadAll(output)
	if err = errors.Join(err, command.Wait()); err != nil {
		t.Fatal(err)
	}
	var n int
	rest := ""
	if _, err := fmt.Sscanf(string(all), "full the store is full %d", &n); err == nil {
		_, rest, _ = strings.Cut(string(all), "\n")
	}
	if n < 5 || rest != "replay ACCEPTED <nil>\nroom <nil>\n" {
		t.Errorf("after %d records, the child says %q", n, all)
	}
	promised := map[string]ledger.State{"room again": ledger.StateAccepted}
	for i := range n - 1 {
		promised[fmt.Sprint(i)] = ledger.StateAccepted
	}
	l, err := ledgerAt(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close(context.Background())
	for request, state := range promised {
		if entry, answer, err := begin(l, request); entry != nil || answer.State != state || err != nil {
			t.Errorf("%s: entry %v, %v, %v", request, entry != nil, answer.State, err)
		}
	}
}
