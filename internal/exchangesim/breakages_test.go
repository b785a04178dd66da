package exchangesim_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"testing"

	"github.com/umgateway/umgateway/internal/exchangesim"
)

// conditions say when and where something goes wrong, not what.
var conditions = []string{"Dialect", "Operation", "Times"}

func TestEverythingThatCanGoWrongHasAName(t *testing.T) {
	t.Parallel()
	missing, names := map[string]bool{}, map[string]bool{}
	kind := reflect.TypeFor[exchangesim.Misbehaviour]()
	for i := range kind.NumField() {
		missing[kind.Field(i).Name] = true
	}
	for _, name := range conditions {
		delete(missing, name)
	}
	for _, b := range exchangesim.Breakages() {
		if names[b.Name] || b.Name == "" || b.About == "" {
			t.Errorf("%+v has no name of its own, or nothing is said about it", b)
		}
		names[b.Name] = true
		value := reflect.ValueOf(b.Misbehaviour)
		for i := range kind.NumField() {
			if !value.Field(i).IsZero() {
				delete(missing, kind.Field(i).Name)
			}
		}
	}
	for name := range missing {
		t.Errorf("no breakage has %s", name)
	}
	used := identifiers(t, "breakages.go")
	for name := range functions(t, "misbehaviours.go") {
		if !used[name] {
			t.Errorf("no breakage uses %s", name)
		}
	}
}

// functions returns the exported functions of a file.
func functions(t *testing.T, path string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, declaration := range parsed(t, path).Decls {
		if f, is := declaration.(*ast.FuncDecl); is && f.Name.IsExported() {
			found[f.Name.Name] = true
		}
	}
	return found
}

// identifiers returns the names that a file uses.
func identifiers(t *testing.T, path string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	ast.Inspect(parsed(t, path), func(n ast.Node) bool {
		if name, is := n.(*ast.Ident); is {
			found[name.Name] = true
		}
		return true
	})
	return found
}

func parsed(t *testing.T, path string) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return file
}
