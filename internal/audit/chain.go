package audit

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
)

const (
	// MaxLine is the length of the longest line, in bytes, with its line feed.
	MaxLine = 64 << 10
	// MinKey is the length of the shortest key that can be configured, in bytes.
	MinKey = 16
)

// Position is a place in the chain: the last line that it includes. The zero Position is the beginning.
type Position struct {
	Seq  uint64
	Hash [sha256.Size]byte
}

// chain computes the hashes of lines.
type chain struct{ key []byte }

func newChain(key []byte) (chain, error) {
	if len(key) > 0 && len(key) < MinKey {
		return chain{}, fmt.Errorf("the key has %d bytes, want at least %d", len(key), MinKey)
	}
	return chain{bytes.Clone(key)}, nil
}

// What stands between the part of a line that is hashed and the hash.
const (
	plainTrailer = `,"hash":"`
	keyedTrailer = `,"mac":"`
	lineEnd      = `"}`
)

func (c chain) trailer() string {
	if len(c.key) > 0 {
		return keyedTrailer
	}
	return plainTrailer
}

func (c chain) sum(body []byte) [sha256.Size]byte {
	var digest hash.Hash
	if len(c.key) > 0 {
		digest = hmac.New(sha256.New, c.key)
	} else {
		digest = sha256.New()
	}
	digest.Write(body)
	return [sha256.Size]byte(digest.Sum(nil))
}

// seal turns a JSON object into a line that ends with its hash.
func (c chain) seal(object []byte) ([]byte, [sha256.Size]byte) {
	body := bytes.TrimSuffix(object, []byte("}"))
	sum := c.sum(body)
	line := append(bytes.Clone(body), c.trailer()...)
	line = hex.AppendEncode(line, sum[:])
	return append(line, "\"}\n"...), sum
}

// ErrKey tells that a log was written with a key and is read without one, or the other way round.
var ErrKey = errors.New("audit: the log was written with a key and is read without one, or the other way round")

// open checks the hash of a line, without its line feed, and returns the JSON object that was sealed.
func (c chain) open(line []byte) (object []byte, sum [sha256.Size]byte, err error) {
	at := len(line) - len(lineEnd) - hex.EncodedLen(sha256.Size)
	if at < 0 || string(line[len(line)-len(lineEnd):]) != lineEnd {
		return nil, sum, errors.New("it does not end with a hash")
	}
	body, found := bytes.CutSuffix(line[:at], []byte(c.trailer()))
	if !found {
		if bytes.HasSuffix(line[:at], []byte(plainTrailer)) || bytes.HasSuffix(line[:at], []byte(keyedTrailer)) {
			return nil, sum, ErrKey
		}
		return nil, sum, errors.New("it does not end with a hash")
	}
	sum = c.sum(body)
	if stated := line[at : len(line)-len(lineEnd)]; !hmac.Equal(stated, hex.AppendEncode(nil, sum[:])) {
		return nil, sum, errors.New("its hash is wrong: the line was changed")
	}
	return append(bytes.Clone(body), '}'), sum, nil
}

// linked is what a line says about its place.
type linked struct {
	Seq  uint64 `json:"seq"`
	Prev string `json:"prev"`
}

// follow checks that an opened line comes after a position, and returns its own.
func (c chain) follow(after Position, line []byte) (Position, []byte, error) {
	object, sum, err := c.open(line)
	if err != nil {
		return Position{}, nil, err
	}
	var l linked
	if err := json.Unmarshal(object, &l); err != nil {
		return Position{}, nil, errors.New("it is not a json object")
	}
	switch {
	case l.Seq != after.Seq+1:
		return Position{}, nil, fmt.Errorf("its number is %d, want %d: lines were removed or moved", l.Seq, after.Seq+1)
	case l.Prev != hex.EncodeToString(after.Hash[:]):
		return Position{}, nil, errors.New("it does not follow on the line before it: lines were removed, moved or replaced")
	}
	return Position{l.Seq, sum}, object, nil
}
