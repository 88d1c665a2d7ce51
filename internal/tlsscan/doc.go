// Package tlsscan runs testssl.sh against the profiles of tlsconf, and fails for every
// finding above LOW. It has tests only. They run if TESTSSL names the program:
//
//	make testssl
package tlsscan
