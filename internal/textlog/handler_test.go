package textlog

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"math"
	"strings"
	"sync"
	"testing"
	"time"
)

// both has two loggers, ours and the standard library's, write the same, and returns the lines.
func both(level slog.Leveler, t time.Time, write func(slog.Handler, func(slog.Level, string, ...slog.Attr) slog.Record)) (got, want string) {
	record := func(level slog.Level, message string, attrs ...slog.Attr) slog.Record {
		r := slog.NewRecord(t, level, message, 0)
		r.AddAttrs(attrs...)
		return r
	}
	var ours, standard bytes.Buffer
	write(New(&ours, level), record)
	write(slog.NewTextHandler(&standard, &slog.HandlerOptions{Level: level}), record)
	return ours.String(), standard.String()
}

// secretive says what it is called only when asked.
type secretive string

func (s secretive) LogValue() slog.Value { return slog.StringValue("the " + string(s)) }

// attributes are of all kinds.
var attributes = []slog.Attr{
	slog.String("word", "um.v1.CallService/Disconnect"), slog.String("empty", ""), slog.String("two words", "with a space"),
	slog.String("quote", `"`), slog.String("backslash", `a\b`), slog.String("equals", "a=b"), slog.String("tilde", "~"),
	slog.String("delete", "\x7f"), slog.String("control", "\x1b[1m"), slog.String("line", "a\nb"), slog.String("umlaut", "ä"),
	slog.String("no-break space", "\u00a0"), slog.String("broken", "\xff"), slog.String("", "no key"), slog.String("k=y", "v"), {},
	slog.Int("int", -42), slog.Int64("most", math.MaxInt64), slog.Int64("least", math.MinInt64), slog.Uint64("uint", math.MaxUint64),
	slog.Bool("bool", true), slog.Float64("float", 1e-9), slog.Any("nil", nil), slog.Any("error", errors.New("it failed")),
	slog.Any("bytes", []byte("a b")), slog.Any("valuer", secretive("value")), slog.Any("slice", []string{"a", "b"}),
	slog.Duration("zero", 0), slog.Duration("short", 1234*time.Nanosecond), slog.Duration("negative", -time.Hour), slog.Duration("longest", math.MaxInt64),
	slog.Time("time", time.Unix(1, 2).UTC()), slog.Group("group", slog.String("a", "b")), slog.Group("", slog.Int("inline", 1)), slog.Group("none"),
	slog.Any("source", &slog.Source{File: "a.go", Line: 7}), slog.Any("level", slog.LevelWarn),
}

func TestLinesAreThoseOfTheStandardLibrary(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 27, 21, 30, 5, 7_999_999, time.UTC)
	write := func(h slog.Handler, record func(slog.Level, string, ...slog.Attr) slog.Record) {
		handlers := []slog.Handler{h, h.WithAttrs(nil), h.WithGroup("g"), h.WithGroup(""), h.WithGroup("g").WithAttrs(attributes[:1]), h.WithAttrs(attributes)}
		for _, attr := range attributes {
			handlers = append(handlers, h.WithAttrs([]slog.Attr{attr}), h.WithAttrs(attributes[:1]).WithAttrs([]slog.Attr{attr}))
		}
		for _, h := range handlers {
			for _, message := range []string{"call", "", "two words"} {
				if err := h.Handle(t.Context(), record(slog.LevelInfo, message)); err != nil {
					t.Error(err)
				}
				if err := h.Handle(t.Context(), record(slog.LevelInfo, message, attributes...)); err != nil {
					t.Error(err)
				}
				for _, attr := range attributes {
					if err := h.Handle(t.Context(), record(slog.LevelError+1, message, attributes[0], attr, attributes[17])); err != nil {
						t.Error(err)
					}
				}
			}
		}
	}
	got, want := both(slog.LevelInfo, now, write)
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range wantLines {
		if i < len(gotLines) && gotLines[i] != wantLines[i] {
			t.Fatalf("the line\n%s\nis written as\n%s", wantLines[i], gotLines[i])
		}
	}
	if got != want {
		t.Errorf("%d lines are written, want %d", len(gotLines), len(wantLines))
	}
}

