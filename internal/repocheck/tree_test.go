package repocheck

import (
	"bytes"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// A tree holds the text files that the project keeps, by their path from the root.
type tree map[string]string

// load reads the tree below the folder root, without what its .gitignore names.
func load(t *testing.T, root string) tree {
	t.Helper()
	files := os.DirFS(root)
	patterns, err := fs.ReadFile(files, ".gitignore")
	if err != nil {
		t.Fatal(err)
	}
	ignored := strings.Fields(string(patterns))
	kept := tree{}
	err = fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == ".git" && !entry.IsDir(): // of a linked worktree
			return nil
		case entry.IsDir():
			if name == ".git" || matchesAny(ignored, name+"/") {
				return fs.SkipDir
			}
			return nil
		case matchesAny(ignored, name):
			return nil
		}
		content, err := fs.ReadFile(files, name)
		if err == nil && !bytes.ContainsRune(content, 0) {
			kept[name] = string(content)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// matchesAny knows the three forms of pattern that .gitignore uses here: "/folder/" at the root, and "folder/" and
// "*.suffix" anywhere.
func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if suffix, found := strings.CutPrefix(pattern, "*"); found {
			return strings.HasSuffix(name, suffix)
		}
		if fromRoot, found := strings.CutPrefix(pattern, "/"); found {
			return name == fromRoot
		}
		return strings.HasSuffix("/"+name, "/"+pattern)
	})
}

// named returns the files whose base name matches one of the patterns of package path, in order.
func (t tree) named(patterns ...string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, name := range slices.Sorted(maps.Keys(t)) {
			fits := slices.ContainsFunc(patterns, func(pattern string) bool {
				matched, err := path.Match(pattern, path.Base(name))
				return matched && err == nil
			})
			if fits && !yield(name, t[name]) {
				return
			}
		}
	}
}

// has tells whether the tree holds the file or the folder name.
func (t tree) has(name string) bool {
	if _, found := t[name]; found || name == "." {
		return true
	}
	for file := range t {
		if strings.HasPrefix(file, name+"/") {
			return true
		}
	}
	return false
}

func TestLoadLeavesOutWhatGitIgnores(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for name, content := range map[string]string{
		".gitignore":     "/bin/\n*.out\nparts/\n",
		"a.go":           "package a",
		"b/bin/c.go":     "package bin",
		"bin/d.go":       "package d",
		"b/e.out":        "e",
		"b/parts/g.go":   "package g",
		"parts/h.go":     "package h",
		"b/parts.go":     "package b",
		".git/f":         "f",
		"b/picture.data": "\x00",
	} {
		if err := os.MkdirAll(path.Join(root, path.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path.Join(root, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got := slices.Sorted(maps.Keys(load(t, root)))
	if want := []string{".gitignore", "a.go", "b/bin/c.go", "b/parts.go"}; !slices.Equal(got, want) {
		t.Errorf("loaded %q, want %q", got, want)
	}
}
