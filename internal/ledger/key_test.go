package ledger

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestKeysThatDifferHaveDifferentIDsAndDigests(t *testing.T) {
	t.Parallel()
	keys := []Key{
		{RPC: "r", RequestID: "1"},
		{RPC: "r", RequestID: "2"},
		{RPC: "s", RequestID: "1"},
		{Principal: "p", RPC: "r", RequestID: "1"},
		{Backend: "p", RPC: "r", RequestID: "1"},
		{Identity: "p", RPC: "r", RequestID: "1"},
		{Principal: "ab", Backend: "c", RPC: "r", RequestID: "1"},
		{Principal: "a", Backend: "bc", RPC: "r", RequestID: "1"},
		{Principal: "a\x02", Backend: "b", RPC: "r", RequestID: "1"},
		{Principal: "a", Backend: "\x02b", RPC: "r", RequestID: "1"},
	}
	ids, digests := map[ID]Key{}, map[Digest]Key{}
	for _, key := range keys {
		id, err := key.ID()
		if err != nil {
			t.Fatal(err)
		}
		if other, double := ids[id]; double {
			t.Errorf("%+v and %+v have one id", key, other)
		}
		if other, double := digests[key.Digest([]byte("content"))]; double {
			t.Errorf("%+v and %+v have one digest", key, other)
		}
		ids[id], digests[key.Digest([]byte("content"))] = key, key
	}
}

func TestKeyThatCannotBeUsedIsRefused(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", MaxKeyPart+1)
	for rule, key := range map[string]Key{
		"no rpc":          {RequestID: "1"},
		"no request id":   {RPC: "r"},
		"long request id": {RPC: "r", RequestID: long},
		"long principal":  {RPC: "r", RequestID: "1", Principal: long},
		"long identity":   {RPC: "r", RequestID: "1", Identity: long},
	} {
		if _, err := key.ID(); !errors.Is(err, ErrKey) {
			t.Errorf("%s: %v", rule, err)
		}
	}
	if _, err := (Key{RPC: "r", RequestID: long[1:]}).ID(); err != nil {
		t.Errorf("the longest request id: %v", err)
	}
}

func TestDigestTellsContentsApartAndHidesThem(t *testing.T) {
	t.Parallel()
	key := Key{RPC: "r", RequestID: "1"}
	one := key.Digest([]byte("+15551234"))
	if one != key.Digest([]byte("+15551234")) || one == key.Digest([]byte("+15551235")) {
		t.Error("a digest does not stand for its content")
	}
	pieces := key.NewDigest()
	pieces.Write([]byte("+1555"))
	pieces.Write([]byte("1234"))
	if !bytes.Equal(pieces.Sum(nil), one[:]) {
		t.Error("the digest of pieces differs")
	}
}
