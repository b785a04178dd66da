package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
)

// place is an address to listen on, as far as it is known before.
type place struct {
	flag  string
	host  string // as it is written
	ip    net.IP // nil if only a name server knows it
	port  int
	wrong error
}

// checkPlaces refuses addresses that cannot be listened on together.
func (s *settings) checkPlaces() error {
	var errs []error
	all := s.allPlaces(context.Background())
	for i, p := range all {
		if p.wrong != nil {
			errs = append(errs, fmt.Errorf("--%s: %w", p.flag, p.wrong))
			continue
		}
		for _, before := range all[:i] {
			if before.wrong == nil && p.overlaps(before) {
				errs = append(errs, fmt.Errorf("--%s: port %d is that of --%s already", p.flag, p.port, before.flag))
			}
		}
	}
	return errors.Join(errs...)
}

// places are the addresses of the fronts, as listeners would have them. One whose name only a name server knows has no IP.
func (s *settings) places(ctx context.Context) []net.Addr {
	var addresses []net.Addr
	for _, p := range s.allPlaces(ctx) {
		if p.wrong == nil && p.flag != "admin-addr" {
			addresses = append(addresses, &net.TCPAddr{IP: p.ip, Port: p.port})
		}
	}
	return addresses
}

func (s *settings) allPlaces(ctx context.Context) []place {
	all := []place{placeOf(ctx, "http-addr", s.HTTPAddr), placeOf(ctx, "grpc-addr", s.GRPCAddr)}
	if s.AdminAddr != "" {
		all = append(all, placeOf(ctx, "admin-addr", s.AdminAddr))
	}
	return all
}

// localNames knows the names that the machine knows by itself.
var localNames = net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("no name server is asked")
}}

func placeOf(ctx context.Context, flag, address string) place {
	p := place{flag: flag}
	var port string
	if p.host, port, p.wrong = net.SplitHostPort(address); p.wrong != nil {
		return p
	}
	if p.port, p.wrong = localNames.LookupPort(ctx, "tcp", port); p.wrong != nil {
		return p
	}
	if p.host == "" {
		p.ip = net.IPv6unspecified
		return p
	}
	found, err := localNames.LookupIPAddr(ctx, p.host)
	if err != nil || len(found) == 0 {
		return p
	}
	// A listener prefers IPv4, too.
	first := max(slices.IndexFunc(found, func(a net.IPAddr) bool { return a.IP.To4() != nil }), 0)
	p.ip = found[first].IP
	return p
}

// overlaps tells whether two listeners cannot have both places. Any free port, 0, is another one each time.
func (p place) overlaps(other place) bool {
	switch {
	case p.port == 0 || p.port != other.port:
		return false
	case p.ip == nil || other.ip == nil:
		return p.host == other.host
	}
	return p.ip.IsUnspecified() || other.ip.IsUnspecified() || p.ip.Equal(other.ip)
}
