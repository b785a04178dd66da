package ledger

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
)

// MaxKeyPart is the most bytes that one field of a Key may have.
const MaxKeyPart = 1024

// Key names an operation that must be executed at most once.
type Key struct {
	// Principal is the authenticated caller; empty where callers are not authenticated.
	Principal string
	// Backend is the configured name of the backend.
	Backend string
	// Identity is the name of the account at the backend, never anything that holds its password: a new password must
	// not make a repeat look like another operation.
	Identity string
	// RPC is the full name of the method. Required.
	RPC string
	// RequestID is what the caller chose for this purpose (AIP-155 request_id, Idempotency-Key). Required. An id that
	// proxies invent, such as x-request-id, will not do.
	RequestID string
}

// ID names a record in a store. It tells nothing about the key that it was made from.
type ID [sha256.Size]byte

// Digest stands for the content of a request.
type Digest [sha256.Size]byte

// ID returns the name of the key's record. Keys that differ in any field have different ids. The error wraps ErrKey.
func (k Key) ID() (ID, error) {
	if k.RPC == "" || k.RequestID == "" {
		return ID{}, fmt.Errorf("%w: the rpc or the request id is missing", ErrKey)
	}
	for _, part := range k.parts() {
		if len(part) > MaxKeyPart {
			return ID{}, fmt.Errorf("%w: a part has %d bytes, at most %d are allowed", ErrKey, len(part), MaxKeyPart)
		}
	}
	return ID(k.sum("umgateway ledger id 1")), nil
}

// Digest returns the digest of a request's content. It is keyed with the key itself, of which stores only know the ID: who
// has a store's file but not the request ids cannot find a dial string by trying all numbers.
func (k Key) Digest(content []byte) Digest {
	mac := k.NewDigest()
	mac.Write(content)
	return Digest(mac.Sum(nil))
}

// NewDigest is Digest for content that is written in pieces. The sum of the hash is the Digest.
func (k Key) NewDigest() hash.Hash {
	secret := k.sum("umgateway ledger content 1")
	return hmac.New(sha256.New, secret[:])
}

func (k Key) parts() [5]string {
	return [...]string{k.Principal, k.Backend, k.Identity, k.RPC, k.RequestID}
}

// sum hashes the fields for one purpose, each after its length, so that no two keys are written alike.
func (k Key) sum(purpose string) [sha256.Size]byte {
	buffer := make([]byte, 0, 256)
	buffer = append(buffer, purpose...)
	for _, part := range k.parts() {
		buffer = binary.AppendUvarint(buffer, uint64(len(part)))
		buffer = append(buffer, part...)
	}
	return sha256.Sum256(buffer)
}
