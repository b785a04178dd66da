package main

import (
	"fmt"
	"os"
	"slices"

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

// settingsAmong leaves out the flags that are no settings: they say where these stand, or what they are.
func settingsAmong(flags []*kong.Flag) []*kong.Flag {
	return slices.DeleteFunc(slices.Clone(flags), func(f *kong.Flag) bool { return f.Name == "help" || f.Name == "version" || f.Name == "config" })
}

// nearest is the known name that has most in common with a name; empty if that is not much.
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
	return best
}

// didYouMean asks whether a name was meant, if there is one.
func didYouMean(name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", name)
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
