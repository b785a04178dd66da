package endurance

import (
	"math/rand/v2"
	"sync"
)

// point is a step on the way of a call.
type point int

const (
	asked    point = iota // a caller is about to ask the gateway
	arrived               // the request has arrived at Exchange
	executed              // Exchange has executed it
	replied               // Exchange has sent its reply
	answered              // the caller has its answer
	points                // how many there are
)

// victim can be killed and started again.
type victim interface {
	strike()
	start() error
}

// chaos kills its victims in turn, again and again, each time after some calls have reached a point drawn at random.
type chaos struct {
	victims []victim
	pause   int // how many calls reach a point between two blows, on average

	blows chan chan struct{}
	stop  chan struct{} // closed by finish
	done  chan struct{} // closed when no blow falls any more
	count int           // of the blows

	mu    sync.Mutex
	armed bool
	next  point
	left  int // how many calls are still to reach the point
}

func newChaos(pause int, victims ...victim) *chaos {
	return &chaos{
		victims: victims, pause: pause,
		blows: make(chan chan struct{}), stop: make(chan struct{}), done: make(chan struct{}),
	}
}

// run strikes until finish is called. It fails if a victim does not start again.
func (c *chaos) run(fail func(error)) {
	defer close(c.done)
	for {
		c.aim()
		select {
		case <-c.stop:
			return
		case struck := <-c.blows:
			v := c.victims[c.count%len(c.victims)]
			v.strike()
			c.count++
			close(struck)
			if err := v.start(); err != nil {
				fail(err)
				return
			}
		}
	}
}

func (c *chaos) aim() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed, c.next, c.left = true, point(rand.IntN(int(points))), 1+rand.IntN(2*c.pause)
}

// at is told that a call has reached a point. Now and then it holds the call there until the blow has fallen.
func (c *chaos) at(p point) {
	if !c.falls(p) {
		return
	}
	struck := make(chan struct{})
	if hold := rand.IntN(2) == 0; hold {
		c.strike(struck)
		return
	}
	go c.strike(struck)
}

func (c *chaos) strike(struck chan struct{}) {
	select {
	case c.blows <- struck:
		<-struck
	case <-c.done:
	}
}

// falls tells whether a blow falls at this point.
func (c *chaos) falls(p point) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.armed || p != c.next {
		return false
	}
	c.left--
	c.armed = c.left > 0
	return !c.armed
}

// finish ends the blows, and returns how many there were. All victims run afterwards.
func (c *chaos) finish() int {
	close(c.stop)
	<-c.done
	return c.count
}
