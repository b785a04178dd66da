package audit

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var testKey = []byte("0123456789abcdef")

// stand is a log in a directory of the test.
type stand struct {
	path string
	key  []byte
	time time.Time
}

func newStand(t *testing.T, key []byte) *stand {
	t.Helper()
	return &stand{filepath.Join(t.TempDir(), "audit.jsonl"), key, time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)}
}

func (s *stand) options() Options {
	return Options{Path: s.path, Key: s.key, Now: func() time.Time { return s.time }}
}

func (s *stand) open(t *testing.T) *Log {
	t.Helper()
	l, err := Open(s.options())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// write appends n records and closes the log.
func (s *stand) write(t *testing.T, n int) {
	t.Helper()
	l := s.open(t)
	appendN(t, l, n)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

func appendN(t *testing.T, l *Log, n int) {
	t.Helper()
	for i := range n {
		if err := l.Append(call(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
}

func call(id string) Record {
	return Record{
		Caller: &Caller{Kind: "jwt", Name: "alice", Issuer: "https://issuer.example.com", Verified: true}, Peer: "192.0.2.1:1234", Protocol: "rest",
		RPC: "/um.v1.CallService/Disconnect", Backend: "main", Identity: "um@contoso.com", RequestID: id,
		Fields: map[string]string{"call_id": "hmac:0011223344556677"}, Outcome: &Outcome{Code: "OK", Milliseconds: 12},
	}
}

// bigCall is a call of which one fits into a file of MaxLine bytes.
func bigCall() Record {
	record := call("big")
	record.Fields["x"] = strings.Repeat("x", MaxLine/2)
	return record
}

func (s *stand) read(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(s.path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (s *stand) replace(t *testing.T, text []byte) {
	t.Helper()
	if err := os.WriteFile(s.path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s *stand) verify() (Report, error) { return VerifyLog(s.path, s.key) }

// wantBreak checks where a log was found to be broken; 0 means nowhere.
func wantBreak(t *testing.T, err error, line int) {
	t.Helper()
	broken := (*Break)(nil)
	switch {
	case errors.As(err, &broken):
		if broken.Line != line {
			t.Errorf("broken at line %d (%s), want %d", broken.Line, broken.Why, line)
		}
	case err != nil:
		t.Errorf("got %v", err)
	case line != 0:
		t.Errorf("not broken, want line %d", line)
	}
}

// TestLinesAreSealedAsDocumented recomputes the hashes from the package comment alone.
func TestLinesAreSealedAsDocumented(t *testing.T) {
	t.Parallel()
	for name, key := range map[string][]byte{"hash": nil, "mac": testKey} {
		s := newStand(t, key)
		s.write(t, 3)
		prev := strings.Repeat("0", 64)
		lines := strings.Split(strings.TrimSuffix(string(s.read(t)), "\n"), "\n")
		if len(lines) != 4 {
			t.Fatalf("%d lines", len(lines))
		}
		for i, line := range lines {
			body, rest, _ := strings.Cut(line, `,"`+name+`":"`)
			digest := sha256.New()
			if key != nil {
				digest = hmac.New(sha256.New, key)
			}
			digest.Write([]byte(body))
			sum := hex.EncodeToString(digest.Sum(nil))
			if rest != sum+`"}` {
				t.Errorf("line %d ends with %s, want %s", i+1, rest, sum)
			}
			var record struct {
				Record
				Prev string `json:"prev"`
			}
			if err := json.Unmarshal([]byte(line), &record); err != nil {
				t.Fatal(err)
			}
			if record.Prev != prev || record.Seq != uint64(i+1) || !record.Time.Equal(s.time) || !strings.HasSuffix(body, `,"prev":"`+prev+`"`) {
				t.Errorf("line %d is %s", i+1, line)
			}
			prev = sum
		}
	}
}

func TestRecordHoldsWhoDidWhatAndHowItEnded(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil)
	s.write(t, 1)
	lines := bytes.Split(s.read(t), []byte("\n"))
	var first, second map[string]any
	if json.Unmarshal(lines[0], &first) != nil || json.Unmarshal(lines[1], &second) != nil {
		t.Fatal("not json")
	}
	if first["event"] != "begin" || second["event"] != "call" {
		t.Errorf("the events are %v, %v", first["event"], second["event"])
	}
	for name, want := range map[string]string{
		"caller": `{"issuer":"https://issuer.example.com","kind":"jwt","name":"alice","verified":true}`, "peer": `"192.0.2.1:1234"`, "protocol": `"rest"`,
		"rpc": `"/um.v1.CallService/Disconnect"`, "backend": `"main"`, "identity": `"um@contoso.com"`, "request_id": `"0"`,
		"fields": `{"call_id":"hmac:0011223344556677"}`, "outcome": `{"code":"OK","ms":12}`, "time": `"2026-11-24T12:00:00Z"`,
	} {
		if got, _ := json.Marshal(second[name]); string(got) != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	for _, file := range []string{s.path, s.path + headSuffix} {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
}

func TestEveryFlippedBitIsFoundInItsLine(t *testing.T) {
	t.Parallel()
	for _, key := range [][]byte{nil, testKey} {
		s := newStand(t, key)
		s.write(t, 1)
		text := s.read(t)
		head, _, err := ReadHead(s.path, key)
		if err != nil {
			t.Fatal(err)
		}
		for i := range text {
			for bit := range 8 {
				changed := bytes.Clone(text)
				changed[i] ^= 1 << bit
				line := 1 + bytes.Count(text[:i], []byte("\n"))
				_, err := Verify(bytes.NewReader(changed), VerifyOptions{Key: key, Head: &head})
				broken := (*Break)(nil)
				if keyName := errors.Is(err, ErrKey); keyName {
					continue // "hash" cannot become "mac" by one bit
				}
				if !errors.As(err, &broken) || broken.Line != line {
					t.Fatalf("bit %d of byte %d in line %d: %v", bit, i, line, err)
				}
			}
		}
	}
}

func TestRemovedMovedAndInsertedLinesAreFound(t *testing.T) {
	t.Parallel()
	s, foreign := newStand(t, testKey), newStand(t, testKey)
	s.write(t, 4)
	foreign.time = foreign.time.Add(time.Second)
	foreign.write(t, 4)
	lines, others := bytes.SplitAfter(s.read(t), []byte("\n"))[:5], bytes.SplitAfter(foreign.read(t), []byte("\n"))[:5]
	pick := func(which ...int) []byte {
		var text []byte
		for _, i := range which {
			text = append(text, lines[i-1]...)
		}
		return text
	}
	for name, test := range map[string]struct {
		text []byte
		want int // the line of the break
	}{
		"untouched":                {pick(1, 2, 3, 4, 5), 0},
		"first removed":            {pick(2, 3, 4, 5), 1},
		"one removed":              {pick(1, 2, 4, 5), 3},
		"last removed":             {pick(1, 2, 3, 4), 5},
		"two last removed":         {pick(1, 2, 3), 4},
		"all removed":              {nil, 1},
		"two swapped":              {pick(1, 3, 2, 4, 5), 2},
		"last swapped":             {pick(1, 2, 3, 5, 4), 4},
		"one twice":                {pick(1, 2, 2, 3, 4, 5), 3},
		"last twice":               {pick(1, 2, 3, 4, 5, 5), 6},
		"one of another log":       {bytes.Join([][]byte{lines[0], lines[1], others[2], lines[3], lines[4]}, nil), 3},
		"all of another log":       {bytes.Join(others, nil), 5},
		"end of another log":       {bytes.Join([][]byte{lines[0], others[1], others[2], others[3], others[4]}, nil), 2},
		"an empty line":            {bytes.Join([][]byte{lines[0], []byte("\n"), lines[1]}, nil), 2},
		"an empty line at the end": {append(pick(1, 2, 3, 4, 5), '\n'), 6},
		"a line without hash":      {append(pick(1, 2, 3, 4, 5), "{}\n"...), 6},
		"a line cut off":           {pick(1, 2, 3, 4, 5)[:len(pick(1, 2, 3, 4, 5))-1], 5},
		"something after":          {append(pick(1, 2, 3, 4, 5), 'x'), 6},
		"an endless line":          {append(pick(1, 2), bytes.Repeat([]byte("x"), MaxLine+1)...), 3},
		"carriage returns":         {bytes.ReplaceAll(pick(1, 2, 3, 4, 5), []byte("\n"), []byte("\r\n")), 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := &stand{filepath.Join(t.TempDir(), "audit.jsonl"), testKey, s.time}
			s.write(t, 4) // for the head, which is the same
			s.replace(t, test.text)
			_, err := s.verify()
			wantBreak(t, err, test.want)
		})
	}
}

func TestWithoutTheKeyNobodyCanWriteTheLogAnew(t *testing.T) {
	t.Parallel()
	s, forger := newStand(t, testKey), newStand(t, []byte("another key of 2"))
	s.write(t, 2)
	forger.write(t, 2)
	s.replace(t, forger.read(t))
	_, err := s.verify()
	wantBreak(t, err, 1)
	plain := newStand(t, nil)
	plain.write(t, 2)
	s.replace(t, plain.read(t))
	if _, err = s.verify(); !errors.Is(err, ErrKey) {
		t.Errorf("a log without a key passes for one with: %v", err)
	}
	if _, err := VerifyLog(plain.path, testKey); !errors.Is(err, ErrKey) {
		t.Errorf("got %v", err)
	}
	if _, err := Open(Options{Path: plain.path, Key: testKey}); !errors.Is(err, ErrKey) {
		t.Errorf("got %v", err)
	}
}

func TestReportTellsHowFarTheLogIsRight(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil)
	l := s.open(t)
	s.time = s.time.Add(time.Hour)
	appendN(t, l, 2)
	got, err := s.verify()
	if err != nil || got.Lines != 3 || got.After != (Position{}) || got.Last != l.Last() || got.To.Sub(got.From) != time.Hour || got.Recoveries != nil {
		t.Errorf("got %+v, %v", got, err)
	}
	lines := bytes.SplitAfter(s.read(t), []byte("\n"))
	s.replace(t, append(bytes.Join(lines[:2], nil), "x\n"...))
	got, err = s.verify()
	if wantBreak(t, err, 3); got.Lines != 2 || got.Last.Seq != 2 || !strings.Contains(err.Error(), "audit.jsonl: line 3: ") {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestLogWithoutAHeadIsNotComplete(t *testing.T) {
	t.Parallel()
	s := newStand(t, testKey)
	s.write(t, 1)
	if err := os.WriteFile(s.path+headSuffix, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := s.verify()
	wantBreak(t, err, 1)
	if err := os.Remove(s.path + headSuffix); err != nil {
		t.Fatal(err)
	}
	if got, err := s.verify(); !errors.Is(err, ErrNoHead) || got.Lines != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
	s.replace(t, bytes.Replace(s.read(t), []byte("alice"), []byte("mallory"), 1))
	_, err = s.verify()
	wantBreak(t, err, 2)
}

func TestShortKeyIsRefused(t *testing.T) {
	t.Parallel()
	s := newStand(t, testKey[:MinKey-1])
	if _, err := Open(s.options()); err == nil {
		t.Error("Open accepts it")
	}
	if _, err := s.verify(); err == nil {
		t.Error("VerifyLog accepts it")
	}
	if _, err := Verify(strings.NewReader(""), VerifyOptions{Key: s.key}); err == nil {
		t.Error("Verify accepts it")
	}
}

func TestNumbersFollowOnEachOther(t *testing.T) {
	t.Parallel()
	c := chain{}
	for _, numbers := range [][]uint64{{1, 3}, {1, 1}, {1, 0}, {2, 1}} {
		var text []byte
		var last Position
		for _, seq := range numbers {
			line, sum := c.seal(fmt.Appendf(nil, `{"seq":%d,"event":"begin","prev":"%x"}`, seq, last.Hash))
			text, last = append(text, line...), Position{seq, sum}
		}
		_, err := Verify(bytes.NewReader(text), VerifyOptions{})
		wantBreak(t, err, 2)
	}
}

// FuzzVerify changes a log with a key: whatever is accepted is the beginning of the log.
func FuzzVerify(f *testing.F) {
	c := chain{testKey}
	var text []byte
	var last Position
	for seq := uint64(1); seq <= 3; seq++ {
		line, sum := c.seal(fmt.Appendf(nil, `{"seq":%d,"time":"2026-11-24T12:00:00Z","event":"begin","prev":"%x"}`, seq, last.Hash))
		text, last = append(text, line...), Position{seq, sum}
	}
	f.Add(text)
	f.Add([]byte("\n"))
	f.Add([]byte(`{"seq":1,"mac":""}` + "\n"))
	f.Fuzz(func(t *testing.T, changed []byte) {
		if _, err := Verify(bytes.NewReader(changed), VerifyOptions{Key: testKey, After: &Position{}}); err == nil && !bytes.HasPrefix(text, changed) {
			t.Fatalf("accepted: %q", changed)
		}
		// Without a key anything goes that is consistent; it must only end.
		_, _ = Verify(bytes.NewReader(changed), VerifyOptions{})
		_, _, _ = c.readHead(bytes.NewReader(changed))
	})
}
