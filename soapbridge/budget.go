package soapbridge

import "sync/atomic"

// budget bounds repetitions to a share of the calls: each call pays a little in, each repetition takes a whole one out.
type budget struct {
	balance atomic.Int64 // in thousandths of a repetition
	most    int64
	share   int64
}

const wholeRepetition = 1000

// newBudget starts full, so that the first calls after a start can be helped as well.
func newBudget(ratio float64, burst int) *budget {
	b := &budget{most: int64(burst) * wholeRepetition, share: int64(ratio * wholeRepetition)}
	b.balance.Store(b.most)
	return b
}

// deposit pays in for one call. A full budget costs the call no write.
func (b *budget) deposit() {
	for {
		balance := b.balance.Load()
		if balance >= b.most || b.balance.CompareAndSwap(balance, min(b.most, balance+b.share)) {
			return
		}
	}
}

// withdraw takes one repetition out, if there is one.
func (b *budget) withdraw() bool {
	for {
		balance := b.balance.Load()
		if balance < wholeRepetition {
			return false
		}
		if b.balance.CompareAndSwap(balance, balance-wholeRepetition) {
			return true
		}
	}
}
