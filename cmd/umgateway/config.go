package main

import (
	"fmt"
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
	if err := c.check(); err != nil {
		return err
	}
	if _, err := newAccess(c.accessFlags, c.file.sections, c.Backend.Identity, c.logger(env.stderr)); err != nil {
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
	for _, flag := range parsed.Flags() {
		if flag.Name == "help" {
			continue
		}
		if _, err := fmt.Fprintf(env.stdout, "%-34s %-40s # %s\n", flag.Name+":", textOf(flag), origins[flag.Name]); err != nil {
			return err
		}
	}
	for _, name := range sectionNames {
		origin := "default"
		if c.Config != "" {
			origin = "file " + c.Config
		}
		if _, err := fmt.Fprintf(env.stdout, "%-34s %-40s # %s\n", name+":", "(section)", origin); err != nil {
			return err
		}
	}
	return nil
}

func textOf(flag *kong.Flag) string {
	if list, isList := flag.Target.Interface().([]string); isList {
		return "[" + strings.Join(list, ", ") + "]"
	}
	return fmt.Sprint(flag.Target.Interface())
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
