package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/protobuf/proto"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

// arrivals says when an event came to the watchers, in nanoseconds since 1970.
type arrivals struct {
	First, Last int64
	Streams     int
}

// crowd is a number of streams on one call, over a few connections. Each connection is read by a goroutine of its own.
type crowd struct {
	connections []*http2Caller
	streams     int
	state       atomic.Int32 // the state that is waited for

	mu   sync.Mutex
	seen arrivals
	done chan error
}

// runWatchers is the process of the watchers. It says that they are ready when each has got its first event. For each line it
// reads, with the number of a state, it waits until all have seen the call in that state, and prints their arrivals.
func runWatchers(_ context.Context, args []string, orders <-chan []byte) error {
	var l load
	if err := json.Unmarshal([]byte(args[0]), &l); err != nil {
		return err
	}
	c := &crowd{streams: l.inFlight(), done: make(chan error, l.Connections)}
	c.state.Store(int32(watchStates[0]))
	message, err := proto.Marshal(&umv1.WatchCallRequest{CallId: callID})
	if err != nil {
		return err
	}
	for range l.Connections {
		opened, err := dialHTTP2(args[1], umv1.CallService_WatchCall_FullMethodName, message, l.Streams)
		if err != nil {
			return err
		}
		defer opened.hangUp()
		connection := opened.(*http2Caller)
		c.connections = append(c.connections, connection)
		go func() { c.done <- c.follow(connection) }()
	}
	if _, err := c.wait(); err != nil {
		return err
	}
	fmt.Println("watchers ready at", args[1])
	for line := range orders {
		var state int32
		if err := json.Unmarshal(line, &state); err != nil {
			return err
		}
		c.look(state)
		fmt.Println("watching for a state")
		seen, err := c.wait()
		if err != nil {
			return err
		}
		if err := json.NewEncoder(os.Stdout).Encode(seen); err != nil {
			return err
		}
	}
	return nil
}

// look begins to look for a state.
func (c *crowd) look(state int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = arrivals{}
	c.state.Store(state)
}

// wait waits until all have seen the state.
func (c *crowd) wait() (arrivals, error) {
	if err := <-c.done; err != nil {
		return arrivals{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen, nil
}

// follow opens the streams of a connection, and reads their events.
func (c *crowd) follow(connection *http2Caller) error {
	now := time.Now()
	for range connection.streams {
		if err := connection.begin(now); err != nil {
			return err
		}
	}
	for {
		if connection.input.Buffered() == 0 {
			if err := connection.output.Flush(); err != nil {
				return err
			}
		}
		frame, err := connection.framer.ReadFrame()
		if err != nil {
			return err
		}
		switch frame := frame.(type) {
		case *http2.DataFrame:
			err = c.event(frame.Data())
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				err = connection.framer.WriteSettingsAck()
			}
		case *http2.PingFrame:
			if !frame.IsAck() {
				err = connection.framer.WritePing(true, frame.Data)
			}
		case *http2.MetaHeadersFrame:
			if frame.StreamEnded() {
				err = errors.Join(errors.New("a watch has ended"), checkTrailer(frame.Fields))
			}
		case *http2.RSTStreamFrame, *http2.GoAwayFrame:
			err = fmt.Errorf("the server ended it with %v", frame)
		}
		if err != nil {
			return err
		}
	}
}

// event notes an event, if it is the one that is waited for. An event fits into one frame, with the prefix of gRPC.
func (c *crowd) event(data []byte) error {
	const prefix = 5
	var event umv1.WatchCallResponse
	if len(data) < prefix {
		return errors.New("a piece of an event has come")
	}
	if err := proto.Unmarshal(data[prefix:], &event); err != nil {
		return err
	}
	if event.GetHeartbeat() || int32(event.GetCallState()) != c.state.Load() {
		return nil
	}
	now := time.Now().UnixNano()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen.Streams == 0 {
		c.seen.First = now
	}
	if c.seen.Last, c.seen.Streams = now, c.seen.Streams+1; c.seen.Streams == c.streams {
		c.done <- nil
	}
	return nil
}
