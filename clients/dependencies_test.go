package clients_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestArchitectureListsWhatTheClientNeeds compares the table of npm packages with what is pinned.
func TestArchitectureListsWhatTheClientNeeds(t *testing.T) {
	t.Parallel()
	var lock struct {
		Packages map[string]struct {
			Version, Resolved             string
			Dependencies, DevDependencies map[string]string
		}
	}
	text, err := os.ReadFile("typescript/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile("../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(table), "\n")
	client := lock.Packages[""]
	names := slices.Concat(slices.Sorted(maps.Keys(client.Dependencies)), slices.Sorted(maps.Keys(client.DevDependencies)))
	if len(names) == 0 {
		t.Error("the lock file lists no dependencies")
	}
	for _, name := range names {
		version := lock.Packages["node_modules/"+name].Version
		if !slices.ContainsFunc(lines, func(line string) bool {
			return strings.HasPrefix(line, "| ") && strings.Contains(line, "`"+name+"`") && strings.Contains(line, version)
		}) {
			t.Errorf("ARCHITECTURE.md: no row for %s %s", name, version)
		}
	}
	for name, locked := range lock.Packages {
		if locked.Resolved != "" {
			t.Errorf("typescript/package-lock.json: %s names the address of a registry", name)
		}
	}
}
