package audit

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestUnfinishedLineIsCutOffAndReported(t *testing.T) {
	t.Parallel()
	s := newStand(t, testKey)
	l := s.open(t)
	appendN(t, l, 1)
	head, err := os.ReadFile(s.path + headSuffix) // as it was before the last line
	if err != nil {
		t.Fatal(err)
	}
	before := len(s.read(t))
	appendN(t, l, 1)
	full := s.read(t)
	for cut := before + 1; cut < len(full); cut += max(1, min(10, len(full)-1-cut)) {
		crashed := &stand{filepath.Join(t.TempDir(), "audit.jsonl"), testKey, s.time}
		crashed.replace(t, full[:cut])
		if err := os.WriteFile(crashed.path+headSuffix, head, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := crashed.verify()
		wantBreak(t, err, 3)
		crashed.write(t, 1)
		got, err := crashed.verify()
		if err != nil || got.Lines != 5 || len(got.Recoveries) != 1 || got.Recoveries[0].Line != 4 || !strings.Contains(got.Recoveries[0].Note, "was cut off") {
			t.Fatalf("cut at %d: %+v, %v", cut, got, err)
		}
	}
}

func TestCrashInTheFirstLineLeavesAnEmptyLog(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil)
	s.replace(t, []byte(`{"seq":1,"ti`))
	s.write(t, 1)
	got, err := s.verify()
	if err != nil || got.Lines != 3 || len(got.Recoveries) != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestDamagedHeadIsReported(t *testing.T) {
	t.Parallel()
	for name, head := range map[string][]byte{"missing": nil, "damaged": []byte(`{"seq":1,"last":"00","mac":"00"}`), "torn": []byte(`{"se`)} {
		s := newStand(t, testKey)
		s.write(t, 1)
		if err := os.WriteFile(s.path+headSuffix, head, 0o600); err != nil {
			t.Fatal(err)
		}
		s.write(t, 1)
		got, err := s.verify()
		if err != nil || len(got.Recoveries) != 1 || !strings.Contains(got.Recoveries[0].Note, "the head was") {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestChangedEndIsNotWrittenOn(t *testing.T) {
	t.Parallel()
	lines := func(text []byte) [][]byte { return bytes.SplitAfter(text, []byte("\n")) }
	for name, test := range map[string]struct {
		change func([]byte) []byte
		want   string
	}{
		"last line removed": {func(text []byte) []byte { return bytes.Join(lines(text)[:3], nil) }, "lines are missing at the end"},
		"last line changed": {func(text []byte) []byte {
			return bytes.Replace(text, []byte(`"request_id":"2"`), []byte(`"request_id":"3"`), 1)
		}, "was changed"},
		"last line without line feed": {func(text []byte) []byte { return text[:len(text)-1] }, "lines are missing at the end"},
		"not a log":                   {func([]byte) []byte { return []byte("hello\n") }, "was changed"},
		"an endless line":             {func([]byte) []byte { return bytes.Repeat([]byte("x"), 3*MaxLine) }, "not an audit log"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, testKey)
			s.write(t, 3)
			changed := test.change(s.read(t))
			s.replace(t, changed)
			if _, err := Open(s.options()); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v", err)
			}
			if name != "last line without line feed" && !bytes.Equal(s.read(t), changed) {
				t.Error("the evidence is gone")
			}
		})
	}
}

func TestLastLineReplacedIsNotWrittenOn(t *testing.T) {
	t.Parallel()
	s, other := newStand(t, nil), newStand(t, nil)
	s.write(t, 1)
	other.time = other.time.Add(time.Second)
	other.write(t, 1)
	s.replace(t, other.read(t))
	if _, err := Open(s.options()); err == nil || !strings.Contains(err.Error(), "was replaced") {
		t.Errorf("got %v", err)
	}
}
