package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// resolver gives flags that neither the command line nor the environment set the values in a configuration file.
type resolver struct{ file *configFile }

// Validate refuses keys that are no flags of the command.
func (r resolver) Validate(*kong.Application) error { return nil }

// Resolve finds the value of a flag.
func (r resolver) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	value, set := r.file.settings[flag.Name]
	if !set || inEnvironment(flag) {
		return nil, nil
	}
	if list, isList := value.([]string); isList {
		if !flag.IsCumulative() {
			return nil, fmt.Errorf("%s: %s: want one value, not a list", r.file.path, flag.Name)
		}
		values := make([]any, len(list))
		for i := range list {
			values[i] = list[i]
		}
		return values, nil
	}
	return value, nil
}

// inEnvironment tells whether the environment sets a flag.
func inEnvironment(flag *kong.Flag) bool {
	return slices.ContainsFunc(flag.Envs, func(name string) bool { _, set := os.LookupEnv(name); return set })
}

// checkKeys refuses keys of the file that the command does not have as flags, and asks whether another was meant.
func (r resolver) checkKeys(flags []*kong.Flag) error {
	unknown := r.unknown(flags)
	if len(unknown) == 0 {
		return nil
	}
	return fmt.Errorf("config: %s: unknown settings: %s", r.file.path, strings.Join(unknown, "; "))
}

// unknown lists the keys that are no flags, each with the question whether another was meant.
func (r resolver) unknown(flags []*kong.Flag) []string {
	known := map[string]bool{}
	for _, flag := range settingsAmong(flags) {
		known[flag.Name] = true
	}
	var unknown []string
	for _, name := range slices.Sorted(maps.Keys(r.file.settings)) {
		if !known[name] {
			unknown = append(unknown, name+nearest(name, slices.Sorted(maps.Keys(known))))
		}
	}
	return unknown
}

// settingsAmong leaves out the flags that are no settings: they say where these stand, or what they are.
func settingsAmong(flags []*kong.Flag) []*kong.Flag {
	return slices.DeleteFunc(slices.Clone(flags), func(f *kong.Flag) bool { return f.Name == "help" || f.Name == "config" })
}

// nearest asks whether the known name was meant that has most in common with a name.
func nearest(name string, known []string) string {
	best, most := "", 0
	for _, candidate := range known {
		if n := commonLetters(name, candidate); n > most {
			best, most = candidate, n
		}
	}
	if most*3 < len(name)*2 {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

// commonLetters is the length of the longest common subsequence, less what the candidate has too much.
func commonLetters(a, b string) int {
	row := make([]int, len(b)+1)
	for i := range len(a) {
		diagonal := 0
		for j := range len(b) {
			above := row[j+1]
			if a[i] == b[j] {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(row[j], above)
			}
			diagonal = above
		}
	}
	return row[len(b)] - max(len(b)-len(a), 0)/2
}
