package repocheck

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// debianPackagesAreSorted keeps the lists of packages that .ci/packages reads: one name a line, in order, none twice.
var debianPackagesAreSorted = rule{
	name:  "debian packages are sorted",
	check: checkDebianPackages,
	breach: tree{
		"a/debian-packages.txt": "apache2\nlibstdc++6\npython3-zeep\n",
		"b/debian-packages.txt": "b\na\n",
		"c/debian-packages.txt": "a\na\n",
		"d/debian-packages.txt": "a b\n",
		"e/debian-packages.txt": "",
		"f/debian-packages.txt": "a",
	},
	complaints: []string{
		"b/debian-packages.txt: not sorted, or a name twice",
		"c/debian-packages.txt: not sorted, or a name twice",
		"d/debian-packages.txt: not one package name a line",
		"e/debian-packages.txt: not one package name a line",
		"f/debian-packages.txt: not one package name a line",
	},
}

var packageNames = regexp.MustCompile(`^(?:[a-z0-9][a-z0-9+.-]+\n|[a-z0-9]\n)+$`)

func checkDebianPackages(t tree) []string {
	var complaints []string
	for name, text := range t.named("debian-packages.txt") {
		lines := strings.Fields(text)
		switch {
		case !packageNames.MatchString(text):
			complaints = append(complaints, fmt.Sprintf("%s: not one package name a line", name))
		case !slices.IsSorted(lines) || len(slices.Compact(lines)) != strings.Count(text, "\n"):
			complaints = append(complaints, fmt.Sprintf("%s: not sorted, or a name twice", name))
		}
	}
	return complaints
}

// readmeNamesTheTestCommand holds README.md to the command that needs Go alone.
var readmeNamesTheTestCommand = rule{
	name:       "readme names the test command",
	check:      checkReadme,
	breach:     tree{"README.md": "Run `go test -v ./...`\n"},
	complaints: []string{"README.md: does not name the test command, go test ./..."},
}

func checkReadme(t tree) []string {
	if text, found := t["README.md"]; !found || strings.Contains(text, "go test ./...") {
		return nil
	}
	return []string{"README.md: does not name the test command, go test ./..."}
}
