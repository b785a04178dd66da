package main

import (
	"fmt"
	"io"
	"net/url"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

type configPrintCommand struct {
	settings `embed:""`
}

// Run prints a configuration file that says the same, in the plain way of writing, with the origin of each setting behind it. Secrets stand in files, of
// which only the paths are settings.
func (c *configPrintCommand) Run(env *environment, parsed *kong.Context) error {
	origins := originsOf(parsed)
	several := c.file.sections.Backends
	for _, flag := range settingsAmong(parsed.Flags()) {
		if len(several) > 0 && strings.HasPrefix(flag.Name, "backend-") {
			continue
		}
		if err := printSetting(env.stdout, flag.Name, flag.Target.Interface(), origins[flag.Name]); err != nil {
			return err
		}
	}
	for _, name := range sectionNames {
		print := c.file.printSection
		if name == "backends" && len(several) > 0 {
			print = several.print
		}
		if err := print(env.stdout, name, c.file.path); err != nil {
			return err
		}
	}
	return nil
}

func printSetting(to io.Writer, name string, value any, origin string) error {
	text, err := textOf(value)
	if err != nil {
		return fmt.Errorf("config print: %s: %w", name, err)
	}
	_, err = fmt.Fprintf(to, "%-34s %-40s # %s\n", strings.ReplaceAll(name, "-", "_")+":", text, origin)
	return err
}

// printSection prints a section as it stands in the file, or says that it does not.
func (c *configFile) printSection(to io.Writer, name, path string) error {
	text := fmt.Sprintf("%-75s # default\n", "# "+name+": not set")
	for i := 0; i+1 < len(c.rich.Content); i += 2 {
		key, value := *c.rich.Content[i], c.rich.Content[i+1]
		if key.Value != name {
			continue
		}
		key.HeadComment, key.LineComment, key.FootComment = "", "file "+path, ""
		section, err := yaml.Marshal(&yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{&key, value}})
		if err != nil {
			return fmt.Errorf("config print: %s: %w", name, err)
		}
		text = string(section)
	}
	_, err := io.WriteString(to, text)
	return err
}

// print shows every setting of every backend, whether the file has it or not.
func (b backendSections) print(to io.Writer, name, path string) error {
	untouched, _, err := parseBackend(&configFile{})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(to, "%s: # file %s\n", name, path); err != nil {
		return err
	}
	defaults := reflect.ValueOf(untouched)
	for _, name := range b.names() {
		if _, err := fmt.Fprintf(to, "    %s:\n", name); err != nil {
			return err
		}
		values := reflect.ValueOf(b[name])
		for i := range values.NumField() {
			value, origin := values.Field(i).Interface(), "file"
			if reflect.DeepEqual(value, defaults.Field(i).Interface()) {
				origin = "default"
			}
			if err := printSetting(to, "        "+defaults.Type().Field(i).Tag.Get("name"), value, origin); err != nil {
				return err
			}
		}
	}
	return nil
}

// textOf writes a value as YAML would have it on one line, without passwords in addresses.
func textOf(value any) (string, error) {
	switch value := value.(type) {
	case []string:
		entries := make([]string, 0, len(value))
		for _, entry := range value {
			text, err := textOf(entry)
			if err != nil {
				return "", err
			}
			entries = append(entries, text)
		}
		return "[" + strings.Join(entries, ", ") + "]", nil
	case string:
		node := yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: withoutPassword(value)}
		if strings.ContainsAny(value, ",[]{}") {
			node.Style = yaml.DoubleQuotedStyle // it may stand in a list
		}
		text, err := yaml.Marshal(&node)
		return strings.TrimSpace(string(text)), err
	}
	return fmt.Sprint(value), nil
}

// withoutPassword hides the password in an address.
func withoutPassword(text string) string {
	if address, err := url.Parse(text); err == nil && address.User != nil {
		return address.Redacted()
	}
	return text
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
