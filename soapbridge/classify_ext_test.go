package soapbridge_test

import (
	"testing"

	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

func TestAnAnswerToWhatWasNotSentIsNoSuccess(t *testing.T) {
	t.Parallel()
	b := &backend{answer: func(*transport.Request) (*transport.Reply, error) {
		reply, err := ended()
		reply.Unsent = true
		return reply, err
	}}
	_, err := newUMBridge(t, b).Invoke(t.Context(), umMethod(t, "Disconnect"), requestOf(t, "Disconnect"))
	if got := failureOf(t, err); got.Kind != soapbridge.KindNotSOAP || got.Sent != transport.NothingSent {
		t.Errorf("got %v, sent %d; want a reply that makes no sense, and nothing sent", got, got.Sent)
	}
}

func TestAProxysPageThatCannotBeReadIsAnOutage(t *testing.T) {
	t.Parallel()
	const doctype = `<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x"><html/>`
	tests := []struct {
		name string
		what outcome
		want soapbridge.Kind
	}{
		{"503 in a charset nobody reads", replies(503, "text/plain; charset=koi8-r", "?"), soapbridge.KindUnavailable},
		{"502 as xhtml", replies(502, "application/xhtml+xml", doctype), soapbridge.KindUnavailable},
		{"504 with an envelope", replies(504, "text/xml", envelope("")), soapbridge.KindReplyRefused},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			bridge := newUMBridge(t, inTurn(tt.what), soapbridge.WithForm("https"))
			_, err := bridge.Invoke(t.Context(), umMethod(t, "GetCallInfo"), requestOf(t, "GetCallInfo"))
			if got := failureOf(t, err); got.Kind != tt.want {
				t.Errorf("got %v, want kind %v", got, tt.want)
			}
		})
	}
}
