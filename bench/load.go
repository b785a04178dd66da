package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// load describes who calls: how many connections, and how many calls are under way on each. Each call begins when the one
// before it has ended.
type load struct {
	Protocol    string // one of the keys of dialers
	Connections int
	Streams     int // on each connection; more than 1 over gRPC only
}

func (l load) inFlight() int { return l.Connections * l.Streams }

// as is the same load over a protocol with one call on each connection.
func (l load) as(protocol string) load {
	return load{Protocol: protocol, Connections: l.inFlight(), Streams: 1}
}

// result is what came of a load.
type result struct {
	Calls   int
	Seconds float64
	P50     time.Duration
	P99     time.Duration
}

// caller makes calls on one connection.
type caller interface {
	// call makes calls until the time has come, and returns how long each took once the last has ended.
	call(until time.Time) ([]time.Duration, error)
	hangUp()
}

// dial makes the connections.
func (l load) dial(address string) (callers []caller, err error) {
	for range l.Connections {
		c, err := dialers[l.Protocol](address, l.Streams)
		if err != nil {
			hangUp(callers)
			return nil, err
		}
		callers = append(callers, c)
	}
	return callers, nil
}

func hangUp(callers []caller) {
	for _, c := range callers {
		c.hangUp()
	}
}

// The protocols.
const (
	protocolGRPC = "grpc" // Disconnect over gRPC
	protocolPath = "path" // Disconnect over REST, the id in the path
	protocolBody = "body" // Disconnect over REST, the id in the body
	protocolSOAP = "soap" // Disconnect as SOAP, through a proxy
)

var dialers = map[string]func(address string, streams int) (caller, error){
	protocolGRPC: func(address string, streams int) (caller, error) {
		message, err := proto.Marshal(&umv1.DisconnectRequest{CallId: callID})
		if err != nil {
			return nil, err
		}
		return dialHTTP2(address, umv1.CallService_Disconnect_FullMethodName, message, streams)
	},
	protocolPath: func(address string, _ int) (caller, error) {
		path := "/v1/calls/" + strings.NewReplacer("=", "%3D", "/", "%2F", "+", "%2B").Replace(callID) + ":disconnect"
		return dialHTTP1(address, post(path, address, "User-Agent: bench\r\nAccept: */*\r\nContent-Type: application/json\r\n", "{}"))
	},
	protocolBody: func(address string, _ int) (caller, error) {
		return dialHTTP1(address, post("/v1/calls:disconnect", address,
			"User-Agent: bench\r\nAccept: */*\r\nContent-Type: application/json\r\n", `{"callId":"`+callID+`"}`))
	},
	protocolSOAP: func(address string, _ int) (caller, error) {
		return dialHTTP1(address, post(servicePath, address,
			"User-Agent: bench\r\nAccept: text/xml\r\nContent-Type: text/xml; charset=utf-8\r\nSOAPAction: \""+soapAction+"\"\r\n", soapRequest))
	},
}

// warmUp is how long connections are used before anything is measured.
const warmUp = 300 * time.Millisecond

// runLoad is the load's process. It says when its connections are ready. Then it reads from its standard input how long to
// call and how much of that time to rest, and prints the result, as often as it is told.
func runLoad(_ context.Context, args []string, orders <-chan []byte) error {
	var l load
	if err := json.Unmarshal([]byte(args[0]), &l); err != nil {
		return err
	}
	callers, err := l.dial(args[1])
	if err != nil {
		return err
	}
	defer hangUp(callers)
	if _, err := callAll(callers, warmUp, 0); err != nil {
		return err
	}
	fmt.Println("load ready at", args[1])
	for line := range orders {
		var o order
		if err := json.Unmarshal(line, &o); err != nil {
			return err
		}
		r, err := callAll(callers, o.For, o.Rest)
		if err != nil {
			return err
		}
		if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
			return err
		}
	}
	return nil
}

// order is what the load's process is told.
type order struct {
	For  time.Duration
	Rest float64 // share of the time without calls
}

// burst is how long calls are made without a rest, where there is to be any.
const burst = 40 * time.Millisecond

func callAll(callers []caller, d time.Duration, rest float64) (result, error) {
	start := time.Now()
	until := start.Add(d)
	took := make([][]time.Duration, len(callers))
	var group errgroup.Group
	for i, c := range callers {
		group.Go(func() error {
			for now := start; now.Before(until); now = time.Now() {
				end := until
				if rest > 0 {
					end = now.Add(burst)
				}
				some, err := c.call(end)
				if err != nil {
					return err
				}
				took[i] = append(took[i], some...)
				time.Sleep(time.Duration(rest / (1 - rest) * float64(burst)))
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return result{}, err
	}
	return summarize(took, time.Since(start)), nil
}
