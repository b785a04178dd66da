package main

import (
	"errors"
	"fmt"
	"net"
	"strings"
)

// check refuses settings that cannot be meant, before anything is opened. All of them are reported.
func (s *settings) check() error {
	return errors.Join(s.checkBackends(), s.checkLimits(), s.checkHosts(), s.checkPlaces(), s.checkIdle())
}

// checkLimits refuses limits that would let nothing through. To those who read them, zero means the default.
func (s *settings) checkLimits() error {
	var errs []error
	for _, limit := range []struct {
		name  string
		value int64
	}{
		{"default-timeout", int64(s.DefaultTimeout)},
		{"max-timeout", int64(s.MaxTimeout)},
		{"drain-timeout", int64(s.DrainTimeout)},
		{"max-request-bytes", int64(s.MaxRequestBytes)},
		{"ledger-retention", int64(s.Retention)},
		{"backend-max-conns", int64(s.Backend.MaxConns)},
		{"backend-max-waiters", int64(s.Backend.MaxWaiters)},
	} {
		if limit.value <= 0 {
			errs = append(errs, fmt.Errorf("--%s: must be more than zero", limit.name))
		}
	}
	if s.MaxTimeout > 0 && s.MaxTimeout < s.DefaultTimeout {
		errs = append(errs, fmt.Errorf("--max-timeout: %v is less than --default-timeout, %v", s.MaxTimeout, s.DefaultTimeout))
	}
	return errors.Join(errs...)
}

// checkHosts refuses what no Host header can be equal to.
func (s *settings) checkHosts() error {
	var errs []error
	for _, host := range s.AllowedHosts {
		_, _, err := net.SplitHostPort(host)
		if err == nil || host == "" || strings.ContainsAny(host, "/@ ") {
			errs = append(errs, fmt.Errorf("--allowed-host: %q is not a host name: write it without scheme, port and path", host))
		}
	}
	return errors.Join(errs...)
}

// checkIdle refuses settings that say how to do what another setting does not ask for.
func (s *settings) checkIdle() error {
	var errs []error
	if s.AuditKeyFile != "" && s.AuditFile == "" {
		errs = append(errs, errors.New("--audit-key-file: nothing is recorded without --audit-file"))
	}
	aboutRedis := s.RedisUsername != "" || s.RedisPassword != "" || s.RedisUnsafe
	if aboutRedis && !strings.HasPrefix(s.Ledger, "redis") {
		errs = append(errs, errors.New("--ledger-redis-…: --ledger names no Redis, such as redis://host:6379"))
	}
	return errors.Join(errs...)
}
