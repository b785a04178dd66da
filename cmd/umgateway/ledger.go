package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	spb "google.golang.org/genproto/googleapis/rpc/status"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/gateway/principal"
	"github.com/umgateway/umgateway/internal/backend"
	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/internal/ledger"
	"github.com/umgateway/umgateway/internal/ledger/boltstore"
	"github.com/umgateway/umgateway/internal/ledger/ledgerrpc"
	"github.com/umgateway/umgateway/internal/ledger/ledgersoap"
	"github.com/umgateway/umgateway/internal/ledger/memstore"
	"github.com/umgateway/umgateway/internal/ledger/redisstore"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// ledgerFlags say where the gateway remembers requests with a request_id.
type ledgerFlags struct {
	File        string        `name:"file" placeholder:"FILE" help:"File that remembers which calls with a request_id were placed (ledger.db in $$STATE_DIRECTORY, or else in umgateway below the user's state directory)."`
	Redis       string        `name:"redis" placeholder:"ADDR" help:"Redis that several gateways share instead of a file: host:port or the path of a socket."`
	RedisUser   string        `name:"redis-username" placeholder:"USER" help:"User of the Redis."`
	RedisSecret string        `name:"redis-password-file" placeholder:"FILE" help:"File with the password of the Redis. It is read again when it changes."`
	Unsafe      bool          `name:"redis-allow-unsafe" help:"Accept a Redis that may lose what it acknowledged: a repeated request may then ring twice."`
	Retention   time.Duration `name:"retention" default:"24h" help:"How long a request_id is remembered (${default})."`
}

// open opens the ledger.
func (f *ledgerFlags) open(logger *slog.Logger) (*ledger.Ledger, error) {
	store, err := f.store(logger)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	return openLedger(store, f.Retention, logger)
}

func openLedger(store ledger.Store, retention time.Duration, logger *slog.Logger) (*ledger.Ledger, error) {
	return ledger.Open(store, ledger.Options{Retention: retention, Observe: func(e ledger.Event) {
		if e.Err != nil {
			logger.Error("ledger", "event", e.Kind.String(), "error", e.Err)
		}
	}})
}

func (f *ledgerFlags) store(logger *slog.Logger) (ledger.Store, error) {
	if f.Redis == "" {
		path, err := f.path()
		if err != nil {
			return nil, err
		}
		return boltstore.Open(boltstore.Options{Path: path})
	}
	if f.File != "" {
		return nil, errors.New("--ledger-file and --ledger-redis: give one of them")
	}
	options := redisstore.Options{Address: f.Redis, Username: f.RedisUser, AllowUnsafe: f.Unsafe}
	if f.RedisSecret != "" {
		password, err := transport.NewPasswordFile(f.RedisSecret, logger)
		if err != nil {
			return nil, fmt.Errorf("--ledger-redis-password-file: %w", err)
		}
		options.Password = password.Password
	}
	redisstore.LogTo(logger)
	return redisstore.Open(options)
}

// path is where the file is, in a directory that is there.
func (f *ledgerFlags) path() (string, error) {
	if f.File != "" {
		return f.File, nil
	}
	directory := os.Getenv("STATE_DIRECTORY") // of systemd
	if directory == "" {
		state := os.Getenv("XDG_STATE_HOME")
		if home, err := os.UserHomeDir(); state == "" && err == nil {
			state = filepath.Join(home, ".local", "state")
		}
		if state == "" {
			return "", errors.New("there is no directory for the file: name it by --ledger-file")
		}
		directory = filepath.Join(state, "umgateway")
	}
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return "", fmt.Errorf("%w: name a file by --ledger-file", err)
	}
	return filepath.Join(directory, "ledger.db"), nil
}

// forgetful is the ledger of the demo, which remembers as long as it runs.
func forgetful(logger *slog.Logger) (*ledger.Ledger, error) {
	return openLedger(memstore.New(memstore.Options{}), 0, logger)
}

// guard puts the ledger before what carries the calls out.
func guard(l *ledger.Ledger, next gateway.Invoker, settings backend.Settings) (gateway.Invoker, error) {
	asCaller := settings.Identity == backend.IdentityCallerBasic
	guarded, err := ledgerrpc.New(ledgerrpc.Config{
		Ledger: l, Next: next,
		Scope: func(ctx context.Context, _ protoreflect.MethodDescriptor) (ledgerrpc.Scope, error) {
			return scope(ctx, settings), nil
		},
		BeforeSend: transport.WithBeforeSend,
		Judge:      ledgersoap.Judge(exchange.Retries().Faults),
		Status: func(method protoreflect.MethodDescriptor, err error) *spb.Status {
			return gateway.ExplainBackend(string(method.Name()), err, asCaller).GRPCStatus().Proto()
		},
	}, exchange.Services()...)
	if err != nil {
		return nil, err
	}
	return remembering{guarded}, nil
}

// scope tells who asks whom.
func scope(ctx context.Context, settings backend.Settings) ledgerrpc.Scope {
	s := ledgerrpc.Scope{Backend: "default", Identity: settings.Username}
	if caller, known := principal.FromContext(ctx); known {
		s.Principal = caller.Key()
	}
	if credential, shown := principal.CredentialFromContext(ctx); shown {
		s.Identity = credential.User()
	}
	return s
}

// remembering explains the errors of the ledger.
type remembering struct{ gateway.Invoker }

// Invoke carries the call out, or returns what was answered to the same request before.
func (r remembering) Invoke(ctx context.Context, method protoreflect.MethodDescriptor, in proto.Message) (proto.Message, error) {
	out, err := r.Invoker.Invoke(ctx, method, in)
	if err == nil {
		return out, nil
	}
	name := string(method.Name())
	var (
		recorded    *ledgerrpc.OutcomeError
		store       *ledger.StoreError
		interrupted *ledger.InterruptedError
	)
	switch {
	case errors.As(err, &recorded) && recorded.Status != nil:
		return nil, gateway.FromStatus(status.FromProto(recorded.Status), err)
	case errors.As(err, &recorded):
		return nil, &gateway.Error{Code: codes.Unknown, Reason: "OUTCOME_UNKNOWN", Cause: err,
			Message: name + ": an earlier gateway may or may not have had the call executed: do not repeat it under another request_id"}
	case errors.Is(err, ledger.ErrReused):
		return nil, &gateway.Error{Code: codes.FailedPrecondition, Reason: "REQUEST_ID_REUSED", Cause: err,
			Message: name + ": this request_id was used for another request"}
	case errors.As(err, &interrupted):
		return nil, interruptedError(name, interrupted)
	case errors.As(err, &store), errors.Is(err, ledger.ErrLost), errors.Is(err, ledger.ErrClosed):
		return nil, &gateway.Error{Code: codes.Unavailable, Reason: "LEDGER_UNAVAILABLE", Cause: err,
			Message: name + ": the gateway cannot record the call, and did not place it", RetryAfter: time.Second}
	}
	return nil, err
}

func interruptedError(name string, interrupted *ledger.InterruptedError) *gateway.Error {
	e := &gateway.Error{Code: codes.DeadlineExceeded, Reason: "DEADLINE", Cause: interrupted, Message: name + ": the deadline passed; nothing was sent"}
	if errors.Is(interrupted.Err, context.Canceled) {
		e.Code, e.Reason = codes.Canceled, "CANCELED"
	}
	if interrupted.Sent {
		e.Message = name + ": the deadline passed, and the call goes on: repeat it with the same request_id to learn the outcome"
	}
	return e
}
