/**
 * A client of umgateway: what is the same over gRPC ("umgateway/grpc") and REST ("umgateway/rest").
 *
 * @module
 */
export { Client } from "./client.js";
export { type Code, GatewayError, type Violation } from "./errors.js";
export { serviceConfig } from "./gen/service_config.js";
export type * from "./gen/um/v1/call_service_pb.js";
export type * from "./gen/um/v1/errors_pb.js";
export type * from "./gen/um/v1/mailbox_service_pb.js";
export type { Rpc, Streaming, Unary } from "./rpcs.js";
export type { CallOptions, Credential, Transport } from "./transport.js";
export type { WatchOptions } from "./watch.js";
