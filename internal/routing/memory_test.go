package routing

import (
	"strconv"
	"testing"
)

func TestMemoryTellsWhoMintedAnID(t *testing.T) {
	t.Parallel()
	m := NewMemory()
	if name, known := m.Minted("a"); known {
		t.Errorf("an id that nobody has told of is of %q", name)
	}
	m.Learn("a", "old")
	m.Learn("b", "new")
	m.Learn("b", "new")
	for id, want := range map[string]string{"a": "old", "b": "new"} {
		if name, known := m.Minted(id); !known || name != want {
			t.Errorf("%s is of %q, %t, want %q", id, name, known, want)
		}
	}
}

func TestAnIDOfTwoBackendsIsNobodys(t *testing.T) {
	t.Parallel()
	m := NewMemory()
	m.Learn("a", "old")
	for _, name := range []string{"new", "old", "new"} {
		m.Learn("a", name)
		if name, known := m.Minted("a"); name != "" || !known {
			t.Errorf("the id is of %q, %t, want nobody", name, known)
		}
	}
}

// TestMemoryIsBounded: it knows the last ids, and those that are asked for, and holds no more than twice as many.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	m := NewMemory()
	m.Learn("first", "old")
	m.Learn("forgotten", "old")
	for i := range 5 * Remembered {
		m.Learn(strconv.Itoa(i), "new")
		if i%(Remembered/2) == 0 {
			if _, known := m.Minted("first"); !known {
				t.Fatalf("an id that is asked for is forgotten after %d others", i)
			}
		}
		if held := len(m.young) + len(m.old); held > 2*Remembered {
			t.Fatalf("%d ids are held", held)
		}
	}
	for i := 4 * Remembered; i < 5*Remembered; i++ {
		if _, known := m.Minted(strconv.Itoa(i)); !known {
			t.Fatalf("%d of the last ids is forgotten", i)
		}
	}
	if _, known := m.Minted("forgotten"); known {
		t.Error("an id that nobody asks for is never forgotten")
	}
}
