package repocheck

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// dependenciesAreListed holds ARCHITECTURE.md's table of dependencies to what the code imports: every module that a
// package or a test of the product imports, and no module that go.mod lacks, in its version, with a licence and a reason.
var dependenciesAreListed = rule{
	name:  "dependencies are listed with version, licence and reason",
	check: checkDependencies,
	breach: tree{
		"go.mod": "module github.com/umgateway/umgateway\n\nrequire (\n\texample.com/a v1.0.0\n\texample.com/a/b/v2 v2.1.0 // indirect\n" +
			"\texample.com/c v1.0.0\n\texample.com/d v1.0.0\n\texample.com/e v0.3.0\n)\n",
		"x/x.go":        "package x\n\nimport (_ \"fmt\"; _ \"example.com/a/b/v2/c\"; _ \"example.com/a/z\"; _ \"example.com/e\")\n",
		"x/x_test.go":   "//go:build interop\n\npackage x\n\nimport _ \"example.com/c/cc\"\n",
		"sub/go.mod":    "module github.com/umgateway/umgateway/sub\n",
		"sub/sub.go":    "package sub\n\nimport _ \"example.com/d\"\n",
		"x/x_broken.go": "package x\n\nimport _ \"example.com/missing\"\n",
		"ARCHITECTURE.md": "## Dependencies\n\n| Module | Version | Licence | Why |\n|---|---|---|---|\n" +
			"| `example.com/a` | v1.0.0 | MIT | for x |\n| `example.com/a/b/v2` | v2.0.0 | MIT | for x |\n" +
			"| `example.com/d` | v1.0.0 | MIT | for d |\n| `example.com/f` | v1.0.0 | MIT | for f |\n| `example.com/e` | v0.3.0 | | for e |\n",
	},
	complaints: []string{
		"ARCHITECTURE.md: example.com/a/b/v2 is listed as v2.0.0, go.mod says v2.1.0",
		"ARCHITECTURE.md: example.com/c v1.0.0 is not in the table of dependencies",
		"ARCHITECTURE.md: example.com/f is in the table of dependencies, but not in go.mod",
		"ARCHITECTURE.md: example.com/e has no licence or no reason in the table of dependencies",
		"x/x_broken.go: example.com/missing is in no module of go.mod",
	},
}

func checkDependencies(t tree) []string {
	required := t.required("go.mod")
	complaints, unlisted := t.importedModules(required)
	for _, row := range t.table("ARCHITECTURE.md", "Dependencies") {
		module, version := codeIn(row[0])[0], strings.TrimSpace(row[1])
		switch want, found := required[module]; {
		case !found:
			complaints = append(complaints, fmt.Sprintf("ARCHITECTURE.md: %s is in the table of dependencies, but not in go.mod", module))
		case version != want:
			complaints = append(complaints, fmt.Sprintf("ARCHITECTURE.md: %s is listed as %s, go.mod says %s", module, version, want))
		case strings.TrimSpace(row[2]) == "" || strings.TrimSpace(row[3]) == "":
			complaints = append(complaints, fmt.Sprintf("ARCHITECTURE.md: %s has no licence or no reason in the table of dependencies", module))
		}
		delete(unlisted, module)
	}
	for module := range unlisted {
		complaints = append(complaints, fmt.Sprintf("ARCHITECTURE.md: %s %s is not in the table of dependencies", module, required[module]))
	}
	return complaints
}

// importedModules returns those of the required modules that the product's code imports, and complains about imports of
// others.
func (t tree) importedModules(required map[string]string) (complaints []string, used map[string]bool) {
	modules := slices.Sorted(maps.Keys(required))
	used = map[string]bool{}
	for _, file := range t.goFiles() {
		if t.nested(file.folder()) {
			continue
		}
		for _, imported := range file.imports() {
			first, _, _ := strings.Cut(imported, "/")
			if !strings.Contains(first, ".") || strings.HasPrefix(imported, ours) {
				continue
			}
			module := ""
			for _, candidate := range modules { // sorted: the longest comes last, and wins, as in Go itself
				if covers([]string{candidate}, imported) {
					module = candidate
				}
			}
			if module == "" {
				complaints = append(complaints, fmt.Sprintf("%s: %s is in no module of go.mod", file.name, imported))
				continue
			}
			used[module] = true
		}
	}
	return complaints, used
}

var requirement = regexp.MustCompile(`(?m)^(?:require )?\t?([a-z0-9.-]+\.[a-z]+/\S+) (v\S+)`)

// required returns the versions of the modules that a go.mod file requires.
func (t tree) required(name string) map[string]string {
	versions := map[string]string{}
	for _, match := range requirement.FindAllStringSubmatch(t[name], -1) {
		versions[match[1]] = match[2]
	}
	return versions
}

// generatorsMatchTheLibraries keeps generated code and the libraries that it calls at one version.
var generatorsMatchTheLibraries = rule{
	name:  "generators match the libraries",
	check: checkGenerators,
	breach: tree{
		"go.mod": "require (\n\tgoogle.golang.org/protobuf v1.1.0\n\tgoogle.golang.org/grpc v1.2.0 // indirect\n" +
			"\tgithub.com/grpc-ecosystem/grpc-gateway/v2 v2.1.0\n)\n",
		"tools/plugins/go.mod": "require google.golang.org/protobuf v1.1.0\nrequire google.golang.org/grpc v1.3.0\n",
	},
	complaints: []string{
		"tools/plugins/go.mod: google.golang.org/grpc is v1.3.0, go.mod says v1.2.0",
		"tools/plugins/go.mod: github.com/grpc-ecosystem/grpc-gateway/v2 is missing",
	},
}

func checkGenerators(t tree) []string {
	product, plugins := t.required("go.mod"), t.required("tools/plugins/go.mod")
	var complaints []string
	for _, module := range []string{
		"google.golang.org/protobuf",
		"google.golang.org/grpc",
		"github.com/grpc-ecosystem/grpc-gateway/v2",
	} {
		switch version := plugins[module]; version {
		case product[module]:
		case "":
			complaints = append(complaints, fmt.Sprintf("tools/plugins/go.mod: %s is missing", module))
		default:
			complaints = append(complaints, fmt.Sprintf("tools/plugins/go.mod: %s is %s, go.mod says %s", module, version, product[module]))
		}
	}
	return complaints
}
