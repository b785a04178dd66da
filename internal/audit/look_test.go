//go:build unix

package audit

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestRemovedFileIsMissed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		removed []string
		lines   int // of the file at the path, after one more call
		want    string
	}{
		"the file": {[]string{""}, 3, "the file before this one was removed while it was written, with the lines up to number 4"},
		"both":     {[]string{"", headSuffix}, 3, "the file before this one was removed while it was written, with the lines up to number 4"},
		"the head": {[]string{headSuffix}, 5, "the head was removed while the log was written"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, testKey)
			options := s.options()
			var warnings []string
			options.Warn = func(note string) { warnings = append(warnings, note) }
			l, err := Open(options)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = l.Close() })
			appendN(t, l, 2)
			for _, suffix := range test.removed {
				if err := os.Remove(s.path + suffix); err != nil {
					t.Fatal(err)
				}
			}
			appendN(t, l, 1)
			if len(warnings) != 1 || !strings.HasPrefix(test.want, warnings[0][:20]) {
				t.Errorf("warned of %q", warnings)
			}
			got, err := s.verify()
			notes := slices.ContainsFunc(got.Recoveries, func(r Recovery) bool { return r.Note == warnings[0] })
			if err != nil || got.Lines != test.lines || !notes {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestChangedOrReplacedFileIsNotWrittenOn(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(s *stand, text []byte) error{
		"truncated": func(s *stand, _ []byte) error { return os.Truncate(s.path, 0) },
		"added to":  func(s *stand, text []byte) error { return os.WriteFile(s.path, append(text, text...), 0o600) },
		"replaced": func(s *stand, text []byte) error {
			if err := os.WriteFile(s.path+".new", bytes.Replace(text, []byte("alice"), []byte("bobby"), 1), 0o600); err != nil {
				return err
			}
			return os.Rename(s.path+".new", s.path)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, testKey)
			l := s.open(t)
			appendN(t, l, 2)
			if err := change(s, s.read(t)); err != nil {
				t.Fatal(err)
			}
			changed := s.read(t)
			if l.Err() == nil || l.Append(call("3")) == nil || !bytes.Equal(s.read(t), changed) {
				t.Error("the file is written on")
			}
			if err := os.Rename(s.path, s.path+".1"); err != nil {
				t.Fatal(err)
			}
			if err := l.Reopen(); err != nil {
				t.Fatal(err)
			}
			appendN(t, l, 1)
			if _, err := s.verify(); err != nil || l.Err() != nil {
				t.Errorf("got %v, %v", err, l.Err())
			}
		})
	}
}
