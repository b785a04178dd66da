// Package configschema describes a configuration file by a JSON schema (draft 2020-12), from the flags of a command and from
// the Go types of what is too rich for flags.
//
// It promises that the schema allows no key which the program does not know, and that what it says about a key is what the help
// of the flag, or the comment in the source, says. It asks for the plain way of writing: underscores in keys, settings at the
// top or in one group that is named by their first word.
package configschema
