package redisstore_test

import (
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/umgateway/umgateway/internal/ledger/redisstore"
)

// libraryLog holds what the library has written since the start of the tests.
var libraryLog lockedBuilder

type lockedBuilder struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuilder) Write(data []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(data)
}

func (b *lockedBuilder) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func TestMain(m *testing.M) {
	redisstore.LogTo(slog.New(slog.NewTextHandler(&libraryLog, nil)))
	os.Exit(m.Run())
}

func TestMessagesOfTheLibraryGoToTheLogger(t *testing.T) {
	s, err := redisstore.Open(at("/nowhere/redis.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if check(s) == nil || !strings.Contains(libraryLog.String(), "/nowhere/redis.sock") {
		t.Errorf("the log holds %q", libraryLog.String())
	}
}
