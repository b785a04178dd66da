package redisstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/umgateway/umgateway/internal/ledger"
	"github.com/umgateway/umgateway/internal/redisclient"
)

// Store keeps records in a server. It is safe for concurrent use.
type Store struct {
	options Options
	client  *redis.Client
	script  *redis.Script

	mu   sync.Mutex
	mark string // which content the store began with; empty before the first use
}

// Open checks the options. It does not connect yet: a gateway can start without its server, and refuses dials until the
// server is there. Ledger.Check tells.
func Open(options Options) (*Store, error) { return openWith(options, serverClock) }

func openWith(options Options, clock string) (*Store, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("redisstore: %w", err)
	}
	s := &Store{options: options, script: newScript(clock)}
	if s.client, err = redisclient.New(options.Options, s.onConnect); err != nil {
		return nil, fmt.Errorf("redisstore: %w", err)
	}
	return s, nil
}

// Swap writes the record if the version is still from. It returns when the write is on the server's disk.
func (s *Store) Swap(ctx context.Context, id ledger.ID, from ledger.Version, write ledger.Write) (ledger.Snapshot, error) {
	// The client does not look at a context that has ended before.
	if err := ctx.Err(); err != nil {
		return ledger.Snapshot{}, classify(err)
	}
	mark, err := s.contentMark(ctx)
	if err != nil {
		return ledger.Snapshot{}, classify(err)
	}
	c, err := s.newCall(mark, id, from, write)
	if err != nil {
		return ledger.Snapshot{}, classify(err)
	}
	found, err := s.run(ctx, c)
	return found, classify(err)
}

func (s *Store) run(ctx context.Context, c *call) (ledger.Snapshot, error) {
	if s.options.WaitReplicas > 0 && c.write.Record.State == ledger.StateSent {
		return s.runAndWait(ctx, c)
	}
	reply, err := s.script.Run(ctx, s.client, c.keys, c.args...).Result()
	if err != nil {
		return ledger.Snapshot{}, err
	}
	return c.read(reply)
}

// runAndWait runs the script and waits for the replicas. Only SENT needs it: a replica that has forgotten a reservation
// refuses the SENT that was to follow, and one that has forgotten an answer still knows that the request was sent.
func (s *Store) runAndWait(ctx context.Context, c *call) (ledger.Snapshot, error) {
	conn := s.client.Conn() // WAIT is about the writes of its own connection
	defer conn.Close()
	reply, err := s.script.Run(ctx, conn, c.keys, c.args...).Result()
	if err != nil {
		return ledger.Snapshot{}, err
	}
	confirmed, err := conn.Wait(ctx, s.options.WaitReplicas, s.options.Timeout/2).Result()
	if err != nil {
		return ledger.Snapshot{}, err
	}
	if confirmed < int64(s.options.WaitReplicas) {
		return ledger.Snapshot{}, fmt.Errorf("%d of %d replicas confirmed the write in time", confirmed, s.options.WaitReplicas)
	}
	return c.read(reply)
}

// Close closes the connections. Later calls fail.
func (s *Store) Close() error {
	if err := s.client.Close(); err != nil && !errors.Is(err, redis.ErrClosed) {
		return fmt.Errorf("redisstore: %w", err)
	}
	return nil
}

func (s *Store) markKey() string { return s.options.Prefix + "mark" }

// contentMark returns the mark that the content bore when this store was first used. A content that bears none gets one.
func (s *Store) contentMark(ctx context.Context) (string, error) {
	s.mu.Lock()
	mark := s.mark
	s.mu.Unlock()
	if mark != "" {
		return mark, nil
	}
	if err := s.client.SetNX(ctx, s.markKey(), rand.Text(), 0).Err(); err != nil {
		return "", err
	}
	mark, err := s.client.Get(ctx, s.markKey()).Result()
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mark == "" {
		s.mark = mark
	}
	return s.mark, nil
}
