// Package backend assembles the way to an Exchange server from its settings: connections with their authentication, the
// choice between endpoints, and the bridge on top.
//
// It promises that settings which cannot work together are refused before anything is sent, with the setting named, and that
// opening a backend sends nothing at all.
package backend
