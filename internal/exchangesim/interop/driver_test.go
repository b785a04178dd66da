//go:build interop

package interop

import (
	"encoding/json"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/umgateway/umgateway/internal/exchangesim"
)

// stacks are the commands of the foreign SOAP stacks. They are Debian's, wherever else there may be a python3.
var stacks = map[string][]string{
	"zeep": {"/usr/bin/python3", "testdata/drive.py"},
	"php":  {"/usr/bin/php", "testdata/drive.php"},
}

// driver is a simulator, and a foreign stack that has read its WSDL.
type driver struct {
	*exchangesim.Server
	t         *testing.T
	clock     *clock
	namespace string // of messages
	requests  *json.Encoder
	replies   *json.Decoder
}

// drive starts both for a path of the service, in one scheme.
func drive(t *testing.T, command []string, scheme, path string) *driver {
	t.Helper()
	d := &driver{
		t: t, clock: &clock{now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)},
		namespace: scheme + "://schemas.microsoft.com/exchange/services/2006/messages",
	}
	var err error
	d.Server, err = exchangesim.New(exchangesim.Config{Scheme: scheme, Clock: d.clock, Timeline: timeline})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(d.Server)
	t.Cleanup(server.Close)

	process := exec.Command(command[0], append(command[1:len(command):len(command)], server.URL+path+"?wsdl")...)
	process.Env = []string{"PATH=/usr/bin:/bin", "NO_PROXY=*"}
	process.Stderr = os.Stderr
	in, err := process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_, _ = io.Copy(io.Discard, out)
		if err := process.Wait(); err != nil {
			t.Errorf("%s: %v", command[1], err)
		}
	})
	d.requests, d.replies = json.NewEncoder(in), json.NewDecoder(out)
	return d
}

type object = map[string]any

// request is what a driver reads, and reply what it writes.
type request struct {
	Operation       string `json:"operation"`
	Arguments       object `json:"arguments,omitempty"`
	Headers         object `json:"headers,omitempty"`
	HeaderNamespace string `json:"headerNamespace,omitempty"`
}

type reply struct {
	Result  any    `json:"result"`
	Headers object `json:"headers"`
	Fault   *fault `json:"fault"`
}

type fault struct {
	Code   string `json:"code"`
	Text   string `json:"text"`
	Detail []struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
		Text      string `json:"text"`
	} `json:"detail"`
}

func (d *driver) send(r request) reply {
	d.t.Helper()
	if err := d.requests.Encode(r); err != nil {
		d.t.Fatal(err)
	}
	var got reply
	if err := d.replies.Decode(&got); err != nil {
		d.t.Fatalf("%s: %v", r.Operation, err)
	}
	return got
}

// call wants a result.
func (d *driver) call(operation string, arguments object, want any) {
	d.t.Helper()
	if got := d.send(request{Operation: operation, Arguments: arguments}); got.Fault != nil || !reflect.DeepEqual(got.Result, want) {
		d.t.Errorf("%s%v: got %v, fault %+v, want %v", operation, arguments, got.Result, got.Fault, want)
	}
}

// refused wants a fault with that local part of its code, and that name in its detail.
func (d *driver) refused(operation string, arguments object, code string) {
	d.t.Helper()
	got := d.send(request{Operation: operation, Arguments: arguments}).Fault
	if got == nil || got.Code[strings.LastIndexByte(got.Code, ':')+1:] != code {
		d.t.Errorf("%s%v: got %+v, want %s", operation, arguments, got, code)
		return
	}
	if len(got.Detail) != 1 || got.Detail[0].Name != "ExceptionType" || got.Detail[0].Text != code {
		d.t.Errorf("%s%v: the detail is %+v", operation, arguments, got.Detail)
	}
}

// onEveryStack runs a test with each stack in each scheme.
func onEveryStack(t *testing.T, path string, test func(t *testing.T, d *driver)) {
	t.Helper()
	for name, command := range stacks {
		for _, scheme := range []string{"http", "https"} {
			t.Run(name+" "+scheme, func(t *testing.T) {
				t.Parallel()
				test(t, drive(t, command, scheme, path))
			})
		}
	}
}

var timeline = exchangesim.Timeline{Connecting: time.Second, Alerted: time.Second, Connected: time.Minute}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
