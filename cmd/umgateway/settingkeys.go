package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// origin is where a setting stands in a file.
type origin struct {
	key  string // as it is written, with a dot behind a group
	line int
}

// within is the origin of a key in the group; the group of all has no name.
func (o origin) within(key *yaml.Node) origin {
	if o.key == "" {
		return origin{key.Value, key.Line}
	}
	return origin{o.key + "." + key.Value, key.Line}
}

// checkSettings refuses settings of the file that are no flags, or whose values are none of theirs, each with its line.
func (c *configFile) checkSettings(flags []*kong.Flag) error {
	known := map[string]*kong.Flag{}
	for _, flag := range settingsAmong(flags) {
		known[flag.Name] = flag
	}
	names := slices.SortedFunc(maps.Keys(c.settings), func(a, b string) int { return cmp.Compare(c.origins[a].line, c.origins[b].line) })
	var errs []error
	for _, name := range names {
		at, flag := c.origins[name], known[name]
		var err error
		switch {
		case flag == nil:
			err = fmt.Errorf("unknown setting %q%s", at.key, didYouMean(at.spell(nearest(name, slices.Sorted(maps.Keys(known))))))
		case !inEnvironment(flag):
			if err = checkValue(flag, c.settings[name]); err != nil {
				err = fmt.Errorf("%s: %w", at.key, err)
			}
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: line %d: %w", c.path, at.line, err))
		}
	}
	return errors.Join(errs...)
}

// spell writes the name of a flag as the key beside it is written.
func (o origin) spell(flag string) string {
	group, _, grouped := strings.Cut(o.key, ".")
	if rest, within := strings.CutPrefix(flag, flagName("", group)+"-"); grouped && within {
		return group + "." + strings.ReplaceAll(rest, "-", "_")
	}
	return strings.ReplaceAll(flag, "-", "_")
}

// checkValue tells what the flag would say of a value, without setting it.
func checkValue(flag *kong.Flag, value any) error {
	list, isList := value.([]string)
	switch {
	case !isList:
		list = []string{value.(string)}
	case !flag.IsCumulative():
		return errors.New("want one value, not a list")
	}
	for _, text := range list {
		scan := kong.ScanFromTokens(kong.Token{Value: text, Type: kong.FlagValueToken})
		if err := flag.Mapper.Decode(&kong.DecodeContext{Value: flag.Value, Scan: scan}, reflect.New(flag.Target.Type()).Elem()); err != nil {
			return err
		}
		if flag.Enum != "" && !slices.Contains(flag.EnumSlice(), text) {
			return fmt.Errorf("must be one of %s but is %q", strings.Join(flag.EnumSlice(), ", "), text)
		}
	}
	return nil
}
