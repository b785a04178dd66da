// Package clients holds the clients in other languages, each in a folder of its own, and says what every client may repeat
// by itself: reads and changes that may happen twice, and never what rings a telephone or makes a PIN.
package clients

import _ "embed"

// ServiceConfig is a service config of gRPC (gRFC A6) for clients of the gateway. An rpc that the schema declares free of
// side effects or idempotent is repeated up to three times when the gateway was not reached or the connection was lost; no
// other is. An rpc that sets no deadline has one of 30 s, WatchCall none. For grpc.WithDefaultServiceConfig.
//
//go:embed service-config.json
var ServiceConfig string
