package rest

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// NewStream begins an rpc that answers with a stream. It is sent with its one request, and over when the context is.
func (c *Conn) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, _ ...grpc.CallOption) (grpc.ClientStream, error) {
	if desc.ClientStreams {
		return nil, status.Errorf(codes.Unimplemented, "%s: REST has no streams of requests", method)
	}
	return &stream{conn: c, ctx: ctx, method: method}, nil
}

// stream reads one JSON object from each line, {"result": …} or at the end {"error": …}.
type stream struct {
	conn     *Conn
	ctx      context.Context
	method   string
	response *http.Response
	lines    *bufio.Scanner
}

// SendMsg sends the request, and returns when the gateway begins to answer.
func (s *stream) SendMsg(m any) error {
	response, err := s.conn.send(s.ctx, s.method, m, "application/x-ndjson")
	if err != nil {
		return err
	}
	s.response, s.lines = response, bufio.NewScanner(response.Body)
	s.lines.Buffer(nil, maxReplyBytes)
	return nil
}

// RecvMsg reads the next message. The error is io.EOF after the last, and a status if the stream broke off.
func (s *stream) RecvMsg(m any) error {
	err := s.receive(m)
	if err != nil {
		s.response.Body.Close()
	}
	return err
}

func (s *stream) receive(m any) error {
	out, isMessage := m.(proto.Message)
	if !isMessage {
		return status.Errorf(codes.Internal, "%s: the message is a %T", s.method, m)
	}
	if !s.lines.Scan() {
		if err := s.lines.Err(); err != nil {
			return broken(s.ctx, err)
		}
		return io.EOF
	}
	var line struct {
		Result json.RawMessage `json:"result"`
		Error  json.RawMessage `json:"error"`
	}
	if json.Unmarshal(s.lines.Bytes(), &line) != nil {
		return s.brokenOff()
	}
	if failure := statusOf(line.Error); failure != nil {
		return failure.Err()
	}
	if (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(line.Result, out) != nil {
		return s.brokenOff()
	}
	return nil
}

// brokenOff is the status of half a line.
func (s *stream) brokenOff() error {
	if err := s.lines.Err(); err != nil {
		return broken(s.ctx, err)
	}
	return status.Error(codes.Unavailable, "the stream broke off")
}

// CloseSend does nothing: the request is complete.
func (s *stream) CloseSend() error { return nil }

// Header returns nothing: the fields of the reply's header are HTTP's.
func (s *stream) Header() (metadata.MD, error) { return nil, nil }

// Trailer returns nothing.
func (s *stream) Trailer() metadata.MD { return nil }

// Context returns the context of the stream.
func (s *stream) Context() context.Context { return s.ctx }
