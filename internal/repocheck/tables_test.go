package repocheck

import (
	"path"
	"regexp"
	"strings"
)

var code = regexp.MustCompile("`([^`]+)`")

// codeIn returns what stands between backticks in the cell.
func codeIn(cell string) []string {
	var found []string
	for _, match := range code.FindAllStringSubmatch(cell, -1) {
		found = append(found, match[1])
	}
	return found
}

// table returns the rows of the first table below the heading whose first cell is code, as cells.
func (t tree) table(name, heading string) [][]string {
	_, section, _ := strings.Cut("\n"+t[name], "\n## "+heading+"\n")
	var rows [][]string
	for line := range strings.Lines(section) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "| `"):
			rows = append(rows, strings.Split(strings.Trim(line, "|"), "|"))
		case rows != nil && !strings.HasPrefix(line, "|"):
			return rows
		}
	}
	return rows
}

// nested tells whether the folder belongs to a Go module below the root.
func (t tree) nested(folder string) bool {
	for ; folder != "."; folder = path.Dir(folder) {
		if _, found := t[path.Join(folder, "go.mod")]; found {
			return true
		}
	}
	return false
}
