// Package audit keeps a record of who changed what, in a file of JSON lines that nobody can change unnoticed.
//
// It promises:
//
//   - A line that was changed, removed, inserted or moved is found by Verify: each line holds the hash of the line before it,
//     and ends with its own. With a key, the hash is an HMAC, which only the holder of the key can compute.
//   - Lines removed from the end are found as well: how far the log reached is kept beside it, in the file with the suffix
//     ".head", after each sync. (Who can put back old copies of both files can undo history; with copies of the head
//     elsewhere, for instance in a metric, that shows too.)
//   - A crash in the middle of a line costs that line and nothing else: the next Open cuts it off and says so in the log.
//   - With SyncAlways, Append returns after the line is on the disk. Appends that wait at the same time share one sync.
//   - A file that was moved away has a last line, with the event "end", once Reopen has begun the next: it can be verified where
//     it is, with its head or without.
//   - A file that is removed while it is written is missed before the next line: the log goes on in a new one, which says so. One
//     that is changed or replaced is not written on.
//   - One process writes a log: a second Open fails.
//
// It does not promise a record of a call that was under way when the process was killed: a call is recorded when it has ended.
//
// A line is a JSON object. Its last members are "prev", the hash of the line before it, and "hash" or, with a key, "mac":
// SHA-256 or HMAC-SHA-256 over the bytes of the line up to the comma before that member. The first line of a log follows on
// a hash of zeros; the first line of each file has the event "begin", and follows on the last line of the file before it.
package audit
