// Package tlsfile serves TLS with a certificate, a key and client authorities that are read from files, and read again when
// they change.
//
// It promises:
//
//   - New files count from the next handshake on, at most a second after they were written, without a restart. Connections
//     that are open stay open.
//   - What cannot be used, for instance a certificate whose key is not there yet, changes nothing: the last good files stay
//     in use, and the log says so once.
//   - TLS 1.2 is the lowest version.
//   - Where clients show certificates, sessions are not resumed, so that each handshake checks them against the authorities
//     of the day.
package tlsfile
