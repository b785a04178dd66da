package redisstore_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/umgateway/umgateway/internal/ledger"
	"github.com/umgateway/umgateway/internal/ledger/redisstore"
	"github.com/umgateway/umgateway/internal/redisclient"
)

func at(address string) redisstore.Options {
	return redisstore.Options{Options: redisclient.Options{Address: address}}
}

func kindOf(err error) ledger.StoreKind {
	if failure := (*ledger.StoreError)(nil); errors.As(err, &failure) {
		return failure.Kind
	}
	return -1
}

// check tells whether the store can be used.
func check(s ledger.Store) error {
	_, err := s.Swap(context.Background(), ledger.ID{}, ledger.Version{1}, ledger.Write{})
	return err
}

func TestOptionsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	for rule, options := range map[string]redisstore.Options{
		"no address":        at(""),
		"a URL":             at("redis://localhost:6379"),
		"negative timeout":  {Options: redisclient.Options{Address: "localhost:6379", Timeout: -1}},
		"negative replicas": {Options: redisclient.Options{Address: "localhost:6379"}, WaitReplicas: -1},
		"negative database": {Options: redisclient.Options{Address: "localhost:6379", Database: -1}},
	} {
		if s, err := redisstore.Open(options); err == nil {
			s.Close()
			t.Errorf("%s: no error", rule)
		}
	}
}

func TestServerThatIsNotThereIsDown(t *testing.T) {
	t.Parallel()
	refusing, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing.Close()
	for _, address := range []string{refusing.Addr().String(), filepath.Join(t.TempDir(), "none.sock")} {
		s, err := redisstore.Open(at(address))
		if err != nil {
			t.Fatal(err)
		}
		if err := check(s); kindOf(err) != ledger.StoreDown {
			t.Errorf("%s: %v", address, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestReplyIsReadOnlyIfItBelongsToTheCall(t *testing.T) {
	t.Parallel()
	record := ledger.Record{State: ledger.StateSent, Version: ledger.Version{1}, Result: []byte("r")}
	data, _ := record.AppendBinary(nil)
	for _, c := range []struct {
		rule  string
		reply any
		want  ledger.Snapshot
		fails bool
	}{
		{"a record", []any{"n", string(data), int64(0)}, ledger.Snapshot{Record: record}, false},
		{"a record whose lease has run out", []any{"n", string(data), int64(1)}, ledger.Snapshot{Record: record, Expired: true}, false},
		{"no record", []any{"n", "", int64(0)}, ledger.Snapshot{}, false},
		{"the reply to another call", []any{"m", string(data), int64(0)}, ledger.Snapshot{}, true},
		{"half a reply", []any{"n", string(data)}, ledger.Snapshot{}, true},
		{"no list", "n", ledger.Snapshot{}, true},
		{"nothing", nil, ledger.Snapshot{}, true},
		{"another type of flag", []any{"n", string(data), "0"}, ledger.Snapshot{}, true},
		{"half a record", []any{"n", string(data[:20]), int64(0)}, ledger.Snapshot{}, true},
	} {
		got, err := redisstore.ReadReply("n", c.reply)
		if (err != nil) != c.fails || err == nil && !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v", c.rule, got, err)
		}
	}
}

func TestErrorsOfTheServerAreToldApart(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]ledger.StoreKind{
		"OOM command not allowed when used memory > 'maxmemory'.":               ledger.StoreFull,
		"LEDGERLOST the mark of the content is missing or another":              ledger.StoreBroken,
		"WRONGTYPE Operation against a key holding the wrong kind of value":     ledger.StoreBroken,
		"LOADING Redis is loading the dataset in memory":                        ledger.StoreDown,
		"READONLY You can't write against a read only replica.":                 ledger.StoreDown,
		"NOAUTH Authentication required.":                                       ledger.StoreDown,
		"dial tcp 127.0.0.1:6379: connect: connection refused":                  ledger.StoreDown,
		"an error that mentions OOM and LEDGERLOST, though not as its own code": ledger.StoreDown,
	} {
		if err := redisstore.Classify(errors.New(text)); kindOf(err) != want {
			t.Errorf("%q: %v", text, kindOf(err))
		}
	}
}
