package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// messages reads HTTP/1.1 messages with a Content-Length, one after the other. It looks at nothing else in them, so that it
// costs little beside what is measured.
type messages struct {
	source *bufio.Reader
	first  []byte // the request line or the status line
	body   []byte
}

func newMessages(r io.Reader) *messages { return &messages{source: bufio.NewReaderSize(r, 16<<10)} }

// next reads a message. What it read is valid until it is called again.
func (m *messages) next() error {
	m.first = m.first[:0]
	length := 0
	for {
		line, err := m.source.ReadSlice('\n')
		if err != nil {
			return err
		}
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case len(m.first) == 0:
			m.first = append(m.first, line...)
		case len(line) == 0:
			m.body = append(m.body[:0], make([]byte, length)...)
			_, err := io.ReadFull(m.source, m.body)
			return err
		default:
			name, value, _ := bytes.Cut(line, []byte(":"))
			switch {
			case bytes.EqualFold(name, []byte("Content-Length")):
				if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
					return err
				}
			case bytes.EqualFold(name, []byte("Transfer-Encoding")):
				return errors.New("the message has no Content-Length")
			}
		}
	}
}

// http1 is a client that sends the same request again and again on one connection.
type http1 struct {
	connection net.Conn
	request    []byte
	replies    *messages
}

func dialHTTP1(address string, request []byte) (caller, error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &http1{connection: c, request: request, replies: newMessages(c)}, nil
}

func (c *http1) call(until time.Time) (took []time.Duration, err error) {
	for start := time.Now(); start.Before(until); {
		if _, err := c.connection.Write(c.request); err != nil {
			return nil, err
		}
		if err := c.replies.next(); err != nil {
			return nil, err
		}
		if !bytes.HasPrefix(c.replies.first, []byte("HTTP/1.1 200 ")) {
			return nil, fmt.Errorf("the answer was %s: %s", c.replies.first, c.replies.body)
		}
		end := time.Now()
		took = append(took, end.Sub(start))
		start = end
	}
	return took, nil
}

func (c *http1) hangUp() { c.connection.Close() }

// post writes a request.
func post(path, host, fields, body string) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\n%sContent-Length: %d\r\n\r\n%s", path, host, fields, len(body), body)
}
