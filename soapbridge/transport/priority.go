package transport

import "context"

// Priority orders requests under overload.
type Priority int

const (
	// PriorityNormal is for what a caller asked for.
	PriorityNormal Priority = iota
	// PriorityPoll is for status polls, which are shed first.
	PriorityPoll
)

// WithPriority has the requests made under the context be treated as of that priority, unless Request.Priority is lower.
func WithPriority(ctx context.Context, priority Priority) context.Context {
	return context.WithValue(ctx, priorityKey, priority)
}

// PriorityFromContext returns what WithPriority set; PriorityNormal if nothing.
func PriorityFromContext(ctx context.Context) Priority {
	priority, _ := ctx.Value(priorityKey).(Priority)
	return priority
}
