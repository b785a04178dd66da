package kerberos

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const (
	maxProfileBytes = 1 << 20 // of all files together
	maxProfileFiles = 256
	maxBraces       = 16
)

// relation is a line "name = value" of krb5.conf, or a section with relations of its own.
type relation struct {
	name, value string
	inner       []*relation
}

// values returns the values of all relations on a path. Sections of one name count as one, as in MIT Kerberos.
func (r *relation) values(path ...string) []string {
	var list []string
	for _, inner := range r.inner {
		switch {
		case inner.name != path[0]:
		case len(path) > 1:
			list = append(list, inner.values(path[1:]...)...)
		case inner.inner == nil:
			list = append(list, inner.value)
		}
	}
	return list
}

// names returns the names of the relations in a section.
func (r *relation) names(section string) []string {
	var list []string
	for _, outer := range r.inner {
		for _, inner := range outer.inner {
			if outer.name == section && !slices.Contains(list, inner.name) {
				list = append(list, inner.name)
			}
		}
	}
	return list
}

// profileReader reads files of the format of krb5.conf(5).
type profileReader struct {
	root  relation
	bytes int
	files int
}

// file reads a file. An open section does not reach into included files, nor out of them.
func (r *profileReader) file(path string) error {
	if r.files++; r.files > maxProfileFiles {
		return fmt.Errorf("%s: too many files are included", path)
	}
	content, err := readFile(path, maxProfileBytes-r.bytes)
	if err != nil {
		return err
	}
	r.bytes += len(content)
	if err := r.text(content); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func (r *profileReader) text(content []byte) error {
	var open []*relation // the section and the braces within it
	number := 0
	for line := range bytes.Lines(bytes.TrimPrefix(content, []byte("\xEF\xBB\xBF"))) {
		number++
		var err error
		text := strings.TrimSpace(string(line))
		if word, argument, _ := cutWord(text); word == "include" || word == "includedir" {
			err = r.include(word, argument)
		} else {
			open, err = r.line(text, open)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
	}
	if len(open) > 1 {
		return errors.New("a brace is not closed")
	}
	return nil
}

func cutWord(text string) (word, rest string, found bool) {
	if i := strings.IndexAny(text, " \t"); i > 0 && !strings.HasPrefix(strings.TrimSpace(text[i:]), "=") {
		return text[:i], strings.TrimSpace(text[i:]), true
	}
	return "", "", false
}

// line reads a line within the open sections, and returns those that are open after it.
func (r *profileReader) line(text string, open []*relation) ([]*relation, error) {
	switch {
	case text == "" || text[0] == '#' || text[0] == ';':
		return open, nil
	case text[0] == '[':
		name, _, closed := strings.Cut(text[1:], "]")
		if !closed || len(open) > 1 {
			return nil, errors.New("a section header is out of place")
		}
		return []*relation{add(&r.root, strings.TrimSpace(name), "", true)}, nil
	case text == "{":
		return openLate(open)
	case text[0] == '}':
		if len(open) < 2 {
			return nil, errors.New("a brace is closed that was not opened")
		}
		return open[:len(open)-1], nil
	}
	if word, _, _ := cutWord(text); word == "module" && len(open) < 2 {
		return open, nil // a plug-in of the C library
	}
	name, value, found := strings.Cut(text, "=")
	name = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(name), "*"))
	value = strings.TrimSpace(value)
	switch {
	case len(open) == 0:
		return nil, errors.New("a relation stands before the first section")
	case !found || name == "":
		return nil, errors.New(`want "name = value"`)
	case value == "{" && len(open) > maxBraces:
		return nil, errors.New("too many braces within braces")
	}
	inner := add(open[len(open)-1], name, unquote(value), value == "{")
	if value == "{" {
		return append(slices.Clip(open), inner), nil
	}
	return open, nil
}

// openLate opens a brace that stands on a line after its name.
func openLate(open []*relation) ([]*relation, error) {
	if len(open) > 0 && len(open) <= maxBraces {
		outer := open[len(open)-1]
		if n := len(outer.inner); n > 0 && outer.inner[n-1].value == "" && outer.inner[n-1].inner == nil {
			outer.inner[n-1].inner = []*relation{}
			return append(slices.Clip(open), outer.inner[n-1]), nil
		}
	}
	return nil, errors.New("a brace is out of place")
}

func add(outer *relation, name, value string, section bool) *relation {
	inner := &relation{name: name, value: value}
	if section {
		inner.value, inner.inner = "", []*relation{}
	}
	outer.inner = append(outer.inner, inner)
	return inner
}

var escapes = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\b`, "\b", `\\`, `\`, `\"`, `"`)

func unquote(value string) string {
	if len(value) < 2 || value[0] != '"' || value[len(value)-1] != '"' {
		return value
	}
	return escapes.Replace(value[1 : len(value)-1])
}

// includable is how a file's name must look to be read from a directory.
var includable = regexp.MustCompile(`^[A-Za-z0-9_-]+$|^[^.].*\.conf$`)

func (r *profileReader) include(word, path string) error {
	if !filepath.IsAbs(path) {
		return fmt.Errorf("%s wants an absolute path", word)
	}
	if word == "include" {
		return r.file(path)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() || !includable.MatchString(entry.Name()) {
			continue
		}
		if err := r.file(filepath.Join(path, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}
