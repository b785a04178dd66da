package policy

import (
	"errors"
)

// Selector tells the callers whom Callers describe from all others, for those who decide about callers besides the policy. It
// is safe for concurrent use.
type Selector struct{ callers callers }

// NewSelector compiles Callers. All mistakes are reported together.
func NewSelector(config Callers) (*Selector, error) {
	c := &compiler{}
	s := &Selector{c.callers("", config)}
	return s, errors.Join(c.errs...)
}

// Refusal says why a caller is not meant; it is empty if the caller is.
func (s *Selector) Refusal(who Caller) string { return s.callers.refusal(who) }

// ExpandRPCs lists those of the rpcs, by their full names, that patterns stand for which are written as in Rule.RPCs. All
// mistakes are reported together.
func ExpandRPCs(patterns, rpcs []string) (map[string]bool, error) {
	c := &compiler{rpcs: rpcs}
	found := c.expand("", patterns)
	return found, errors.Join(c.errs...)
}
