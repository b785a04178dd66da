package soapbridge

import (
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/umgateway/umgateway/soapbridge/transport"
)

// WithPolls names the methods that ask how something stands. Their requests are given up first when the backend has too
// much to do (transport.PriorityPoll). By default there are none. transport.WithPriority does the same for single calls.
func WithPolls(methods ...protoreflect.FullName) Option {
	return func(b *Bridge) error {
		priorities := map[*plan]transport.Priority{}
		for _, method := range methods {
			p, built := b.plans[method]
			if !built {
				return fmt.Errorf("polls: %s is not a method of these services", method)
			}
			if p != nil {
				priorities[p] = transport.PriorityPoll
			}
		}
		b.priorities = priorities
		return nil
	}
}
