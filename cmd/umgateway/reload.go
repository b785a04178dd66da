package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"reflect"
	"time"
)

// lookEvery is how often the configuration file is looked at.
const lookEvery = 2 * time.Second

// reloader reads again what may change while the gateway serves.
type reloader struct {
	access   *access
	auditor  *auditor // nil if calls are not recorded
	file     *configFile
	backends []named  // that are served
	args     []string // the command line
	logger   *slog.Logger
}

func (c *serveCommand) reloader(access *access, s *service, args []string, logger *slog.Logger) *reloader {
	return &reloader{access: access, auditor: s.auditor, file: c.file, backends: c.backends(), args: args, logger: logger}
}

// follow reads the configuration file again when it has changed, and everything when the process is told to hang up. A file
// may be found half written: it counts once two looks have seen the same.
func (r *reloader) follow(ctx context.Context, hangUp <-chan os.Signal) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	read := r.file.stamp
	seen := read
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangUp:
			read = stamp(r.file.path)
			r.everything()
		case <-ticker.C:
			now := stamp(r.file.path)
			if now != read && now == seen {
				read = now
				r.configuration()
			}
			seen = now
		}
	}
}

// everything reads certificates and configuration again, and goes on with a new audit log where the old one was moved away.
func (r *reloader) everything() {
	if r.access.files != nil {
		// What is wrong with them is in the log already.
		_ = r.access.files.Reload()
	}
	if r.auditor != nil {
		if err := r.auditor.log.Reopen(); err != nil {
			r.logger.Error("the audit log cannot be opened again", "error", err)
		}
	}
	r.configuration()
}

// configuration puts the sections of the file in force. A file that cannot be used changes nothing.
func (r *reloader) configuration() {
	if r.file.path == "" {
		return
	}
	file, err := r.read()
	if err == nil {
		r.warnOfRestart(file)
		err = r.access.load(file.sections, reachOf(r.backends), r.logger)
	}
	r.access.loaded(err == nil)
	if err != nil {
		r.logger.Error("the configuration file cannot be used; what was read before stays in force", "error", err)
		return
	}
	r.logger.Info("the configuration file was read again: callers, policy, limits and routing are in force")
}

// read reads the file as the start of the gateway would: a mistake in what needs a restart is better known before that.
func (r *reloader) read() (*configFile, error) {
	var exit *int
	_, root, err := parse(r.args, &exit, io.Discard, io.Discard)
	if err != nil {
		return nil, err
	}
	return root.Serve.file, root.Serve.checkBackends()
}

// warnOfRestart tells what in a file is not put in force.
func (r *reloader) warnOfRestart(file *configFile) {
	if !reflect.DeepEqual(file.settings, r.file.settings) {
		r.logger.Warn("other settings in the configuration file have changed: they need a restart")
	}
	if !reflect.DeepEqual(file.sections.Backends, r.file.sections.Backends) {
		r.logger.Warn("backends in the configuration file have changed: they need a restart")
	}
}

// stamp changes when a file does. Without a file there is nothing to change.
func stamp(path string) string {
	if path == "" {
		return ""
	}
	info, err := os.Stat(path)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(info.ModTime().UnixNano(), info.Size())
}
