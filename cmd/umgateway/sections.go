package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/umgateway/umgateway/gateway/authn"
	"github.com/umgateway/umgateway/gateway/policy"
	"github.com/umgateway/umgateway/gateway/ratelimit"
	"github.com/umgateway/umgateway/internal/routing"
)

// sections are the parts of the configuration file that are too rich for flags.
type sections struct {
	// Callers says which credentials of callers are accepted.
	Callers authn.Config `yaml:"callers"`
	// Policy says who may call what. Without it, and with callers configured, everything is denied.
	Policy *policy.Config `yaml:"policy"`
	// Limits says how often callers may call.
	Limits ratelimit.Config `yaml:"limits"`
	// Backends are the Exchange servers by their names, each with the settings that are flags with --backend- before them, and
	// with their defaults. Names have lower-case letters, digits and dashes, begin with a letter, and are no longer than 32.
	// Default: there is one, "default", which the flags describe.
	Backends backendSections `yaml:"backends"`
	// Routing says which calls go to which backend. Required as soon as there are several.
	Routing routing.Config `yaml:"routing"`
}

// sectionNames are the top-level keys of sections.
var sectionNames = []string{"callers", "policy", "limits", "backends", "routing"}

// configFile is a configuration file that was read.
type configFile struct {
	path     string
	stamp    string         // of the file when it was read
	settings map[string]any // by the names of flags
	origins  map[string]origin
	sections sections
	rich     yaml.Node // the sections as they stand in the file
}

// readConfig reads a file; an empty path is an empty file. Keys of sections that are not known are mistakes; the others are
// checked against the flags by the command line.
func readConfig(path string) (*configFile, error) {
	c := &configFile{path: path, stamp: stamp(path), settings: map[string]any{}, origins: map[string]origin{}, rich: yaml.Node{Kind: yaml.MappingNode}}
	if path == "" {
		return c, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	defer file.Close()
	var root, more yaml.Node
	decoder := yaml.NewDecoder(file)
	switch err := decoder.Decode(&root); {
	case errors.Is(err, io.EOF):
		return c, nil
	case err != nil:
		return nil, fmt.Errorf("config: %s: %w", path, err)
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("config: %s: line %d: a second document", path, more.Line)
	}
	if err := c.take(root.Content[0]); err != nil {
		return nil, fmt.Errorf("config: %s: %w", path, err)
	}
	return c, nil
}

// take divides the file into sections and settings.
func (c *configFile) take(root *yaml.Node) error {
	if root.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: want keys and values", root.Line)
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		if slices.Contains(sectionNames, key.Value) {
			c.rich.Content = append(c.rich.Content, key, value)
			continue
		}
		if err := c.flatten(origin{key.Value, key.Line}, flagName("", key.Value), value); err != nil {
			return err
		}
	}
	// An anchor that contains itself is refused here, before anything follows it.
	err := c.rich.Decode(&c.sections)
	if unreadable := (*yaml.TypeError)(nil); err != nil && !errors.As(err, &unreadable) {
		return err
	}
	if unknown := unknownKeys(&c.rich, reflect.TypeFor[sections]()); unknown != nil {
		return unknown
	}
	return err
}

// flatten takes a setting, or a group of settings: "backend: {password_file: x}" is the flag --backend-password-file.
func (c *configFile) flatten(at origin, name string, node *yaml.Node) error {
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i]
			if err := c.flatten(at.within(key), flagName(name, key.Value), node.Content[i+1]); err != nil {
				return err
			}
		}
		return nil
	case yaml.SequenceNode:
		var list []string
		if err := node.Decode(&list); err != nil {
			return err
		}
		return c.set(name, list, at)
	case yaml.ScalarNode:
		return c.set(name, node.Value, at)
	}
	return fmt.Errorf("line %d: %s: want a value, a list or a group", at.line, at.key)
}

func (c *configFile) set(name string, value any, at origin) error {
	if _, twice := c.settings[name]; twice {
		return fmt.Errorf("line %d: %s is set twice", at.line, at.key)
	}
	c.settings[name], c.origins[name] = value, at
	return nil
}

func flagName(group, key string) string {
	name := strings.ReplaceAll(key, "_", "-")
	if group == "" {
		return name
	}
	return group + "-" + name
}
