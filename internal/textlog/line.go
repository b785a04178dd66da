package textlog

import (
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"
)

// appendLine appends the line of a record. It returns false where the standard library has to write it.
func (h *Handler) appendLine(line []byte, record *slog.Record) (_ []byte, plain bool) {
	if record.Time.IsZero() || !isPlain(record.Message) {
		return line, false
	}
	line = appendTime(append(line, "time="...), record.Time)
	line = append(append(line, " level="...), record.Level.String()...)
	line = append(append(line, " msg="...), record.Message...)
	line, plain = append(line, h.attrs...), true
	record.Attrs(func(attr slog.Attr) bool {
		line, plain = appendAttr(line, attr)
		return plain
	})
	return append(line, '\n'), plain
}

// appendAttr appends an attribute, with the space before it.
func appendAttr(line []byte, attr slog.Attr) (_ []byte, plain bool) {
	if !isPlain(attr.Key) {
		return line, false
	}
	line = append(append(append(line, ' '), attr.Key...), '=')
	switch value := attr.Value; value.Kind() {
	case slog.KindString:
		text := value.String()
		return append(line, text...), isPlain(text)
	case slog.KindInt64:
		return strconv.AppendInt(line, value.Int64(), 10), true
	case slog.KindDuration:
		return append(line, value.Duration().String()...), true
	}
	return line, false
}

// isPlain tells whether a text is a word that stands in a line as it is.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c > '~' || c == '"' || c == '=' {
			return false
		}
	}
	return text != ""
}

// second is one in a time zone, as it is written.
type second struct {
	unix     int64
	zone     *time.Location
	upToIt   string // the date and the time
	fromZone string
}

// lastSecond is shared by all handlers: the time is the same for all.
var lastSecond atomic.Pointer[second]

// appendTime writes a time to the millisecond, as RFC 3339 has it.
func appendTime(line []byte, t time.Time) []byte {
	now, zone := t.Unix(), t.Location()
	last := lastSecond.Load()
	if last == nil || last.unix != now || last.zone != zone {
		last = &second{now, zone, t.Format("2006-01-02T15:04:05."), t.Format("Z07:00")}
		lastSecond.Store(last)
	}
	millisecond := t.Nanosecond() / int(time.Millisecond)
	line = append(line, last.upToIt...)
	line = append(line, byte('0'+millisecond/100), byte('0'+millisecond/10%10), byte('0'+millisecond%10))
	return append(line, last.fromZone...)
}
