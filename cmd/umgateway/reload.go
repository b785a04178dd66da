package main

import (
	"context"
	"fmt"
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
	backends []named // that are served
	logger   *slog.Logger
}

func (c *serveCommand) reloader(access *access, s *service, logger *slog.Logger) *reloader {
	return &reloader{access: access, auditor: s.auditor, file: c.file, backends: c.backends(), logger: logger}
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
	file, err := readConfig(r.file.path)
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
