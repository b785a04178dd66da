package main

import (
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
)

type configCommand struct {
	Check configCheckCommand `cmd:"" help:"Read the configuration as serve would, and say what is wrong with it."`
	Print configPrintCommand `cmd:"" help:"Show each setting as serve would see it, and where it comes from."`
}

type configCheckCommand struct {
	settings `embed:""`
}

// Run checks without opening or sending anything.
func (c *configCheckCommand) Run(env *environment) error {
	if err := c.checkBackends(); err != nil {
		return err
	}
	if _, err := newAccess(c.accessFlags, c.file.sections, reachOf(c.backends()), c.logger(env.stderr)); err != nil {
		return err
	}
	_, err := fmt.Fprintln(env.stdout, "the configuration is fine")
	return err
}

type configPrintCommand struct {
	settings `embed:""`
}

// Run prints a table. Secrets stand in files, of which only the paths are settings.
func (c *configPrintCommand) Run(env *environment, parsed *kong.Context) error {
	origins := originsOf(parsed)
	several := c.file.sections.Backends
	for _, flag := range parsed.Flags() {
		if flag.Name == "help" || len(several) > 0 && strings.HasPrefix(flag.Name, "backend-") {
			continue
		}
		if err := printSetting(env.stdout, flag.Name, textOf(flag), origins[flag.Name]); err != nil {
			return err
		}
	}
	for _, name := range sectionNames {
		origin := "default"
		if c.Config != "" {
			origin = "file " + c.Config
		}
		if err := printSetting(env.stdout, name, "(section)", origin); err != nil {
			return err
		}
		if name == "backends" {
			if err := several.print(env.stdout); err != nil {
				return err
			}
		}
	}
	return nil
}

func printSetting(w io.Writer, name, text, origin string) error {
	_, err := fmt.Fprintf(w, "%-34s %-40s # %s\n", name+":", text, origin)
	return err
}

// print shows every setting of every backend, whether the file has it or not.
func (b backendSections) print(w io.Writer) error {
	untouched, _, err := parseBackend(&configFile{})
	if err != nil {
		return err
	}
	defaults := reflect.ValueOf(untouched)
	for _, name := range b.names() {
		values := reflect.ValueOf(b[name])
		for i := range values.NumField() {
			origin, text := "file", textOfValue(values.Field(i).Interface())
			if text == textOfValue(defaults.Field(i).Interface()) {
				origin = "default"
			}
			setting := "backends." + name + "." + defaults.Type().Field(i).Tag.Get("yaml")
			if err := printSetting(w, setting, text, origin); err != nil {
				return err
			}
		}
	}
	return nil
}

func textOf(flag *kong.Flag) string { return textOfValue(flag.Target.Interface()) }

func textOfValue(value any) string {
	if list, isList := value.([]string); isList {
		return "[" + strings.Join(list, ", ") + "]"
	}
	return fmt.Sprint(value)
}

// originsOf tells where each flag has its value from.
func originsOf(parsed *kong.Context) map[string]string {
	origins := map[string]string{}
	for _, flag := range parsed.Flags() {
		origins[flag.Name] = "default"
		if inEnvironment(flag) {
			origins[flag.Name] = "environment"
		}
	}
	for _, element := range parsed.Path {
		switch {
		case element.Flag == nil:
		case element.Resolved:
			origins[element.Flag.Name] = "file"
		default:
			origins[element.Flag.Name] = "command line"
		}
	}
	return origins
}
