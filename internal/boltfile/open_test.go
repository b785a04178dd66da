package boltfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

// sample is a file with all kinds of pages: branches, long values, small and large buckets within others, and free pages.
func sample(t testing.TB, options bbolt.Options) []byte {
	path := filepath.Join(t.TempDir(), "sample")
	db, err := bbolt.Open(path, 0o600, &options)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		large, err := tx.CreateBucket([]byte("large"))
		for n := 0; n < 500 && err == nil; n++ {
			err = large.Put(fmt.Appendf(nil, "%03d", n), bytes.Repeat([]byte{byte(n)}, 60))
		}
		small, failed := tx.CreateBucket([]byte("small"))
		if err = errors.Join(err, failed); err != nil {
			return err
		}
		inner, err := large.CreateBucket([]byte("inner"))
		if err != nil {
			return err
		}
		return errors.Join(large.Put([]byte("long"), make([]byte, 10_000)), small.Put([]byte("a"), []byte("b")), inner.Put([]byte("c"), nil))
	})
	if err == nil {
		err = db.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte("large")).Delete([]byte("long")) })
	}
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// use opens a file with the content, and does with it what a gateway may do: read all, write to it.
func use(t testing.TB, data []byte, options bbolt.Options) error {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	options.NoSync = true
	db, err := Open(path, options)
	if err != nil {
		if after, _ := os.ReadFile(path); !bytes.Equal(after, data) {
			t.Error("a file that was refused was changed")
		}
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("not called damaged: %v", err)
		}
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		return errors.Join(tx.ForEach(func(_ []byte, b *bbolt.Bucket) error { return readAll(b) }), putSome(tx))
	})
	return errors.Join(err, db.Close())
}

func readAll(b *bbolt.Bucket) error {
	return b.ForEach(func(key, value []byte) error {
		if inner := b.Bucket(key); value == nil && inner != nil {
			return readAll(inner)
		}
		return nil
	})
}

func putSome(tx *bbolt.Tx) error {
	b, err := tx.CreateBucketIfNotExists([]byte("another"))
	for n := 0; n < 200 && err == nil; n++ {
		err = b.Put(fmt.Appendf(nil, "%d", n), make([]byte, 100))
	}
	return err
}

// lists are the two ways in which bbolt keeps free pages.
var lists = map[string]bbolt.Options{"list of free pages": {}, "no list": {NoFreelistSync: true, FreelistType: bbolt.FreelistMapType}}

func TestSoundFileIsOpened(t *testing.T) {
	t.Parallel()
	for name, options := range lists {
		if err := use(t, sample(t, options), options); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTruncatedFileIsRefused(t *testing.T) {
	t.Parallel()
	for name, options := range lists {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := sample(t, options)
			used := int(order.Uint64(data[os.Getpagesize()*newestHeader(data)+pageHeader+40:])) * os.Getpagesize()
			for size := 0; size < used; size += 1000 {
				if err := use(t, data[:size], options); err == nil {
					t.Errorf("opened with %d of %d bytes", size, used)
				}
			}
		})
	}
}

func newestHeader(data []byte) int {
	if at := func(n int) uint64 { return order.Uint64(data[os.Getpagesize()*n+pageHeader+48:]) }; at(1) > at(0) {
		return 1
	}
	return 0
}

func TestZeroedPagesAreRefused(t *testing.T) {
	t.Parallel()
	for name, options := range lists {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, size := sample(t, options), os.Getpagesize()
			refused := 0
			for at := 0; at < len(data); at += size {
				zeroed := bytes.Clone(data)
				clear(zeroed[at : at+size])
				if use(t, zeroed, options) != nil {
					refused++
				} else if at < 2*size {
					t.Errorf("opened without header %d", at/size)
				}
			}
			// 500 values of 60 bytes, and the headers.
			if least := 500*60/size + 2; refused < least {
				t.Errorf("%d pages are missed, want at least %d", refused, least)
			}
		})
	}
}

func TestFlippedBitsNeverPanic(t *testing.T) {
	t.Parallel()
	for name, options := range lists {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(1, 2))
			data, refused := sample(t, options), 0
			for range 400 {
				flipped := bytes.Clone(data)
				// Most flips go where bbolt's own numbers are, at the beginning of pages.
				at := random.IntN(len(data)/os.Getpagesize())*os.Getpagesize() + random.IntN(200)
				flipped[at] ^= 1 << random.IntN(8)
				if use(t, flipped, options) != nil {
					refused++
				}
			}
			if refused == 0 {
				t.Error("no flip was noticed")
			}
		})
	}
}

func TestFileInUseIsNotCalledDamaged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	options := bbolt.Options{Timeout: time.Millisecond}
	db, err := Open(path, options)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := Open(path, options); !errors.Is(err, ErrLocked) || errors.Is(err, ErrDamaged) {
		t.Errorf("got %v", err)
	}
}

func TestOneReadableHeaderIsNotEnough(t *testing.T) {
	t.Parallel()
	data := sample(t, bbolt.Options{})
	data[newestHeader(data)*os.Getpagesize()+pageHeader+20] ^= 1
	if err := use(t, data, bbolt.Options{}); err == nil || !strings.Contains(err.Error(), "the last changes may be lost") {
		t.Errorf("got %v", err)
	}
}

// FuzzOpen writes over a part of a file behind the headers, which have checksums.
func FuzzOpen(f *testing.F) {
	options := lists["list of free pages"]
	data := sample(f, options)
	f.Add(uint16(2*os.Getpagesize()), binary.NativeEndian.AppendUint64(nil, 7))
	f.Add(uint16(3*os.Getpagesize()+8), []byte{1, 0, 1, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, at uint16, patch []byte) {
		patched := bytes.Clone(data)
		copy(patched[max(int(at), 2*os.Getpagesize()):], patch)
		_ = use(t, patched, options)
	})
}
