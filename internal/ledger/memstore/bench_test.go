package memstore_test

import (
	"testing"

	"github.com/umgateway/umgateway/internal/ledger/ledgertest"
	"github.com/umgateway/umgateway/internal/ledger/memstore"
)

func BenchmarkDial(b *testing.B) {
	ledgertest.Benchmark(b, memstore.New(memstore.Options{MaxRecords: 100_000_000}))
}
