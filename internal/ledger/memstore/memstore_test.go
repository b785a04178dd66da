package memstore_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/umgateway/umgateway/internal/ledger"
	"github.com/umgateway/umgateway/internal/ledger/ledgertest"
	"github.com/umgateway/umgateway/internal/ledger/memstore"
)

func TestStoreConforms(t *testing.T) {
	t.Parallel()
	var clock ledgertest.Clock
	ledgertest.Run(t, ledgertest.Fixture{
		New:     func(*testing.T) ledger.Store { return memstore.New(memstore.Options{Now: clock.Now}) },
		Advance: clock.Advance,
		Runs:    1000,
	})
}

func TestFullStoreRefusesNewRecordsAndKeepsOldOnes(t *testing.T) {
	t.Parallel()
	var clock ledgertest.Clock
	s := memstore.New(memstore.Options{MaxRecords: 1, Now: clock.Now})
	ctx, first, second := context.Background(), ledger.ID(sha256.Sum256([]byte("1"))), ledger.ID(sha256.Sum256([]byte("2")))
	write := ledger.Write{Record: ledger.Record{State: ledger.StateReserved, Version: ledger.Version{1}}, Lease: time.Minute, Keep: time.Hour}
	if _, err := s.Swap(ctx, first, ledger.Version{}, write); err != nil {
		t.Fatal(err)
	}
	var failure *ledger.StoreError
	if _, err := s.Swap(ctx, second, ledger.Version{}, write); !errors.As(err, &failure) || failure.Kind != ledger.StoreFull {
		t.Errorf("a second record: %v", err)
	}
	sent := write
	sent.Record.State, sent.Record.Version = ledger.StateSent, ledger.Version{2}
	if found, err := s.Swap(ctx, first, ledger.Version{1}, sent); err != nil || !sent.Made(found) {
		t.Errorf("the next state of the first record: %+v, %v", found, err)
	}
	clock.Advance(2 * time.Hour)
	if found, err := s.Swap(ctx, second, ledger.Version{}, write); err != nil || !write.Made(found) {
		t.Errorf("a second record after the retention of the first: %+v, %v", found, err)
	}
}
