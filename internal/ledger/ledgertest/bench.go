package ledgertest

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/umgateway/umgateway/internal/ledger"
)

// Benchmark measures what the ledger adds to one dial: reserve, sent, finish.
func Benchmark(b *testing.B, store ledger.Store) {
	l, err := ledger.Open(store, ledger.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close(context.Background())
	var count atomic.Int64
	dial := func() {
		key := ledger.Key{Principal: "caller", Backend: "b", Identity: "i", RPC: "/dial", RequestID: strconv.FormatInt(count.Add(1), 10)}
		entry, _, err := l.Begin(context.Background(), key, key.Digest([]byte("content")))
		if err == nil {
			err = entry.Sent(context.Background())
		}
		if err == nil {
			err = entry.Finish(context.Background(), ledger.Accepted([]byte("call id")))
		}
		if err != nil {
			b.Error(err)
		}
	}
	b.Run("alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			dial()
		}
	})
	b.Run("64 at once", func(b *testing.B) {
		b.ReportAllocs()
		b.SetParallelism(32)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				dial()
			}
		})
	})
	b.Run("replay", func(b *testing.B) {
		b.ReportAllocs()
		key := ledger.Key{RPC: "/dial", RequestID: "1", Principal: "caller", Backend: "b", Identity: "i"}
		for b.Loop() {
			if entry, _, err := l.Begin(context.Background(), key, key.Digest([]byte("content"))); entry != nil || err != nil {
				b.Fatal(entry, err)
			}
		}
	})
}
