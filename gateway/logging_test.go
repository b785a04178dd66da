package gateway

import (
	"net"
	"testing"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
)

func TestFaultsThatNameOtherCallsAreLoggedWithoutTheirIDs(t *testing.T) {
	t.Parallel()
	hide := newRedactor(&umv1.PlayOnPhoneRequest{EntryId: "AAAA", DialString: "4255550100"})
	for text, want := range map[string]string{
		"call MDlkZjllZGMtNGUyMy00NzA5+/LWJkYWY= to 4255550100 broke": "call [redacted] to [redacted] broke",
		"call MDlkZjllZGMtNGUyMy00NzA5LWJkYWYtN2=='s end":             "call [redacted]'s end",
		"System.Web.Services.Protocols.Soap11ServerProtocolHelper":    "System.Web.Services.Protocols.Soap11ServerProtocolHelper",
		"PublicKeyToken=b77a5c561934e089, Culture=neutral":            "PublicKeyToken=b77a5c561934e089, Culture=neutral",
		"status=1": "status=1",
	} {
		if got := hide(text); got != want {
			t.Errorf("%q is logged as %q, want %q", text, got, want)
		}
	}
}

func TestAnAddressIsLoggedAsItWritesItself(t *testing.T) {
	t.Parallel()
	for _, address := range []net.Addr{
		&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 50000},
		&net.TCPAddr{IP: net.IP{192, 0, 2, 1}, Port: 1},
		&net.TCPAddr{IP: net.ParseIP("2001:db8::1"), Port: 443},
		&net.TCPAddr{IP: net.ParseIP("fe80::1"), Port: 65535, Zone: "eth0"},
		&net.TCPAddr{Port: 80},
		&net.UnixAddr{Name: "/run/umgateway.sock", Net: "unix"},
		&net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 53},
	} {
		if got := addressOf(address); got != address.String() {
			t.Errorf("got %q, want %q", got, address)
		}
	}
}
