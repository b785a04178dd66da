// Package boltfile opens files of go.etcd.io/bbolt, and promises that a damaged one is refused with an error. bbolt itself
// trusts its pages: it panics, faults or runs without end over damaged ones, partly where nobody can recover, and takes an empty
// file for a new one.
//
// Every page that is in use is read and checked before bbolt opens the file: that takes about as long as bbolt takes itself. What
// the values mean is for the caller to check; bbolt keeps no checksums of them.
package boltfile
