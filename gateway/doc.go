// Package gateway is the modern face of a legacy Unified Messaging server: the services of package um.v1 over gRPC and, as
// JSON, over REST; beside REST also over the protocols Connect and gRPC-Web, which web pages and their tools speak.
//
// It promises that a call is treated alike however it arrives. REST requests are routed by the generated grpc-gateway code
// and then run through the same interceptors as gRPC calls, without a connection and without serialisation in between.
// Whatever fails, the answer is a google.rpc.Status with one google.rpc.ErrorInfo of the domain "umgateway", also where no
// rpc was reached: a path that leads nowhere, JSON that cannot be read, a body that is too large.
//
// It carries nothing out by itself: each call goes to the Invoker, usually a soapbridge.Bridge.
package gateway
