//go:build interop

package docscheck

import (
	"strings"
	"testing"
)

func TestEveryCommandWorksAsPrinted(t *testing.T) {
	t.Parallel()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	for _, page := range pages(t) {
		t.Run(strings.ReplaceAll(page, "/", "_"), func(t *testing.T) {
			t.Parallel()
			var s *session
			for _, b := range read(t, page) {
				if !isCommands(b.language) || exempt(b) {
					continue
				}
				if s == nil {
					s = newSession(t)
				}
				for _, step := range b.steps() {
					s.carryOut(step)
				}
			}
		})
	}
}

func exempt(b block) bool {
	for _, e := range notRun {
		if e.page == b.page && e.first == b.first() {
			return true
		}
	}
	return false
}

func (s *session) carryOut(step step) {
	s.t.Helper()
	if step.server != "" {
		s.serve(step.server, step.command)
		return
	}
	got, status := s.run(step.command)
	printed := strings.Join(step.output, "\n")
	switch {
	case !step.checked && status != 0:
		s.t.Errorf("%s:%d: %s\nends with exit code %d, and prints\n%s", step.page, step.line, step.command, status, got)
	case step.checked && !matches(printed, got):
		s.t.Errorf("%s:%d: %s\nprints\n%s\nbut the page says\n%s", step.page, step.line, step.command, got, printed)
	case step.checked:
		learn(s.ids, printed, got)
	}
}
