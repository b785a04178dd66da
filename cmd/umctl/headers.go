package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// headerCharacters are those of a name in the metadata of gRPC (gRPC over HTTP/2, Custom-Metadata).
const headerCharacters = "abcdefghijklmnopqrstuvwxyz0123456789-_."

// ownHeaders are those that have a meaning in HTTP or for this program, and what to use instead.
var ownHeaders = map[string]string{
	"authorization":       "credentials are given by --user, --token-file or --cert-file",
	"proxy-authorization": "credentials are no flags",
	"cookie":              "credentials are no flags",
	"idempotency-key":     "use --request-id",
	"request-timeout":     "use --timeout",
	"accept":              "umctl sets it", "accept-encoding": "umctl sets it", "connection": "umctl sets it", "content-length": "umctl sets it",
	"content-type": "umctl sets it", "expect": "umctl sets it", "host": "umctl sets it", "keep-alive": "umctl sets it", "te": "umctl sets it",
	"trailer": "umctl sets it", "transfer-encoding": "umctl sets it", "upgrade": "umctl sets it", "user-agent": "umctl sets it",
}

// headers returns the names, in lower case, and values of --header in turn.
func (f *connectionFlags) headers() ([]string, error) {
	var pairs []string
	for _, header := range f.Header {
		name, value, found := strings.Cut(header, "=")
		name = strings.ToLower(name)
		instead, own := ownHeaders[name]
		switch {
		case !found:
			return nil, usageError("--header wants a name, = and a value, such as x-um-backend=new")
		case name == "" || strings.Trim(name, headerCharacters) != "":
			return nil, usageError(fmt.Sprintf("--header: %q is no name of a header", name))
		case own:
			return nil, usageError(fmt.Sprintf("--header: %s cannot be set: %s", name, instead))
		case strings.HasPrefix(name, "grpc-"), strings.HasSuffix(name, "-bin"):
			return nil, usageError(fmt.Sprintf("--header: %s cannot be set: grpc-… and …-bin have a meaning of their own in gRPC", name))
		case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) || strings.TrimSpace(value) != value:
			return nil, usageError(fmt.Sprintf("--header: the value of %s holds what is not printable ASCII, or begins or ends with a space", name))
		}
		pairs = append(pairs, name, value)
	}
	return pairs, nil
}

// accompanied sends metadata with each rpc.
type accompanied struct {
	grpc.ClientConnInterface
	pairs []string // names and values in turn
}

// accompany returns the connection itself if there is nothing to send.
func accompany(connection grpc.ClientConnInterface, pairs ...string) grpc.ClientConnInterface {
	if len(pairs) == 0 {
		return connection
	}
	return accompanied{connection, slices.Clip(pairs)}
}

// Invoke carries a unary rpc out.
func (a accompanied) Invoke(ctx context.Context, method string, args, reply any, options ...grpc.CallOption) error {
	return a.ClientConnInterface.Invoke(a.add(ctx), method, args, reply, options...)
}

// NewStream begins an rpc with streams.
func (a accompanied) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, options ...grpc.CallOption) (grpc.ClientStream, error) {
	return a.ClientConnInterface.NewStream(a.add(ctx), desc, method, options...)
}

func (a accompanied) add(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, a.pairs...)
}
