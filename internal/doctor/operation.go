package doctor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/internal/backend"
	"github.com/umgateway/umgateway/internal/exchange"
	"github.com/umgateway/umgateway/soapbridge"
)

// operation signs in, once, and carries out an operation that only reads.
func (x *examination) operation(ctx context.Context) bool {
	if x.settings.Identity == backend.IdentityCallerBasic {
		x.find("operation", Note, "calls are made as their callers, so that there is no account to try it with", "")
		return true
	}
	var seen exchanges
	var version versionSeen
	back, err := backend.Open(x.settings, backend.Options{Observe: seen.add, SeeReply: version.look})
	if err != nil {
		x.find("operation", Fail, err.Error(), "correct the settings")
		return false
	}
	defer back.Close()
	method, request := probe(x.settings)
	out, err := back.Invoke(ctx, exchange.Method(method), request)
	x.namespace(&seen)
	x.version(&version)
	if x.settings.Dialect == exchange.EWS && isUnknownCall(err) {
		x.find("operation", Good, fmt.Sprintf("the server speaks ews, lets the gateway in, and answers in %v", seen.last().Round(time.Microsecond)), "")
		x.latency(&seen)
		return true
	}
	if err != nil {
		x.failed(ctx, err)
		return false
	}
	x.find("operation", Good, fmt.Sprintf("the server answers %s in %v", method.Name(), seen.last().Round(time.Microsecond)), "")
	x.latency(&seen)
	if answer, is := out.(*umv1.IsUMEnabledResponse); is && !answer.GetEnabled() {
		x.find("mailbox", Warn, "the account's mailbox is not enabled for Unified Messaging",
			enableMailbox)
	}
	return true
}

// failed says why the operation has failed, and what else that may mean.
func (x *examination) failed(ctx context.Context, err error) {
	verdict, detail, fix := explain(err)
	var failure *soapbridge.Error
	if !errors.As(err, &failure) {
		x.find("operation", verdict, detail, fix)
		return
	}
	if failure.Kind == soapbridge.KindUnauthorized && !x.signsIn() {
		detail = fmt.Sprintf("the server does not carry calls out without a sign-in (status %d), and the gateway is told to make none", failure.HTTPStatus)
		fix = "the server wants callers to sign in: give --backend-auth, --backend-username and --backend-password-file"
	}
	x.find("operation", verdict, detail, fix)
	x.rejected(failure)
	x.instead(ctx, failure)
}

// slow is how long an operation that only reads may take to be no matter of concern.
const slow = 2 * time.Second

func (x *examination) latency(seen *exchanges) {
	if took := seen.last(); took > slow {
		x.find("latency", Warn, fmt.Sprintf("the answer took %v", took.Round(time.Millisecond)), "look at the load of the server, and at the way to it")
	}
}

// probe is an operation that only reads: ews has none without arguments, but says that it knows no call of a made-up id.
func probe(settings backend.Settings) (protoreflect.FullName, proto.Message) {
	if settings.Dialect == exchange.EWS {
		return "um.v1.CallService.GetCallInfo", &umv1.GetCallInfoRequest{CallId: "dW1nYXRld2F5LWRvY3Rvcg=="}
	}
	return "um.v1.MailboxService.IsUMEnabled", &umv1.IsUMEnabledRequest{}
}

func isUnknownCall(err error) bool {
	var fault *soapbridge.Fault
	return errors.As(err, &fault) && fault.ResponseCode == "ErrorInvalidPhoneCallId"
}

// namespace says which form of the namespace the server knows.
func (x *examination) namespace(seen *exchanges) {
	if form := seen.accepted(); form != "" && x.settings.Dialect != exchange.EWS {
		x.find("namespace", Good, "the server knows the namespace with "+form+"; --backend-namespace "+form+" spares finding out", "")
	}
}

// exchanges are what went over the wire.
type exchanges struct {
	mu  sync.Mutex
	all []soapbridge.Exchange
}

func (e *exchanges) add(_ context.Context, exchange soapbridge.Exchange) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, exchange)
}

func (e *exchanges) last() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.all) == 0 {
		return 0
	}
	return e.all[len(e.all)-1].Duration
}

// accepted is the form of an exchange that brought a result; empty if none did.
func (e *exchanges) accepted() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, exchange := range e.all {
		if exchange.Err == nil {
			return exchange.Form
		}
	}
	return ""
}
