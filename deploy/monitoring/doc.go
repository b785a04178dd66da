// Package monitoring tests the alert rules and the dashboard beside it: they must be valid, and must use only metrics and
// labels that the table in README.md promises.
package monitoring
