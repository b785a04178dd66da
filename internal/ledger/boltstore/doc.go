// Package boltstore is a ledger.Store in one file on the local disk (go.etcd.io/bbolt), for one process at a time. It
// promises that a write is on the disk when Swap returns, and that it refuses to work rather than forget:
//
//   - The file is locked. A second process gets an error at once, not a second ledger.
//   - What a process held when it died, even by kill -9, counts as expired as soon as the file is opened again.
//   - If the disk is full, writes fail and the file stays sound: it works again when there is room. New records are refused
//     earlier, at Options.MaxBytes, so that the outcome of what is in flight can still be written.
//   - A damaged file is refused when it is opened, as far as damage can be seen: pages, ids and times of retention are checked.
//   - If the disk reports another failure, what it holds is uncertain (a kernel forgets pages that it failed to write), and
//     everything is refused until the file is opened again.
//
// Writes of callers that come while another is being written go to the disk together: under load one fsync serves many.
//
// The file must be on a disk that honours fsync and file locks. It is created for its owner only (0600). It holds no
// request content, but answers: call ids.
package boltstore
