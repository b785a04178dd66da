package exchangesim

import "time"

// Exchange is one request and its reply.
type Exchange struct {
	Time    time.Time
	Method  string
	Action  string // the SOAPAction as it was sent, with its quotes
	User    string // whom the front named, or DefaultUser; not who is impersonated
	Request string
	Status  int    // 0 if the connection is closed without a reply
	Reply   string // as it is sent: with what went wrong with it

	Path      string
	Dialect   string
	Operation string // as the request names it, known or not
}

// What the history keeps at most. The newest exchange is always kept.
const (
	keptExchanges = 256
	keptBytes     = 32 << 20
)

// history holds the last exchanges, the oldest first.
type history struct {
	kept  []Exchange
	bytes int
}

func (h *history) add(e Exchange) {
	h.kept = append(h.kept, e)
	h.bytes += e.size()
	for len(h.kept) > keptExchanges || h.bytes > keptBytes && len(h.kept) > 1 {
		h.bytes -= h.kept[0].size()
		h.kept[0] = Exchange{}
		h.kept = h.kept[1:]
	}
}

func (e Exchange) size() int { return len(e.Request) + len(e.Reply) }
