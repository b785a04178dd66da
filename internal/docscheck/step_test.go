package docscheck

import (
	"regexp"
	"strings"
)

// step is a command of a page.
type step struct {
	page    string
	line    int
	command string   // of one line or more
	server  string   // what it serves as until it is stopped; empty if it ends by itself
	output  []string // what must be printed; nil if anything may be
	checked bool     // output is what must be printed, and not the exit code
}

// steps takes a block of commands apart.
func (b block) steps() []step {
	var all []step
	for i := 0; i < len(b.lines); i++ {
		line, isCommand := b.lines[i], true
		if b.language == "console" {
			line, isCommand = strings.CutPrefix(line, "$ ")
		}
		switch {
		case !isCommand:
			if len(all) > 0 {
				last := &all[len(all)-1]
				last.output = append(last.output, line)
			}
			continue
		case strings.TrimSpace(line) == "", strings.HasPrefix(line, "#"):
			continue
		}
		s := step{page: b.page, line: b.line + i, checked: b.language == "console"}
		for i+1 < len(b.lines) && !complete(line) {
			i++
			line += "\n" + b.lines[i]
		}
		s.command, s.server = line, servedBy(line)
		all = append(all, s)
	}
	return all
}

var heredoc = regexp.MustCompile(`<<-?\s*['"]?(\w+)['"]?`)

// complete tells whether a shell would carry the text out rather than wait for more.
func complete(text string) bool {
	if match := heredoc.FindStringSubmatch(text); match != nil {
		return strings.HasSuffix(text, "\n"+match[1])
	}
	quote := rune(0)
	escaped := false
	for _, r := range text {
		switch {
		case escaped:
			escaped = false
		case r == '\\' && quote != '\'':
			escaped = true
		case quote == 0 && (r == '\'' || r == '"'):
			quote = r
		case r == quote:
			quote = 0
		}
	}
	return quote == 0 && !escaped
}

var serving = regexp.MustCompile(`^(?:\w+=\S+ )*(?:go run \./cmd/)?umgateway (demo|serve|simulate)\b`)

// servedBy tells what a command serves as. A gateway takes the place of an earlier one, and a simulator too.
func servedBy(command string) string {
	match := serving.FindStringSubmatch(command)
	switch {
	case match == nil, strings.Contains(command, "--help"):
		return ""
	case match[1] == "simulate":
		return "simulator"
	}
	return "gateway"
}
