package main

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"

	"github.com/umgateway/umgateway/internal/backend"
	"github.com/umgateway/umgateway/internal/routing"
)

// defaultBackend is the name of the backend that the flags describe: in labels, records, and the keys of the ledger.
const defaultBackend = "default"

// backendSections are the backends of a configuration file, by their names.
type backendSections map[string]backend.Settings

// UnmarshalYAML reads backends, each as the group "backend" would be read: with the defaults of the flags, and by their rules.
// All mistakes are reported.
func (b *backendSections) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.MappingNode {
		return errors.New("backends: want names, each with the settings of a backend")
	}
	*b = backendSections{}
	var errs []error
	for i := 0; i+1 < len(node.Content); i += 2 {
		name := node.Content[i].Value
		if _, twice := (*b)[name]; twice {
			errs = append(errs, fmt.Errorf("backends: %s: there is another of this name", name))
		}
		s, err := readBackend(name, node.Content[i+1])
		(*b)[name], errs = s, append(errs, err)
	}
	return errors.Join(errs...)
}

var backendNames = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// readBackend reads and checks the settings of one backend.
func readBackend(name string, node *yaml.Node) (backend.Settings, error) {
	where := "backends: " + name
	file := &configFile{path: where, settings: map[string]any{}, origins: map[string]origin{}}
	switch {
	case !backendNames.MatchString(name):
		return backend.Settings{}, fmt.Errorf("%s: a name has lower-case letters, digits and dashes, begins with a letter, and is no longer than 32", where)
	case node.Kind != yaml.MappingNode:
		return backend.Settings{}, fmt.Errorf("%s: want settings", where)
	}
	if err := file.flatten(origin{}, "", node); err != nil {
		return backend.Settings{}, fmt.Errorf("%s: %w", where, err)
	}
	s, _, err := parseBackend(file)
	if err != nil {
		return s, err
	}
	return s, s.CheckAs(where)
}

// parseBackend gives settings the values of a file, and where it has none, the defaults of the flags. The environment is that
// of the flags, and does not count.
func parseBackend(file *configFile) (backend.Settings, []*kong.Flag, error) {
	var into struct {
		Backend backend.Settings `embed:""`
	}
	parser, err := kong.New(&into, kong.NoDefaultHelp(), kong.Resolvers(resolver{file}))
	if err != nil {
		return into.Backend, nil, err
	}
	for _, flag := range parser.Model.Flags {
		flag.Envs, flag.Tag.Envs = nil, nil
	}
	if err := file.checkSettings(parser.Model.Flags); err != nil {
		return into.Backend, nil, err
	}
	_, err = parser.Parse(nil)
	return into.Backend, parser.Model.Flags, err
}

// named is a backend and its name.
type named struct {
	name string
	backend.Settings
}

// only is the backend of those who have one.
func only(s backend.Settings) []named { return []named{{defaultBackend, s}} }

// backends lists the backends that the settings describe, in the order of their names.
func (s *settings) backends() []named {
	if len(s.file.sections.Backends) == 0 {
		return only(s.Backend)
	}
	return s.file.sections.Backends.list()
}

func (b backendSections) list() []named {
	var list []named
	for _, name := range b.names() {
		list = append(list, named{name, b[name]})
	}
	return list
}

func (b backendSections) names() []string { return slices.Sorted(maps.Keys(b)) }

var errBackendTwice = errors.New(`config: the file has the section backends, and there are settings of the one backend of the flags too:
move those of --backend-…, UMGATEWAY_BACKEND_… and of the group backend into the section, under the name "default"`)

// checkBackends refuses settings of backends that cannot work, before anything is opened.
func (s *settings) checkBackends() error {
	if len(s.file.sections.Backends) == 0 {
		if len(s.Backend.URLs) == 0 {
			return errNoBackend
		}
		return s.Backend.Check()
	}
	untouched, _, err := parseBackend(&configFile{})
	if err == nil && !reflect.DeepEqual(untouched, s.Backend) {
		err = errBackendTwice
	}
	return err
}

// routes compiles the section routing; nil if there is one backend, so that there is nothing to choose.
func routes(config routing.Config, to reach) (*routing.Table, error) {
	if len(to.names) > 1 {
		return routing.New(config, to.names, rpcs())
	}
	if len(config.Rules) > 0 || config.Default != "" && config.Default != to.names[0] {
		return nil, fmt.Errorf("routing: there is one backend, %q, and nothing to choose", to.names[0])
	}
	return nil, nil
}

// reach is what the rules about callers need to know of the backends.
type reach struct {
	names     []string
	basic     bool // some backend is shown the callers' own passwords
	basicOnly bool // all are
}

func reachOf(all []named) reach {
	r := reach{basicOnly: true}
	for _, b := range all {
		byBasic := b.Identity == backend.IdentityCallerBasic
		r.names, r.basic, r.basicOnly = append(r.names, b.name), r.basic || byBasic, r.basicOnly && byBasic
	}
	return r
}
