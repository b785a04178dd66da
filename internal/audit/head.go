package audit

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// headSuffix is added to the name of a log for the file that tells how far it reached.
const headSuffix = ".head"

// headSize is the length of that file, in bytes: less than a disk writes at once.
const headSize = 256

var errHead = errors.New("the head is damaged")

// writeHead replaces the head. It is not synced: an older head is true as well.
func (c chain) writeHead(w io.WriterAt, at Position) error {
	line, _ := c.seal(fmt.Appendf(nil, `{"seq":%d,"last":"%x"}`, at.Seq, at.Hash))
	_, err := w.WriteAt(append(bytes.TrimSuffix(line, []byte("\n")), bytes.Repeat([]byte(" "), headSize-len(line))...), 0)
	return err
}

// readHead reads a head. It is false if there is none.
func (c chain) readHead(r io.Reader) (Position, bool, error) {
	text, err := io.ReadAll(io.LimitReader(r, headSize))
	if err != nil {
		return Position{}, false, err
	}
	if text = bytes.TrimRight(text, " \n"); len(text) == 0 {
		return Position{}, false, nil
	}
	object, _, err := c.open(text)
	if errors.Is(err, ErrKey) {
		return Position{}, false, ErrKey
	}
	var head struct {
		Seq  uint64 `json:"seq"`
		Last string `json:"last"`
	}
	if err != nil || json.Unmarshal(object, &head) != nil {
		return Position{}, false, errHead
	}
	last, err := hex.DecodeString(head.Last)
	if err != nil || len(last) != len(Position{}.Hash) {
		return Position{}, false, errHead
	}
	return Position{head.Seq, [len(Position{}.Hash)]byte(last)}, true, nil
}

// ReadHead tells how far the log at a path reached, as far as is known. It is false if there is no head.
func ReadHead(path string, key []byte) (Position, bool, error) {
	c, err := newChain(key)
	if err != nil {
		return Position{}, false, fmt.Errorf("audit: %w", err)
	}
	file, err := os.Open(path + headSuffix)
	if errors.Is(err, os.ErrNotExist) {
		return Position{}, false, nil
	}
	if err != nil {
		return Position{}, false, fmt.Errorf("audit: %w", err)
	}
	defer func() { _ = file.Close() }()
	return c.readHead(file)
}
