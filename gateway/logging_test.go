package gateway

import (
	"net"
	"testing"
)

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
