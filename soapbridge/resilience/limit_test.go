package resilience

import "testing"

// rounds ends that many rounds of exchanges, so many of each hundred with a sign of overload.
func rounds(l *limit, n, badPercent, waiting int) {
	for range n {
		size := l.now
		for i := range size {
			l.end(i*100 < badPercent*size, waiting)
		}
	}
}

func TestTheLimitFollowsOverload(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name           string
		start          int
		n, bad, queued int
		want           int
	}{
		{"a bad round halves it", 128, 1, 20, 0, 64},
		{"a tenth of bad exchanges does not", 120, 10, 10, 0, 120},
		{"it has a floor", 128, 20, 100, 0, 4},
		{"good rounds raise it by one each while calls wait", 64, 10, 0, 5, 74},
		{"but not while nobody waits", 64, 10, 0, 0, 64},
		{"nor while some exchanges are bad", 64, 10, 5, 5, 64},
		{"it has a ceiling", 120, 100, 0, 5, 128},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := newLimit(4, 128)
			l.now = tt.start
			rounds(&l, tt.n, tt.bad, tt.queued)
			if l.now != tt.want {
				t.Errorf("got %d, want %d", l.now, tt.want)
			}
		})
	}
}
