// Package buildinfo says which program is running.
//
// It promises to tell what the Go toolchain itself wrote into the binary, so that no build has to pass anything on: the
// version and the commit come from the git repository, or, for "go install …@v1.2.3", from the module's version.
package buildinfo

import (
	"fmt"
	"runtime/debug"
	"strings"
	"time"
)

// Info describes a build. What is not known is empty.
type Info struct {
	// Version is the module's version: a tag such as "v1.2.3", a pseudo-version that names the commit, or "(devel)" for a
	// build outside of a repository. It ends in "+dirty" if there were changes that no commit holds.
	Version string
	// Commit is the full name of the git commit.
	Commit string
	// Modified tells that there were changes that the commit does not hold.
	Modified bool
	// Time is when the commit was made, in UTC.
	Time time.Time
	// Go is the version of the toolchain, such as "go1.26.8".
	Go string
}

// Get describes the program that runs.
func Get() Info {
	build, found := debug.ReadBuildInfo()
	if !found {
		return Info{}
	}
	return from(build)
}

func from(build *debug.BuildInfo) Info {
	info := Info{Version: build.Main.Version, Go: build.GoVersion}
	for _, setting := range build.Settings {
		switch setting.Key {
		case "vcs.revision":
			info.Commit = setting.Value
		case "vcs.modified":
			info.Modified = setting.Value == "true"
		case "vcs.time":
			info.Time, _ = time.Parse(time.RFC3339, setting.Value) // unknown if the toolchain wrote something else
		}
	}
	return info
}

// String returns one line, such as "v1.2.3 (commit 0123456789ab of 2026-01-02, go1.26.8)".
func (i Info) String() string {
	version := i.Version
	if version == "" {
		version = "(unknown)"
	}
	var about []string
	if i.Commit != "" {
		commit := "commit " + i.Commit[:min(12, len(i.Commit))]
		if !i.Time.IsZero() {
			commit += " of " + i.Time.UTC().Format(time.DateOnly)
		}
		if i.Modified {
			commit += " with changes"
		}
		about = append(about, commit)
	}
	if i.Go != "" {
		about = append(about, i.Go)
	}
	if about == nil {
		return version
	}
	return fmt.Sprintf("%s (%s)", version, strings.Join(about, ", "))
}
