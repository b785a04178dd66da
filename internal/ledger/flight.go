package ledger

import "context"

// flight is an operation that somebody in this process asked for and that has not ended. The first who asks for it leads:
// it alone talks to the store; the others follow.
type flight struct {
	id      ID
	content Digest
	settled chan struct{} // closed when the store has confirmed the content
	done    chan struct{} // closed at the end
	answer  *Answer       // set before done is closed, if there is one for followers
}

// board finds the flight of an operation, or makes one that the caller leads.
func (l *Ledger) board(id ID, content Digest) (f *flight, first bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, false, ErrClosed
	}
	if f := l.flights[id]; f != nil {
		return f, false, nil
	}
	f = &flight{id: id, content: content, settled: make(chan struct{}), done: make(chan struct{})}
	l.flights[id] = f
	l.work++
	return f, true, nil
}

// settle says that the flight's content is what the request id stands for. Only the leader calls it.
func (f *flight) settle() {
	select {
	case <-f.settled:
	default:
		close(f.settled)
	}
}

// land ends a flight. With an answer, its followers get that; without, each asks anew.
func (l *Ledger) land(f *flight, answer *Answer) {
	l.mu.Lock()
	delete(l.flights, f.id)
	l.mu.Unlock()
	f.answer = answer
	close(f.done)
	l.done()
}

// follow waits for the end of a flight. answered is false if there is nothing to learn from it.
func (l *Ledger) follow(ctx context.Context, f *flight, content Digest, wait bool) (answer Answer, answered bool, err error) {
	if f.content != content {
		return Answer{}, false, l.contradict(ctx, f)
	}
	if !wait {
		select {
		case <-f.done:
		default:
			return Answer{}, false, ErrInFlight
		}
	}
	select {
	case <-f.done:
	case <-ctx.Done():
		return Answer{}, false, &InterruptedError{Sent: true, Err: ctx.Err()}
	}
	if f.answer == nil {
		return Answer{}, false, nil
	}
	l.observe(EventJoined, nil)
	return Answer{State: f.answer.State, Result: f.answer.Result, Source: SourceJoined}, true, nil
}

// contradict waits until it is clear whose content the request id stands for. It returns nil if that is not the flight's.
func (l *Ledger) contradict(ctx context.Context, f *flight) error {
	select {
	case <-f.settled:
		l.observe(EventReused, nil)
		return ErrReused
	case <-f.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
