package audit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// rotatedName matches what is added to the name of a log for a file that is full: the number of its last line, with leading
// zeros, so that the names sort.
var rotatedName = regexp.MustCompile(`\.[0-9]{20}$`)

func rotated(path string, last uint64) string { return fmt.Sprintf("%s.%020d", path, last) }

// Files lists the files of the log at a path, the oldest first: those that are full and still beside it, and the current one.
func Files(path string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	base := filepath.Base(path)
	var files []string
	for _, entry := range entries {
		if name := entry.Name(); len(name) == len(base)+21 && name[:len(base)] == base && rotatedName.MatchString(name[len(base):]) {
			files = append(files, filepath.Join(filepath.Dir(path), name))
		}
	}
	slices.Sort(files)
	return append(files, path), nil
}

// ErrNoHead tells that all lines are right, but nothing says how many there were.
var ErrNoHead = errors.New("the head is missing: nobody can tell whether the log is complete")

// VerifyLog checks all files of the log at a path, their order, and the head. The error is as that of Verify. Without a head it
// is ErrNoHead after the other checks, unless the last file has its last line, EventEnd.
func VerifyLog(path string, key []byte) (Report, error) {
	switch info, err := os.Stat(path); {
	case errors.Is(err, os.ErrNotExist):
		return Report{}, fmt.Errorf("audit: %s: no such file", path)
	case err == nil && !info.Mode().IsRegular():
		return Report{}, fmt.Errorf("audit: %s: not a file", path)
	}
	files, err := Files(path)
	if err != nil {
		return Report{}, err
	}
	head, found, err := ReadHead(path, key)
	switch {
	case errors.Is(err, errHead):
		return Report{}, &Break{File: path + headSuffix, Line: 1, Why: errHead.Error()}
	case err != nil:
		return Report{}, err
	case !found:
		report, err := verifyFiles(files, VerifyOptions{Key: key})
		if err == nil && !report.Ended {
			err = fmt.Errorf("audit: %s: %w", path+headSuffix, ErrNoHead)
		}
		return report, err
	}
	return verifyFiles(files, VerifyOptions{Key: key, Head: &head})
}

// verifyFiles checks files that follow on each other.
func verifyFiles(files []string, options VerifyOptions) (Report, error) {
	var all Report
	for i, name := range files {
		options.more = i < len(files)-1
		report, err := verifyFile(name, options)
		all = all.with(report, i == 0)
		if err != nil {
			return all, err
		}
		options.After = &all.Last
	}
	return all, nil
}

func verifyFile(name string, options VerifyOptions) (Report, error) {
	file, err := os.Open(name)
	if err != nil {
		return Report{}, fmt.Errorf("audit: %w", err)
	}
	defer func() { _ = file.Close() }()
	report, err := Verify(file, options)
	for i := range report.Recoveries {
		report.Recoveries[i].File = name
	}
	if broken := (*Break)(nil); errors.As(err, &broken) {
		broken.File = name
	}
	return report, err
}

// with adds the report of the next file.
func (r Report) with(next Report, first bool) Report {
	if first {
		return next
	}
	r.Lines += next.Lines
	r.Recoveries = append(r.Recoveries, next.Recoveries...)
	if next.Lines > 0 {
		r.Last, r.To, r.Ended = next.Last, next.To, next.Ended
	}
	return r
}
