package repocheck

import (
	"fmt"
	"slices"
	"strings"
)

// importsFollowTheArrows holds the code to the table of packages in ARCHITECTURE.md: a row governs its package and those
// below it that no row of their own governs; besides each other they import only what the row names, and what is below.
// Tests are free.
var importsFollowTheArrows = rule{
	name:  "imports follow the arrows",
	check: checkArrows,
	breach: tree{
		"ARCHITECTURE.md": "## Packages\n\n" +
			"| Package | Promise | Imports |\n|---|---|---|\n" +
			"| `a` | top | `b`, `gen/a` |\n| `a/low` | bottom | – |\n| `b` | side | – |\n| `c` | gone | `b` |\n" +
			"| `gen` | generated | – |\n",
		"a/a.go":         importing("a", "b/deep", "gen/a/v1", "a/other", "a/low"),
		"a/a_test.go":    importing("a", "a/low"),
		"a/other/o.go":   importing("other", "a", "gen/abc"),
		"a/low/low.go":   importing("low", "a/low/er"),
		"a/low/er/er.go": importing("er", "b"),
		"b/deep/deep.go": importing("deep", "ba"),
		"ba/ba.go":       importing("ba"),
		"gen/a/v1/v1.go": importing("v1"),
		"gen/abc/abc.go": importing("abc"),
	},
	complaints: []string{
		"ARCHITECTURE.md: there is no package in c",
		"ARCHITECTURE.md: package ba has no row in the table of packages",
		"a/a.go:3: a must not import a/low",
		"a/other/o.go:3: a/other must not import gen/abc",
		"a/low/er/er.go:3: a/low/er must not import b",
		"b/deep/deep.go:3: b/deep must not import ba",
	},
}

func checkArrows(t tree) []string {
	if !t.has("ARCHITECTURE.md") {
		return []string{"ARCHITECTURE.md: missing"}
	}
	allowed := map[string][]string{}
	for _, row := range t.table("ARCHITECTURE.md", "Packages") {
		allowed[codeIn(row[0])[0]] = codeIn(row[2])
	}
	var complaints []string
	used := map[string]bool{}
	for _, file := range t.goFiles() {
		if file.test || t.nested(file.folder()) {
			continue
		}
		row, found := governing(allowed, file.folder())
		if !found {
			complaints = append(complaints, fmt.Sprintf("ARCHITECTURE.md: package %s has no row in the table of packages", file.folder()))
		}
		used[row] = true
		for i, imported := range file.imports() {
			target, isOurs := strings.CutPrefix(imported, ours)
			if !isOurs || !found {
				continue
			}
			if other, _ := governing(allowed, target); other == row || covers(allowed[row], target) {
				continue
			}
			complaints = append(complaints, file.complain(file.syntax.Imports[i].Pos(), "%s must not import %s", file.folder(), target))
		}
	}
	for row := range allowed {
		if !used[row] {
			complaints = append(complaints, fmt.Sprintf("ARCHITECTURE.md: there is no package in %s", row))
		}
	}
	return slices.Compact(complaints)
}

// governing returns the most specific row for the package.
func governing(rows map[string][]string, pkg string) (string, bool) {
	best, found := "", false
	for row := range rows {
		if covers([]string{row}, pkg) && (!found || len(row) > len(best)) {
			best, found = row, true
		}
	}
	return best, found
}

// covers tells whether one of the packages is pkg or above it.
func covers(packages []string, pkg string) bool {
	return slices.ContainsFunc(packages, func(p string) bool {
		return pkg == p || strings.HasPrefix(pkg, p+"/")
	})
}

// importing returns a Go file that imports the packages of ours.
func importing(name string, packages ...string) string {
	var specs []string
	for _, pkg := range packages {
		specs = append(specs, fmt.Sprintf("_ %q", ours+pkg))
	}
	return fmt.Sprintf("package %s\n\nimport (%s)\n", name, strings.Join(specs, "; "))
}
