package docscheck

import (
	"slices"
	"testing"
)

// others are the languages of blocks that are no commands.
var others = []string{"go", "html", "java", "csharp", "js", "json", "kotlin", "promql", "proto", "python", "text", "ts", "xml", "yaml"}

func isCommands(language string) bool { return language == "sh" || language == "console" }

func TestBlocksSayWhatTheyHold(t *testing.T) {
	t.Parallel()
	for _, page := range pages(t) {
		for _, b := range read(t, page) {
			if !isCommands(b.language) && !slices.Contains(others, b.language) {
				t.Errorf("%s:%d: a block of %q: commands are sh or console", page, b.line, b.language)
			}
			if b.language == "console" && b.lines[0] == b.first() {
				t.Errorf("%s:%d: a console block begins with a command, behind a $", page, b.line)
			}
		}
		for _, line := range unfenced(textOf(t, page)) {
			t.Errorf("%s: give this a fence, which says whether it is a command: %s", page, line)
		}
	}
}

func TestServersPrintNothingThatIsCompared(t *testing.T) {
	t.Parallel()
	for _, page := range pages(t) {
		for _, b := range read(t, page) {
			if !isCommands(b.language) {
				continue
			}
			for _, s := range b.steps() {
				if s.server != "" && s.checked {
					t.Errorf("%s:%d: %s goes on until it is stopped: show it in a block of sh", page, s.line, s.command)
				}
			}
		}
	}
}

func TestExceptionsAreAboutCommandsThatExist(t *testing.T) {
	t.Parallel()
	begins := map[[2]string]bool{}
	for _, page := range pages(t) {
		for _, b := range read(t, page) {
			begins[[2]string{page, b.first()}] = isCommands(b.language)
		}
	}
	for _, e := range notRun {
		if !begins[[2]string{e.page, e.first}] || e.reason == "" {
			t.Errorf("notRun: %s has no block of commands that begins with %q, or there is no reason", e.page, e.first)
		}
	}
}
