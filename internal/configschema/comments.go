package configschema

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"strings"
)

// Comments are the comments of the fields of structs, by "package.Type.Field".
type Comments map[string]string

// ReadComments reads the comments in all packages below a module's folder.
func ReadComments(folder, module string) (Comments, error) {
	comments := Comments{}
	err := filepath.WalkDir(folder, func(name string, entry os.DirEntry, err error) error {
		switch base := filepath.Base(name); {
		case err != nil:
			return err
		case entry.IsDir() && (base == "testdata" || base == "node_modules" || strings.HasPrefix(base, ".") && name != folder):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go"):
			return nil
		}
		relative, err := filepath.Rel(folder, filepath.Dir(name))
		if err != nil {
			return err
		}
		return comments.read(name, path.Join(module, filepath.ToSlash(relative)))
	})
	if err != nil {
		return nil, fmt.Errorf("configschema: read comments: %w", err)
	}
	return comments, nil
}

// read adds the comments in one file.
func (c Comments) read(name, pkg string) error {
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, isType := n.(*ast.TypeSpec)
		if !isType {
			return true
		}
		if structure, isStruct := spec.Type.(*ast.StructType); isStruct {
			for _, field := range structure.Fields.List {
				for _, name := range field.Names {
					c[pkg+"."+spec.Name.Name+"."+name.Name] = textOf(field)
				}
			}
		}
		return false
	})
	return nil
}

// textOf is the comment above a field, or else the one behind it.
func textOf(field *ast.Field) string {
	if text := field.Doc.Text(); text != "" {
		return strings.Join(strings.Fields(text), " ")
	}
	return strings.Join(strings.Fields(field.Comment.Text()), " ")
}

// of says what a key means. A comment begins with the name of the field: users know the key.
func (c Comments) of(t reflect.Type, field reflect.StructField, key string) string {
	if help := field.Tag.Get("help"); help != "" {
		return help
	}
	text := c[t.PkgPath()+"."+t.Name()+"."+field.Name]
	if rest, named := strings.CutPrefix(text, field.Name); named && strings.ContainsAny(rest[:min(len(rest), 1)], " :,") {
		return key + rest
	}
	return text
}
