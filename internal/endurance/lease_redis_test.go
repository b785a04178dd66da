//go:build interop

package endurance

import (
	"maps"
	"testing"
	"time"
)

func TestAnAbandonedCallIsDisconnectedThoughItsLeaseIsInRedis(t *testing.T) {
	t.Parallel()
	ways := maps.Clone(abandonments)
	ways["the gateway is killed, and another one is left"] = func(_ *testing.T, n *node, _ string, placed time.Time) time.Time {
		n.strike()
		return placed
	}
	for name, how := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, place := startRedis(t)
			config, times := hungUp()
			e := newExchange(t, config, func(point) {})
			startNode(t, "another gateway", e.url, place)
			abandon(t, startNode(t, "gateway", e.url, place), how, times)
		})
	}
}

func TestAnAbandonedCallIsDisconnectedThoughRedisIsKilled(t *testing.T) {
	t.Parallel()
	redis, place := startRedis(t)
	config, times := hungUp()
	e := newExchange(t, config, func(point) {})
	restart := func(t *testing.T, _ *node, _ string, placed time.Time) time.Time {
		redis.strike()
		if err := redis.start(); err != nil {
			t.Fatal(err)
		}
		return placed
	}
	abandon(t, startNode(t, "gateway", e.url, place), restart, times)
}
