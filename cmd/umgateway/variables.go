package main

import (
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// variablePrefix is what the names of all variables begin with that stand for flags.
const variablePrefix = "UMGATEWAY_"

// serviceLink matches the variables that Kubernetes makes for a service whose name begins with umgateway, and not for the
// gateway (Kubernetes, "Connecting Applications with Services").
var serviceLink = regexp.MustCompile(`_SERVICE_(?:HOST|PORT)(?:_\w+)?=|_PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?=(?:(?:tcp|udp|sctp)(?:$|:)|[\d.:]+$)`)

// strangeVariables says which variables of an environment look like settings and are none of any command, each with what was
// probably meant.
func strangeVariables(command *kong.Context, environ []string) []string {
	known := map[string]bool{}
	addVariables(known, command.Model.Node)
	names := variableNames(command.Flags())
	var strange []string
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, variablePrefix) || known[name] || serviceLink.MatchString(variable) {
			continue
		}
		meant := nearest(strings.TrimPrefix(name, variablePrefix), names)
		if meant != "" {
			meant = variablePrefix + meant
		}
		strange = append(strange, fmt.Sprintf("the environment variable %s is no setting%s", name, didYouMean(meant)))
	}
	return slices.Compact(slices.Sorted(slices.Values(strange)))
}

// addVariables collects the variables of a command and those below it.
func addVariables(known map[string]bool, node *kong.Node) {
	for _, name := range variableNames(node.Flags) {
		known[variablePrefix+name] = true
	}
	for _, child := range node.Children {
		addVariables(known, child)
	}
}

// variableNames are those of flags, without their prefix, in order.
func variableNames(flags []*kong.Flag) []string {
	names := map[string]bool{}
	for _, flag := range flags {
		for _, name := range flag.Envs {
			names[strings.TrimPrefix(name, variablePrefix)] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// warnOfVariables tells of variables that nobody reads: a setting that is spelt wrong changes nothing.
func (env *environment) warnOfVariables(logger *slog.Logger) {
	for _, text := range env.strange {
		logger.Warn(text)
	}
}
