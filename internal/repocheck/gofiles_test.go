package repocheck

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"strconv"
	"strings"
)

// ours is the path of the module; packages are named relative to it.
const ours = "github.com/umgateway/umgateway/"

// A goFile is a parsed file of the tree.
type goFile struct {
	name      string // its path
	test      bool
	generated bool
	syntax    *ast.File
	positions *token.FileSet
}

// goFiles parses the Go files of the tree. Those that do not parse are the compiler's to report.
func (t tree) goFiles() []goFile {
	var files []goFile
	positions := token.NewFileSet()
	for name, text := range t.named("*.go") {
		syntax, err := parser.ParseFile(positions, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			continue
		}
		files = append(files, goFile{
			name:      name,
			test:      strings.HasSuffix(name, "_test.go"),
			generated: ast.IsGenerated(syntax),
			syntax:    syntax,
			positions: positions,
		})
	}
	return files
}

// folder returns the folder of the file, which is its package's path in the module.
func (f goFile) folder() string {
	return path.Dir(f.name)
}

// imports returns the paths of the packages that the file imports.
func (f goFile) imports() []string {
	var paths []string
	for _, spec := range f.syntax.Imports {
		if imported, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, imported)
		}
	}
	return paths
}

// complain formats a complaint about the place in the file.
func (f goFile) complain(at token.Pos, format string, args ...any) string {
	return fmt.Sprintf("%s:%d: %s", f.name, f.positions.Position(at).Line, fmt.Sprintf(format, args...))
}
