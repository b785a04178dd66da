package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/umgateway/umgateway/gateway"
	"github.com/umgateway/umgateway/internal/backend"
)

// preflight says what serve would refuse, all of it. It reads the files that serve reads, but listens nowhere, makes no file
// and sends nothing.
func (s *settings) preflight(ctx context.Context, logger *slog.Logger) error {
	contradictions := s.check()
	errs := []error{contradictions, s.checkLedger(logger), s.checkAudit()}
	access, err := newAccess(s.accessFlags, s.file.sections, reachOf(s.backends()), logger)
	if errs = append(errs, err); err == nil {
		errs = append(errs, access.checkOpen(s.accessFlags, s.places(ctx), logger))
	}
	if contradictions != nil {
		return errors.Join(errs...) // what follows would repeat them
	}
	for _, b := range s.backends() {
		errs = append(errs, b.tryOpen(logger))
	}
	return errors.Join(append(errs, s.tryGateway(logger))...)
}

// tryOpen opens a backend and closes it.
func (n named) tryOpen(logger *slog.Logger) error {
	quiet := n.Settings
	quiet.Probe = 0
	opened, err := backend.Open(quiet, backend.Options{Log: logger})
	if err == nil {
		err = opened.Close()
	}
	_, unknown := openAccounts(n.Settings, logger)
	return errors.Join(n.wrap(err), n.wrap(unknown))
}

// tryGateway puts together a gateway that nothing is behind, and what observes it.
func (s *settings) tryGateway(logger *slog.Logger) error {
	config := s.config(logger)
	config.Invoker = struct{ gateway.Invoker }{}
	_, err := gateway.New(config)
	observed, unobserved := observe(logger)
	if unobserved == nil {
		unobserved = observed.close()
	}
	return errors.Join(err, unobserved)
}

// checkLedger tells what open would say of the place that is named.
func (f *ledgerFlags) checkLedger(logger *slog.Logger) error {
	if f.Ledger == "" {
		return nil
	}
	var err error
	if place := f.redisPlace(); place != nil {
		_, err = f.redisServer(place, logger)
	} else {
		err = errors.Join(checkWritable(f.Ledger), checkWritable(f.Ledger+leasesSuffix))
	}
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return nil
}

// checkAudit tells what openAudit would say.
func (f *auditFlags) checkAudit() error {
	if f.AuditFile == "" {
		return nil
	}
	_, _, err := f.key()
	if unwritable := checkWritable(f.AuditFile); unwritable != nil {
		err = errors.Join(err, fmt.Errorf("--audit-file: %w", unwritable))
	}
	return err
}

// checkWritable tells why a file cannot be opened for writing. One that is not there needs its directory; whether it may be
// made in it is not tried.
func checkWritable(path string) error {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		_, err = os.Stat(filepath.Dir(path))
		return err
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return file.Close()
}
