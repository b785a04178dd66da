// Package redisstore is a ledger.Store in a Redis (5 or later) or Valkey server that several gateways share. It promises
// that a write has reached the server's disk when Swap returns, and that it refuses to work where that would not hold:
//
//   - Each new connection, and so each restart of the server, is preceded by a look at the server's settings: appendonly
//     yes, appendfsync always, no-appendfsync-on-rewrite no and maxmemory-policy noeviction are required. Connections are
//     renewed every minute, so that a change at run time is found as well. If the settings cannot be read, for instance
//     because the user may not call CONFIG GET, the server counts as unsafe. Options.AllowUnsafe turns all of this off.
//   - A server that has lost its content (FLUSHALL, a new disk, a restart without its files) is recognised by a mark that
//     is missing, and refused until the gateway is started again.
//   - A replica that takes a server's place may not have its latest writes. Options.WaitReplicas makes a SENT count only
//     when so many replicas have it.
//
// Leases and retention are judged by the server's clock. All gateways must use one server: Redis Cluster and Sentinel are
// not supported, a single address that follows the primary is.
package redisstore
