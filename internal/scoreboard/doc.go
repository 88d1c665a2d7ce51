// Scoreboard runs the proofs of the library and prints one table: each promise, the measured
// value, the figure of peers with its source, and the command.
//
// # Use
//
//	make scoreboard                  the short form, in less than 15 minutes
//	make scoreboard SCOREBOARD=full  the form for a release
//	make scoreboard ROWS='R2 R18'    some rows only
//
// A run writes .github/SCOREBOARD.md and .github/scoreboard.json. Rows that did not run keep
// the results of an earlier run, with its date. The program ends with status 1 if a row falls
// short.
//
// # Rows
//
// rows.json has one entry for each row:
//
//	id        the number of the row
//	promise   the property that the row measures
//	short     the command of the short form; empty: only in the full form
//	full      the command of the full form; empty: the short one
//	minutes   the longest time of the command, in the short form and in the full form
//	measures  the values to read, each with its bound; bounds of the full form may differ
//	measured  the text of the table; {key} stands for a value
//	peers     the figure of peers; {key} stands for a value that the command measures too
//	source    the origin of that figure
//	twins     the tests that run the harness on a subject with a mistake
//
// # Values
//
// A test publishes a value with mwtest.Publish, and a row reads it from the output of
// go test -v. The tools of other projects have readers of their own.
//
// # Invariants
//
//   - a row whose command fails, prints no value, or does not run one of its twins falls short;
//   - a skipped twin is not a twin that ran;
//   - a value without a bound only informs.
package main
