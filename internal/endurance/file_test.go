package endurance

import (
	"math"
	"path/filepath"
	"testing"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"

	"github.com/umgateway/umgateway/internal/exchangesim"
)

// blowsPerRun is how often something is killed in a short run, about.
const blowsPerRun = 12

// pause is how many calls there are between two blows. Long runs have more of both.
func pause(calls int) int { return max(min(calls/blowsPerRun, 50), 1) }

func TestNothingRingsTwiceThoughTheGatewayIsKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	l := &load{}
	l.exchange = newExchange(t, exchangesim.Config{}, func(p point) { l.chaos.at(p) })
	gateway := startNode(t, "gateway", l.exchange.url, filepath.Join(t.TempDir(), "ledger.db"))
	l.chaos = newChaos(pause(*dials), gateway)
	l.gateways = []umv1.CallServiceClient{gateway.calls(t), gateway.calls(t), gateway.calls(t)}
	l.run(t, *dials)
}

func TestNothingIsUnknownButWhatWasLostWhereNothingIsKilled(t *testing.T) {
	t.Parallel()
	l := &load{chaos: newChaos(math.MaxInt32)}
	l.exchange = newExchange(t, exchangesim.Config{}, func(point) {})
	l.gateways = []umv1.CallServiceClient{startNode(t, "gateway", l.exchange.url, filepath.Join(t.TempDir(), "ledger.db")).calls(t)}
	l.run(t, *dials)
	l.checkDoubts(t)
}
