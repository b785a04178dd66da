package ledgerrpc

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/internal/ledger"
)

// Invoker carries an rpc out and returns its response.
type Invoker interface {
	Invoke(ctx context.Context, method protoreflect.MethodDescriptor, in proto.Message) (proto.Message, error)
}

// Scope is who asks whom, as far as it tells one operation from another.
type Scope struct {
	// Principal is the authenticated caller; empty where callers are not authenticated.
	Principal string
	// Backend is the name of the backend that the rpc goes to.
	Backend string
	// Identity is the name of the account at the backend. It must not depend on the account's password.
	Identity string
}

// Proof is what the error of an rpc proves about the operation.
type Proof int

const (
	// ProofNone: the operation may or may not have been executed. It is never tried again.
	ProofNone Proof = iota
	// ProofRejected: the backend has refused the operation, and its answer is the answer for good.
	ProofRejected
	// ProofNotExecuted: the operation certainly did not run, and the reason may pass: nothing was sent, or the backend was
	// too busy. A repeat is tried anew.
	ProofNotExecuted
)

// Config sets up a Guard. All but Answered is required.
type Config struct {
	Ledger *ledger.Ledger
	Next   Invoker
	// Scope tells who asks whom. Its error ends the call.
	Scope func(ctx context.Context, method protoreflect.MethodDescriptor) (Scope, error)
	// BeforeSend arranges that each request which is sent under the context that it returns is preceded by the call, and
	// not sent if that fails. transport.WithBeforeSend is one.
	BeforeSend func(ctx context.Context, call func(context.Context) error) context.Context
	// Judge tells what an error of Next proves. announced tells whether the call that BeforeSend arranges was made, and
	// allowed to go on.
	Judge func(err error, announced bool) Proof
	// Status is what a repeat is told of an error of Next. It must hold nothing of the request: it is recorded.
	Status func(method protoreflect.MethodDescriptor, err error) *statuspb.Status
	// Answered is told where the answer to a guarded call came from. Default: nobody is told.
	Answered func(ctx context.Context, source ledger.Source)
}

// Guard carries rpcs out, those with a request id at most once. It is safe for concurrent use.
type Guard struct {
	config  Config
	methods map[protoreflect.FullName]*method
}

// New makes a Guard for the methods of the services. Everything that is wrong with them is in the one error.
func New(config Config, services ...protoreflect.ServiceDescriptor) (*Guard, error) {
	if config.Ledger == nil || config.Next == nil || config.Scope == nil || config.BeforeSend == nil || config.Judge == nil || config.Status == nil {
		return nil, errors.New("ledgerrpc: the configuration is not complete")
	}
	if config.Answered == nil {
		config.Answered = func(context.Context, ledger.Source) {}
	}
	g := &Guard{config: config, methods: map[protoreflect.FullName]*method{}}
	var faults []error
	for _, service := range services {
		for i := range service.Methods().Len() {
			m, err := newMethod(service.Methods().Get(i))
			if m != nil {
				g.methods[m.descriptor.FullName()] = m
			}
			faults = append(faults, err)
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("ledgerrpc: %w", err)
	}
	return g, nil
}

// Guards tells whether a call is carried out at most once: it has a request id. Any other goes to Next as it is.
func (g *Guard) Guards(descriptor protoreflect.MethodDescriptor, in proto.Message) bool {
	m := g.methods[descriptor.FullName()]
	return m != nil && m.requestID(in) != ""
}

// Invoke carries the rpc out, or returns the answer of the call that did before. The errors are those of Next, and those
// that the package comment lists. in must not be changed before the exchange ends, which may be after Invoke has returned.
func (g *Guard) Invoke(ctx context.Context, descriptor protoreflect.MethodDescriptor, in proto.Message) (proto.Message, error) {
	if !g.Guards(descriptor, in) {
		return g.config.Next.Invoke(ctx, descriptor, in)
	}
	m := g.methods[descriptor.FullName()]
	scope, err := g.config.Scope(ctx, descriptor)
	if err != nil {
		return nil, err
	}
	key := ledger.Key{
		Principal: scope.Principal, Backend: scope.Backend, Identity: scope.Identity, RPC: m.full, RequestID: m.requestID(in),
	}
	run := &run{guard: g, method: m, in: in}
	answer, err := g.config.Ledger.Do(ctx, key, m.digest(key, in), run.exchange)
	if err != nil {
		return nil, err
	}
	g.config.Answered(ctx, answer.Source)
	if answer.Source == ledger.SourceExecuted && (run.out != nil || run.err != nil) {
		return run.out, run.err
	}
	return m.recall(answer)
}

// run is one execution of an rpc.
type run struct {
	guard     *Guard
	method    *method
	in        proto.Message
	announced atomic.Bool
	out       proto.Message
	err       error
}

func (r *run) exchange(ctx context.Context, beforeSend func(context.Context) error) ledger.Outcome {
	ctx = r.guard.config.BeforeSend(ctx, func(ctx context.Context) error {
		err := beforeSend(ctx)
		if err == nil {
			r.announced.Store(true)
		}
		return err
	})
	r.out, r.err = r.guard.config.Next.Invoke(ctx, r.method.descriptor, r.in)
	if r.err != nil {
		return r.failed()
	}
	response, err := proto.Marshal(r.out)
	if err != nil {
		return ledger.Unknown(nil) // it was executed, but cannot be recorded
	}
	return ledger.Accepted(response)
}

func (r *run) failed() ledger.Outcome {
	proof := r.guard.config.Judge(r.err, r.announced.Load())
	if proof == ProofNotExecuted {
		return ledger.NotExecuted(r.err)
	}
	status, err := proto.Marshal(r.guard.config.Status(r.method.descriptor, r.err))
	if err != nil {
		status = nil // the state alone is worth recording
	}
	if proof == ProofRejected {
		return ledger.Rejected(status)
	}
	return ledger.Unknown(status)
}
