package redisstore

import (
	"github.com/redis/go-redis/v9"

	"github.com/umgateway/umgateway/internal/ledger"
)

// OpenWithClockKey is Open with a clock that stands still at what the key holds, in milliseconds.
func OpenWithClockKey(options Options, key string) (*Store, error) {
	return openWith(options, "local function milliseconds() return tonumber(redis.call('GET', '"+key+"') or 1000000000000) end\n")
}

// Client is the store's own client.
func (s *Store) Client() *redis.Client { return s.client }

// Classify is the store's judgement of an error.
var Classify = classify

// ReadReply reads a reply of the script to a call that has the nonce.
func ReadReply(nonce string, reply any) (ledger.Snapshot, error) {
	c := call{nonce: nonce}
	return c.read(reply)
}
