// Package rest carries rpcs out over the REST face of the gateway.
//
// It promises that generated gRPC stubs work on it as they are: routes come from the google.api.http options of the schema,
// and errors come back as the status that the gateway made. A reply that the gateway did not write, such as the page of a
// proxy, is an error, whatever its status. It follows no redirect.
package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// maxReplyBytes bounds a reply, and one line of a stream. No honest one comes near.
const maxReplyBytes = 4 << 20

const jsonType = "application/json"

// Conn is a connection to one gateway. It is safe for concurrent use.
type Conn struct {
	base   *url.URL
	client http.Client
}

var _ grpc.ClientConnInterface = (*Conn)(nil)

// New makes a connection to the gateway at an address such as https://um.example.com, below which its paths begin. Nothing
// is sent until the first call. A call waits as long as its context allows.
func New(base *url.URL, transport http.RoundTripper) *Conn {
	return &Conn{base: base, client: http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Invoke carries a unary rpc out, such as "/um.v1.CallService/GetCallInfo". Outgoing metadata is sent as headers. Errors are
// gRPC statuses. The options are ignored.
func (c *Conn) Invoke(ctx context.Context, method string, args, reply any, _ ...grpc.CallOption) error {
	out, isMessage := reply.(proto.Message)
	if !isMessage {
		return status.Errorf(codes.Internal, "%s: the reply is a %T", method, reply)
	}
	response, err := c.send(ctx, method, args, jsonType)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxReplyBytes+1))
	if err != nil {
		return broken(ctx, err)
	}
	if len(body) > maxReplyBytes {
		return status.Errorf(codes.Unknown, "the reply is longer than %d bytes", maxReplyBytes)
	}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(body, out); err != nil {
		return status.Errorf(codes.Unknown, "the reply is not that of a gateway: it is no %s", out.ProtoReflect().Descriptor().Name())
	}
	return nil
}

// send sends a request and returns a response with the status 200 and the media type.
func (c *Conn) send(ctx context.Context, method string, args any, mediaType string) (*http.Response, error) {
	in, isMessage := args.(proto.Message)
	if !isMessage {
		return nil, status.Errorf(codes.Internal, "%s: the request is a %T", method, args)
	}
	request, err := c.request(ctx, method, in)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", mediaType)
	response, err := c.client.Do(request)
	if err != nil {
		return nil, broken(ctx, err)
	}
	got, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	switch {
	case response.StatusCode != http.StatusOK:
		defer response.Body.Close()
		return nil, refusal(response, got)
	case got != mediaType:
		response.Body.Close()
		return nil, status.Errorf(codes.Unknown, "the reply is not that of a gateway: its type is %q, not %q", got, mediaType)
	}
	return response, nil
}

func (c *Conn) request(ctx context.Context, method string, in proto.Message) (*http.Request, error) {
	route, err := routeOf(method)
	if err != nil {
		return nil, status.Errorf(codes.Internal, "%s: %v", method, err)
	}
	path, body, err := route.fill(in)
	if err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "%s: %v", method, err)
	}
	request, err := http.NewRequestWithContext(ctx, route.verb, c.base.String()+path, bytes.NewReader(body))
	if err != nil {
		return nil, status.Errorf(codes.Internal, "%s: %v", method, err)
	}
	if body != nil {
		request.Header.Set("Content-Type", jsonType)
	}
	sent, _ := metadata.FromOutgoingContext(ctx)
	for name, values := range sent {
		for _, value := range values {
			request.Header.Add(name, value)
		}
	}
	if deadline, set := ctx.Deadline(); set {
		request.Header.Set("Grpc-Timeout", timeout(time.Until(deadline)))
	}
	return request, nil
}

// timeout writes a duration as the protocol of gRPC over HTTP/2 does: at most eight digits and a unit.
func timeout(left time.Duration) string {
	const most = 99_999_999
	return strconv.FormatInt(min(max(left.Milliseconds(), 1), most), 10) + "m"
}

// broken is the status of an exchange that came to no end. The address would only repeat ids.
func broken(ctx context.Context, err error) error {
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return status.Error(codes.DeadlineExceeded, "the gateway has not answered in time")
	case ctx.Err() != nil:
		return status.Error(codes.Canceled, "interrupted")
	}
	var about *url.Error
	if errors.As(err, &about) {
		err = about.Err
	}
	return status.Error(codes.Unavailable, fmt.Sprintf("the gateway cannot be reached: %v", err))
}
