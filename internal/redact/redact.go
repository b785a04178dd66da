// Package redact hides sensitive values from logs and audit records, so that lines about the same value can still be found.
//
// It promises that a field whose schema says debug_redact (google/protobuf/descriptor.proto) is replaced by a keyed hash:
// the same value gives the same hash under one key, and without the key nobody can try out which telephone number a hash
// stands for. What the schema does not describe, unknown fields and the contents of google.protobuf.Any, is left out.
package redact

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

const (
	// MinKey is the length of the shortest key that can be configured, in bytes.
	MinKey = 16
	// hashBytes is what is left of a hash: enough for lines to be told apart.
	hashBytes = 8
	prefix    = "hmac:"
)

// Redactor hides values. It may be used by many goroutines at once.
type Redactor struct{ key []byte }

// New makes a Redactor. With an empty key it takes a random one, and hashes have a meaning within this process only. It is an
// error if the key has less than MinKey bytes.
func New(key []byte) (*Redactor, error) {
	if len(key) == 0 {
		key = make([]byte, sha256.Size)
		// crypto/rand.Read never fails.
		_, _ = rand.Read(key)
		return &Redactor{key}, nil
	}
	if len(key) < MinKey {
		return nil, fmt.Errorf("redact: the key has %d bytes, want at least %d", len(key), MinKey)
	}
	return &Redactor{append([]byte{}, key...)}, nil
}

// String returns the keyed hash of a text: "hmac:" and 16 hexadecimal digits of HMAC-SHA-256. The empty text stays empty.
func (r *Redactor) String(text string) string { return r.hash([]byte(text)) }

func (r *Redactor) hash(value []byte) string {
	if len(value) == 0 {
		return ""
	}
	mac := hmac.New(sha256.New, r.key)
	mac.Write(value)
	return prefix + hex.EncodeToString(mac.Sum(nil)[:hashBytes])
}
