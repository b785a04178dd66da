package main

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	gatewaypkg "github.com/umgateway/umgateway/gateway"
	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/backend"
	"github.com/umgateway/umgateway/internal/callwatch"
	"github.com/umgateway/umgateway/internal/exchange"
)

// watching serves WatchCall.
type watching struct{ hub *callwatch.Hub }

func (w watching) WatchCall(ctx context.Context, request *umv1.WatchCallRequest, send func(*umv1.WatchCallResponse) error) error {
	return w.hub.WatchCall(ctx, request, send)
}

func startWatching(t *testing.T) (stub string, rpc string) {
	_, address := startStub(t)
	back, err := backend.Open(backend.Settings{URLs: []string{"http://" + address + servicePath}, Namespace: "auto", FolderIDElement: "base64FolderID"}, backend.Options{})
	if err != nil {
		t.Fatal(err)
	}
	hub, err := callwatch.New(callwatch.Config{Fast: time.Millisecond, Poll: func(ctx context.Context, callID string) (*umv1.GetCallInfoResponse, error) {
		out, err := back.Invoke(ctx, exchange.Method("um.v1.CallService.GetCallInfo"), &umv1.GetCallInfoRequest{CallId: callID})
		if err != nil {
			return nil, err
		}
		return out.(*umv1.GetCallInfoResponse), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	g, err := gatewaypkg.New(gatewaypkg.Config{Invoker: back, Watcher: watching{hub}})
	if err != nil {
		t.Fatal(err)
	}
	return address, serveGateway(t, g, back).addresses["gRPC"]
}

func TestAllWatchersSeeEachStateAndThenOnlyAreCounted(t *testing.T) {
	t.Parallel()
	stub, address := startWatching(t)
	message, err := proto.Marshal(&umv1.WatchCallRequest{CallId: callID})
	if err != nil {
		t.Fatal(err)
	}
	c := &crowd{streams: 6, done: make(chan error, 2)}
	c.state.Store(int32(watchStates[0]))
	for range 2 {
		opened, err := dialHTTP2(address, umv1.CallService_WatchCall_FullMethodName, message, 3)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(opened.hangUp)
		go func() { c.done <- c.follow(opened.(*http2Caller)) }()
	}
	if seen, err := c.wait(); err != nil || seen.Streams != 6 {
		t.Fatalf("got %+v, %v, want 6 streams", seen, err)
	}
	for _, state := range []umv1.CallState{watchStates[1], watchStates[0]} {
		before := time.Now().UnixNano()
		c.look(int32(state))
		number(t, stub, statePath+strconv.Itoa(int(state)))
		seen, err := c.wait()
		if err != nil {
			t.Fatal(err)
		}
		replied := int64(number(t, stub, repliedPath))
		if seen.Streams != 6 || before > replied || replied > seen.First || seen.First > seen.Last {
			t.Errorf("%v: got %+v, want 6 streams, after %d and %d", state, seen, before, replied)
		}
	}
}

// number asks the stub.
func number(t *testing.T, stub, path string) int {
	t.Helper()
	response, err := http.Get("http://" + stub + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestBenchmarksOfTheCodecAreReadAndCompared(t *testing.T) {
	t.Parallel()
	const round = "goos: linux\nBenchmarkDecode/X/bridge-2 \t 1000\t 500.5 ns/op\t 3.000 kept/op\t 48 B/op\t 2 allocs/op\n" +
		"BenchmarkDecode/X/encoding_xml-2 \t 100\t 5005 ns/op\t 99 B/op\t 51 allocs/op\nPASS\n"
	rows, err := addCodec(nil, round)
	if err == nil {
		rows, err = addCodec(rows, strings.ReplaceAll(round, "5005", "10010"))
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1 || rows[0].direction != "Decode" || rows[0].message != "X" || rows[0].objects != 2 || rows[0].kept != 3 {
		t.Fatalf("got %+v", rows)
	}
	if got := rows[0].faster(); len(got) != 2 || got[0] != 10 || got[1] != 20 {
		t.Errorf("got the ratios %v, want 10 and 20", got)
	}
	for _, output := range []string{"", "PASS\n", strings.Split(round, "\n")[1]} {
		if _, err := addCodec(nil, output); err == nil {
			t.Errorf("%q was taken for a comparison", output)
		}
	}
}
