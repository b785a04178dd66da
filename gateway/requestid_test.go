package gateway

import (
	"encoding/hex"
	"sync"
	"testing"
)

func TestRequestIDsAreNeverTheSame(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[string]bool{}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 1000 {
				id := requestID("")
				raw, err := hex.DecodeString(id)
				mu.Lock()
				if err != nil || len(raw) != 16 || seen[id] {
					t.Errorf("%q is no id of 16 bytes, or was there before", id)
				}
				seen[id] = true
				mu.Unlock()
			}
		})
	}
	all.Wait()
}

func TestSupplyGivesEachByteOnce(t *testing.T) {
	t.Parallel()
	var s supply
	first := s.id()
	taken := map[string]bool{first: true}
	for s.left > 0 {
		id := s.id()
		if taken[id] {
			t.Fatalf("%s is given twice", id)
		}
		taken[id] = true
	}
	if len(taken) != len(s.bytes)/idBytes {
		t.Errorf("%d ids are made of %d bytes", len(taken), len(s.bytes))
	}
	if id := s.id(); taken[id] {
		t.Errorf("%s is given again by a supply that was used up", id)
	}
}
