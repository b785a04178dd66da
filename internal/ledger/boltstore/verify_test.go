package boltstore_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/umgateway/umgateway/internal/ledger"
	"github.com/umgateway/umgateway/internal/ledger/boltstore"
)

// dialled is a file in which a dial was sent.
func dialled(t *testing.T) boltstore.Options {
	t.Helper()
	options := inTemp(t)
	s := open(t, options)
	if err := errors.Join(put(s, idOf("dial"), 1, ledger.StateSent, 10), put(s, idOf("other"), 2, ledger.StateAccepted, 10), s.Close()); err != nil {
		t.Fatal(err)
	}
	return options
}

func TestDamagedFileIsRefusedByNameWithWhatToDo(t *testing.T) {
	t.Parallel()
	edit := func(change func(tx *bbolt.Tx) error) func(path string) error {
		return func(path string) error {
			db, err := bbolt.Open(path, 0o600, nil)
			if err != nil {
				return err
			}
			return errors.Join(db.Update(change), db.Close())
		}
	}
	id := idOf("dial")
	for damage, do := range map[string]func(path string) error{
		"emptied":          func(path string) error { return os.Truncate(path, 0) },
		"cut off":          func(path string) error { return os.Truncate(path, 10_000) },
		"without records":  edit(func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("records")) }),
		"without a format": edit(func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("meta")) }),
		"without an epoch": edit(func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Delete([]byte("epoch")) }),
		"with nothing": edit(func(tx *bbolt.Tx) error {
			return tx.ForEach(func(name []byte, _ *bbolt.Bucket) error { return tx.DeleteBucket(name) })
		}),
		"a record is lost":  edit(func(tx *bbolt.Tx) error { return tx.Bucket([]byte("records")).Delete(id[:]) }),
		"an id has changed": edit(func(tx *bbolt.Tx) error { return rename(tx.Bucket([]byte("records")), id[:]) }),
		"a record is no record": edit(func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte("records")).Put(id[:], make([]byte, 200))
		}),
	} {
		t.Run(damage, func(t *testing.T) {
			t.Parallel()
			options := dialled(t)
			if err := do(options.Path); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadFile(options.Path)
			_, err := boltstore.Open(options)
			if err == nil || !strings.Contains(err.Error(), options.Path) || !strings.Contains(err.Error(), "move it away to accept that") {
				t.Errorf("got %v", err)
			}
			if after, _ := os.ReadFile(options.Path); !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
}

// rename flips a bit of a key.
func rename(b *bbolt.Bucket, key []byte) error {
	value := bytes.Clone(b.Get(key))
	other := bytes.Clone(key)
	other[5] ^= 4
	return errors.Join(b.Delete(key), b.Put(other, value))
}

func TestFlippedBitsNeverMakeADialForgotten(t *testing.T) {
	t.Parallel()
	options := dialled(t)
	sound, err := os.ReadFile(options.Path)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(3, 4))
	for n := range 300 {
		flipped := bytes.Clone(sound)
		at := random.IntN(8 * os.Getpagesize()) // the file is mostly air
		flipped[at] ^= 1 << random.IntN(8)
		if err := forgotten(t, flipped); err != nil {
			t.Errorf("flip %d, at %d: %v", n, at, err)
		}
	}
}

// forgotten says whether a file opens in which the dial is not found any more.
func forgotten(t *testing.T, data []byte) error {
	options := inTemp(t)
	if err := os.WriteFile(options.Path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := boltstore.Open(options)
	if err != nil {
		return nil
	}
	defer s.Close()
	found, err := s.Swap(t.Context(), idOf("dial"), ledger.Version{99}, ledger.Write{})
	if err == nil && found.State == ledger.StateNone {
		return fmt.Errorf("the dial is forgotten")
	}
	return nil
}
