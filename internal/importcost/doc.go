// Command importcost measures what the import of each public package costs a program, and compares
// the table of the README with it. It runs in the root of the repository:
//
//	make import-cost          compares, and prints the measured table
//	make import-cost WRITE=1  writes the table into the README
//
// # Columns
//
//	KiB            growth of the binary over the baseline
//	packages       packages that the program compiles and the baseline does not
//	other modules  modules besides this one and the standard library, in go list -deps
//
// The baseline is a program that serves with net/http and logs with log/slog. The other program also
// refers to every exported function and method of the package, so the linker keeps all of them.
// The growth is therefore an upper bound for a program that uses a part of the package. A program
// that already has one of the packages pays for it only once, so the rows do not add up. A package
// that only makes settings or values for another, as authn/jwtauth/idp does, has a row without the
// code of the other.
//
// Both programs are built for linux/amd64 without cgo, with -trimpath and -ldflags='-s -w', on
// every machine. Only the version of Go may differ, and the table names it.
//
// # Failures
//
// A row that is missing, a row too many, or another list of modules fails. KiB and packages fail if
// they differ from the row by more than a quarter, and by more than 64 KiB or 5 packages.
package main
