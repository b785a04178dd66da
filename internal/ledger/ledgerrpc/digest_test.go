package ledgerrpc_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/umgateway/umgateway/internal/ledger"
)

// contents are all different.
var contents = []string{
	"",
	"number: '1'",
	"number: '2'",
	"loud: false",
	"loud: true",
	"tries: 0",
	"tries: 1",
	"tries: [1, 2]",
	"tries: [2, 1]",
	"tries: -1",
	"lease {}",
	"lease { seconds: 1 }",
	"lease { request_id: 'x' }",
	"lease { seconds: 1 } number: '1'",
	"token: '1'",
	"names: ['ab', 'c']",
	"names: ['a', 'bc']",
	"names: 'abc'",
	"kind: KIND_LOUD",
	"number: '1' token: '1'",
	"number: '1' names: '1'",
}

func TestContentIsTheSameIfAndOnlyIfEveryFieldIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := guard(t, ringing(t), nil)
		unknown := message(t, "DialRequest", "")
		unknown.ProtoReflect().SetUnknown(protowire.AppendVarint(protowire.AppendTag(nil, 100, protowire.VarintType), 1))
		messages := []proto.Message{unknown}
		for _, text := range contents {
			messages = append(messages, message(t, "DialRequest", text))
		}
		for i, first := range messages {
			for j, second := range messages {
				id := "request_id: 'r" + string(rune('A'+i)) + string(rune('A'+j)) + "'"
				ask := func(m proto.Message) error {
					in := proto.Clone(m)
					proto.Merge(in, message(t, "DialRequest", id))
					_, err := g.Invoke(t.Context(), rpc("Dial"), in)
					return err
				}
				if err := ask(first); err != nil {
					t.Fatal(err)
				}
				if err := ask(second); errors.Is(err, ledger.ErrReused) != (i != j) {
					t.Errorf("%v and %v: %v", first, second, err)
				}
			}
		}
	})
}
