// Package ledgersoap tells a ledger what the errors of a SOAP bridge prove. It promises to find "not executed" only where
// the bridge or the backend has proven that, and to leave every doubt a doubt.
package ledgersoap

import (
	"errors"

	"github.com/umgateway/umgateway/internal/ledger/ledgerrpc"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// Judge makes the judge of a ledgerrpc.Guard. faults is the table that the bridge's Retries have: of a fault's names, the
// first in the table counts, and FaultThrottled says that the backend did not execute the operation.
func Judge(faults map[string]soapbridge.FaultRetry) func(err error, announced bool) ledgerrpc.Proof {
	return func(err error, announced bool) ledgerrpc.Proof {
		var failure *soapbridge.Error
		switch {
		case errors.As(err, &failure) && failure.Kind != soapbridge.KindInternal:
			return judge(failure, faults)
		case announced:
			return ledgerrpc.ProofNone
		}
		return ledgerrpc.ProofNotExecuted
	}
}

func judge(failure *soapbridge.Error, faults map[string]soapbridge.FaultRetry) ledgerrpc.Proof {
	switch failure.Kind {
	case soapbridge.KindRequest, soapbridge.KindUnsupported, soapbridge.KindHeldOff, soapbridge.KindOverloaded, soapbridge.KindStopped:
		return ledgerrpc.ProofNotExecuted // nothing was sent
	case soapbridge.KindNotDispatched, soapbridge.KindThrottled, soapbridge.KindUnauthorized:
		return ledgerrpc.ProofNotExecuted // the backend said so
	case soapbridge.KindFault:
		return judgeFault(failure.Fault, faults)
	case soapbridge.KindOutcomeUnknown:
		return ledgerrpc.ProofNone
	}
	switch {
	case failure.Sent != transport.FullySent:
		return ledgerrpc.ProofNotExecuted // no server executes a part of a request
	case failure.Kind == soapbridge.KindForbidden, failure.Kind == soapbridge.KindProxyAuth:
		return ledgerrpc.ProofRejected
	}
	return ledgerrpc.ProofNone
}

// judgeFault takes a fault for the answer, though it may be one that does not say whether the operation ran: it is as much
// as anybody will learn.
func judgeFault(fault *soapbridge.Fault, faults map[string]soapbridge.FaultRetry) ledgerrpc.Proof {
	if fault == nil {
		return ledgerrpc.ProofNone
	}
	for _, name := range fault.Names() {
		if meaning, known := faults[name]; known {
			if meaning == soapbridge.FaultThrottled {
				return ledgerrpc.ProofNotExecuted
			}
			break
		}
	}
	return ledgerrpc.ProofRejected
}
