// Package docs holds the pages of the documentation that the program itself shows.
//
// It promises that they are the very files of this folder.
package docs

import _ "embed"

// Reasons is the page about the reasons of errors, in Markdown: a heading of the third level for each, below it the codes and
// the meaning, and the items "Fix" and "Who acts".
//
//go:embed reasons.md
var Reasons string

// Schema is the JSON schema of the configuration file. A test of cmd/umgateway makes it anew and compares.
//
//go:embed umgateway.schema.json
var Schema []byte
