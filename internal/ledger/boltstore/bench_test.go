package boltstore_test

import (
	"testing"

	"github.com/umgateway/umgateway/internal/ledger/ledgertest"
)

func BenchmarkDial(b *testing.B) { ledgertest.Benchmark(b, open(b, inTemp(b))) }
