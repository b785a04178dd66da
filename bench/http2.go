package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// http2Caller is a gRPC client that keeps a number of calls under way on one connection. One goroutine does everything, so
// that it costs little beside what is measured: it reads frames, and answers each call that has ended with the next one.
type http2Caller struct {
	streams int
	message []byte // with the prefix that gRPC puts before it
	fields  []hpack.HeaderField

	connection net.Conn
	framer     *http2.Framer
	output     *bufio.Writer
	input      *bufio.Reader
	block      bytes.Buffer
	encoder    *hpack.Encoder
	next       uint32
	started    map[uint32]time.Time
}

// hugeWindow is large enough for a connection never to have to be given more: replies are a few bytes long.
const hugeWindow = 1<<31 - 1 - 65535

func dialHTTP2(address, method string, message []byte, streams int) (caller, error) {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	c := &http2Caller{
		connection: connection, streams: streams, message: append([]byte{0, 0, 0, 0, byte(len(message))}, message...), next: 1,
		output: bufio.NewWriterSize(connection, 64<<10), input: bufio.NewReaderSize(connection, 64<<10),
		started: map[uint32]time.Time{},
		fields: []hpack.HeaderField{
			{Name: ":method", Value: "POST"}, {Name: ":scheme", Value: "http"}, {Name: ":path", Value: method},
			{Name: ":authority", Value: address}, {Name: "content-type", Value: "application/grpc"},
			{Name: "user-agent", Value: "bench"}, {Name: "te", Value: "trailers"},
		},
	}
	c.encoder = hpack.NewEncoder(&c.block)
	c.framer = http2.NewFramer(c.output, c.input)
	c.framer.SetReuseFrames()
	c.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	c.output.WriteString(http2.ClientPreface)
	if err := c.framer.WriteSettings(); err != nil {
		return nil, err
	}
	return c, c.framer.WriteWindowUpdate(0, hugeWindow)
}

func (c *http2Caller) call(until time.Time) (took []time.Duration, err error) {
	now := time.Now()
	for range c.streams {
		if err := c.begin(now); err != nil {
			return nil, err
		}
	}
	for len(c.started) > 0 {
		if c.input.Buffered() == 0 {
			if err := c.output.Flush(); err != nil {
				return nil, err
			}
		}
		ended, err := c.read()
		if err != nil {
			return nil, err
		}
		start, known := c.started[ended]
		if !known {
			continue
		}
		delete(c.started, ended)
		now := time.Now()
		took = append(took, now.Sub(start))
		if now.Before(until) {
			if err := c.begin(now); err != nil {
				return nil, err
			}
		}
	}
	return took, c.output.Flush()
}

func (c *http2Caller) hangUp() { c.connection.Close() }

// begin writes a call.
func (c *http2Caller) begin(now time.Time) error {
	c.block.Reset()
	for _, field := range c.fields {
		if err := c.encoder.WriteField(field); err != nil {
			return err
		}
	}
	id := c.next
	c.next += 2
	c.started[id] = now
	if err := c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: c.block.Bytes(), EndHeaders: true}); err != nil {
		return err
	}
	return c.framer.WriteData(id, true, c.message)
}

// read reads a frame, and returns the stream that it ended, or 0.
func (c *http2Caller) read() (ended uint32, err error) {
	frame, err := c.framer.ReadFrame()
	if err != nil {
		return 0, err
	}
	switch frame := frame.(type) {
	case *http2.SettingsFrame:
		if !frame.IsAck() {
			return 0, c.framer.WriteSettingsAck()
		}
	case *http2.PingFrame:
		if !frame.IsAck() {
			return 0, c.framer.WritePing(true, frame.Data)
		}
	case *http2.MetaHeadersFrame:
		if frame.StreamEnded() {
			return frame.StreamID, checkTrailer(frame.Fields)
		}
	case *http2.RSTStreamFrame, *http2.GoAwayFrame:
		return 0, fmt.Errorf("the server ended it with %v", frame)
	}
	return 0, nil
}

func checkTrailer(fields []hpack.HeaderField) error {
	for _, field := range fields {
		if field.Name == "grpc-status" && field.Value == "0" {
			return nil
		}
	}
	return fmt.Errorf("the call failed: %v", fields)
}
