// Package repocheck keeps the promises that this repository makes about itself and that neither the compiler nor a
// linter checks: which package may import which, how long a file may be, that documents name what exists.
//
// It holds tests only. Each rule brings a small tree of files that breaks it, so that a rule that has gone blind is
// found as well.
package repocheck
