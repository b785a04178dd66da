package docscheck

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// block is a fenced part of a page.
type block struct {
	page     string // path from the root
	line     int    // of its first line
	language string
	lines    []string // without the fence's indentation
}

// first is the line by which tables name the block.
func (b block) first() string { return strings.TrimPrefix(b.lines[0], "$ ") }

// pages are the paths of all pages, from the root.
func pages(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(root + "/docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"README.md", "deploy/README.md"}
	for _, path := range found {
		names = append(names, "docs/"+filepath.Base(path))
	}
	slices.Sort(names)
	return names
}

// read returns the blocks of a page.
func read(t *testing.T, page string) []block {
	t.Helper()
	return blocks(page, textOf(t, page))
}

var fence = regexp.MustCompile("^( *)```(.*)$")

// blocks finds the fenced parts of a page. Empty ones are left out.
func blocks(page, text string) []block {
	var all []block
	var open *block
	indent := ""
	for i, line := range strings.Split(text, "\n") {
		match := fence.FindStringSubmatch(line)
		switch {
		case match != nil && open == nil:
			indent = match[1]
			open = &block{page: page, line: i + 2, language: match[2]}
		case match != nil:
			if len(open.lines) > 0 {
				all = append(all, *open)
			}
			open = nil
		case open != nil:
			open.lines = append(open.lines, strings.TrimPrefix(line, indent))
		}
	}
	return all
}

var (
	fenced   = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	item     = regexp.MustCompile(`^ *(?:[-*]|\d+\.) `)
	indented = regexp.MustCompile(`^(?: {4}|\t)\S`)
)

// unfenced returns lines of a page that are code by their indentation, so that nobody can tell commands from other text.
func unfenced(text string) []string {
	var found []string
	list, before := false, ""
	for line := range strings.SplitSeq(fenced.ReplaceAllString(text, ""), "\n") {
		switch {
		case indented.MatchString(line) && before == "" && !list:
			found = append(found, line)
		case item.MatchString(line):
			list = true
		case line != "" && !strings.HasPrefix(line, " "):
			list = false
		}
		before = line
	}
	return found
}

// textOf reads a file.
func textOf(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