func TestTimesAreThoseOfTheStandardLibrary(t *testing.T) {
	t.Parallel()
	east := time.FixedZone("east", 5*3600+45*60)
	start := time.Date(2026, 12, 31, 23, 59, 58, 0, time.UTC)
	times := []time.Time{{}, time.Unix(0, 0), time.Unix(-1, 999_999_999), time.Now(), time.Now().Round(0)}
	for _, zone := range []*time.Location{time.UTC, time.Local, east, time.FixedZone("west", -3600)} {
		for _, after := range []time.Duration{0, 1, 999_999, time.Millisecond, 99 * time.Millisecond, time.Second - 1, time.Second, 2 * time.Second, 3 * time.Hour} {
			times = append(times, start.Add(after).In(zone))
		}
	}
	for _, at := range append(times, times...) {
		got, want := both(slog.LevelInfo, at, func(h slog.Handler, record func(slog.Level, string, ...slog.Attr) slog.Record) {
			if err := h.Handle(t.Context(), record(slog.LevelInfo, "call")); err != nil {
				t.Error(err)
			}
		})
		if got != want {
			t.Errorf("%v is written as %s, want %s", at, got, want)
		}
	}
}

func FuzzLine(f *testing.F) {
	f.Add(int64(1_795_000_000_123_456_789), 0, "call", "request_id", "0123456789abcdef", int64(1_234_567))
	f.Add(int64(-1), 8, "the message", "", "\"=\\\x00\u2028", int64(-1))
	f.Fuzz(func(t *testing.T, at int64, level int, message, key, text string, number int64) {
		got, want := both(slog.Level(math.MinInt), time.Unix(0, at), func(h slog.Handler, record func(slog.Level, string, ...slog.Attr) slog.Record) {
			h = h.WithAttrs([]slog.Attr{slog.String(key, text)})
			r := record(slog.Level(level), message, slog.String("text", text), slog.Int64(key, number), slog.Duration("took", time.Duration(number)))
			if err := h.Handle(t.Context(), r); err != nil {
				t.Error(err)
			}
		})
		if got != want {
			t.Errorf("the line\n%s\nis written as\n%s", want, got)
		}
	})
}

func TestLevelDecidesWhatIsWritten(t *testing.T) {
	t.Parallel()
	var level slog.LevelVar
	h := New(io.Discard, &level)
	for _, at := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelError} {
		level.Set(at)
		if h.Enabled(t.Context(), at-1) || !h.Enabled(t.Context(), at) || !h.Enabled(t.Context(), at+1) {
			t.Errorf("at %v other levels are enabled", at)
		}
	}
}

// pieces counts the writes that are not one line.
type pieces struct{ lines, others int }

func (p *pieces) Write(line []byte) (int, error) {
	if bytes.Count(line, []byte("\n")) == 1 && line[len(line)-1] == '\n' {
		p.lines++
	} else {
		p.others++
	}
	return len(line), nil
}

func TestEachLineIsOneWriteHoweverManyWriteAtOnce(t *testing.T) {
	t.Parallel()
	var written pieces // the handler's lock is all that guards it
	logger := slog.New(New(&written, slog.LevelInfo))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				logger.Info("call", "request_id", "plain")
				logger.Info("call", "error", "left to the standard library")
			}
		})
	}
	all.Wait()
	if written.lines != 1600 || written.others != 0 {
		t.Errorf("there are %d lines and %d other writes, want 1600 and none", written.lines, written.others)
	}
}

type failing struct{}

var errFull = errors.New("the disk is full")

func (failing) Write([]byte) (int, error) { return 0, errFull }

func TestLineThatCannotBeWrittenIsAnError(t *testing.T) {
	t.Parallel()
	h := New(failing{}, slog.LevelInfo)
	for _, message := range []string{"plain", "two words"} {
		if err := h.Handle(t.Context(), slog.NewRecord(time.Unix(1, 0), slog.LevelInfo, message, 0)); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", message, err)
		}
	}
}

func BenchmarkLine(b *testing.B) {
	for name, h := range map[string]slog.Handler{"ours": New(io.Discard, slog.LevelInfo), "slog": slog.NewTextHandler(io.Discard, nil)} {
		b.Run(name, func(b *testing.B) {
			h = h.WithAttrs([]slog.Attr{slog.String("rpc", "um.v1.CallService/Disconnect"), slog.String("code", "OK")})
			b.ReportAllocs()
			for b.Loop() {
				r := slog.NewRecord(time.Now(), slog.LevelInfo, "call", 0)
				r.AddAttrs(slog.String("request_id", "0123456789abcdef0123456789abcdef"), slog.String("protocol", "grpc"),
					slog.Duration("duration", 1234567), slog.String("peer", "192.0.2.1:50000"))
				if err := h.Handle(b.Context(), r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
