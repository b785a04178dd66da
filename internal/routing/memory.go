package routing

import (
	"crypto/sha256"
	"sync"
)

// Remembered is how many ids of calls a Memory knows at least, once it has been told so many. It knows twice as many at most.
const Remembered = 1 << 15

// Memory remembers which backend minted the id of a call. It holds a bounded number of ids, of which it keeps no more than a
// hash, and forgets first what nobody has asked for. It is safe for concurrent use.
type Memory struct {
	mu         sync.Mutex
	young, old map[[sha256.Size]byte]string
}

// NewMemory makes an empty memory.
func NewMemory() *Memory { return &Memory{young: map[[sha256.Size]byte]string{}} }

// ambiguous stands for the backend of an id that several have minted.
const ambiguous = ""

// Learn notes that a backend has minted an id. An id that another backend has minted too is nobody's from then on.
func (m *Memory) Learn(callID, backend string) {
	key := sha256.Sum256([]byte(callID))
	m.mu.Lock()
	defer m.mu.Unlock()
	if before, known := m.find(key); known && before != backend {
		backend = ambiguous
	}
	m.put(key, backend)
}

// Minted returns the backend that minted an id, which is empty if several have; false if that is not known.
func (m *Memory) Minted(callID string) (string, bool) {
	key := sha256.Sum256([]byte(callID))
	m.mu.Lock()
	defer m.mu.Unlock()
	backend, known := m.find(key)
	if known {
		m.put(key, backend)
	}
	return backend, known
}

func (m *Memory) find(key [sha256.Size]byte) (string, bool) {
	if backend, known := m.young[key]; known {
		return backend, true
	}
	backend, known := m.old[key]
	return backend, known
}

// put keeps an entry among the young, who become old when there are too many of them.
func (m *Memory) put(key [sha256.Size]byte, backend string) {
	if _, known := m.young[key]; !known && len(m.young) >= Remembered {
		m.young, m.old = make(map[[sha256.Size]byte]string), m.young
	}
	m.young[key] = backend
}
