package transport

import (
	"fmt"
	"strings"
	"testing"
)

func TestReplyHoldsNothingOfAnother(t *testing.T) {
	t.Parallel()
	const interim = "HTTP/1.1 103 Early Hints\r\nX-Interim: yes\r\n\r\n"
	var input strings.Builder
	for i := range 4 {
		fmt.Fprintf(&input, "%sHTTP/1.1 200 OK\r\nX-%d: first\r\nX-%[2]d: second\r\nContent-Length: 1\r\n\r\n%[2]d", interim, i)
	}
	r := replyReader{source: strings.NewReader(input.String()), limits: readerLimits}
	var kept []*Reply
	var texts []string
	for i := range 4 {
		reply, err := r.read()
		if err != nil {
			t.Fatal(err)
		}
		key := fmt.Sprintf("X-%d", i)
		if len(reply.Header) != 2 || len(reply.Header[key]) != 2 || string(reply.Body) != fmt.Sprint(i) {
			t.Errorf("reply %d: header %v, body %q", i, reply.Header, reply.Body)
		}
		texts = append(texts, reply.Header[key]...)
		if i%2 == 0 {
			reply.Release()
			reply.Release() // gives nothing back twice
			continue
		}
		kept = append(kept, reply)
	}
	for i, reply := range kept {
		number := fmt.Sprint(2*i + 1)
		if strings.Join(reply.Header["X-"+number], " ") != "first second" || string(reply.Body) != number {
			t.Errorf("the reply %s that was kept became %v, %q", number, reply.Header, reply.Body)
		}
	}
	if got := strings.Join(texts, " "); got != strings.TrimSpace(strings.Repeat("first second ", 4)) {
		t.Errorf("texts of headers became %q", got)
	}
}

func TestMemoryThatIsFreeHoldsNoHeader(t *testing.T) {
	t.Parallel()
	for _, lines := range []int{1, maxKeptLines / 2, maxKeptLines * 2} {
		m := new(memory)
		header, values := m.fields(lines)
		for i := range values {
			values[i] = "secret"
			header[fmt.Sprintf("X-%d", i)] = values[i : i+1]
		}
		m.forget()
		if m.header == nil != (lines > maxKeptLines) || len(m.header) > 0 || strings.Join(m.values, "") != "" {
			t.Errorf("after %d lines it keeps %v, %q", lines, m.header, m.values)
		}
	}
}
