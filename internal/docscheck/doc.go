// Package docscheck runs the documentation: every command that README.md, docs/ and deploy/README.md print is executed as
// printed, page by page, from top to bottom, as a reader would.
//
// It holds tests only. A block marked sh holds commands that must succeed; one marked console holds commands behind a
// "$ ", each with the output that it must have. What differs from run to run is written as it looked once: an id of a call
// stands for the id that the run was given, in later commands too; times, durations and the states of a call that goes on
// stand for any other; "…" stands for any text. After a console command that fails, "$ echo $?" tells its exit code.
//
// Commands run in a copy of the repository. Each page has a loopback address of its own in the place of localhost. A command that
// serves until it is stopped goes on in the background until its page ends or starts another one in its place. What cannot
// be run stands in notRun, with the reason.
//
// Reading the pages needs Go alone. Running them has the build tag interop, and needs the packages in debian-packages.txt.
package docscheck
