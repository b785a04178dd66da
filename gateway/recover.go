package gateway

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

// errPanic marks a defect of the gateway that would have ended the process.
var errPanic = errors.New("panic")

// survive turns a panic into an error of this one call. The stack goes to the log with the error.
func (g *Gateway) survive(ctx context.Context, call *Call, next Handler) (err error) {
	defer func() {
		if defect := recover(); defect != nil {
			err = fmt.Errorf("%s: %w: %v\n%s", call.Method.Name(), errPanic, defect, debug.Stack())
		}
	}()
	return next(ctx, call)
}
