// Package keyfile reads files of keys, and reads them again when they change. Package jwks
// uses it for public keys, package jwtissuer for private keys, and package apikey for the
// records of API keys.
//
// # Use
//
//	f := &keyfile.File{Path: path, Use: parseAndKeep, Report: onRefresh}
//	err := f.Check(time.Now()) // within each request; nil if Use has accepted a text
//
// [Blocks] splits a text in PEM into its blocks.
//
// # Threat
//
// A file that is half written and looks complete, because it ends after a block. A file
// that changes and keeps its size and its time. A symbolic link that is switched, as
// Kubernetes does for a mounted Secret. A file system that hangs.
//
// # Invariant
//
//   - A check costs one stat for each file. It is made within a request, at most once a
//     second, by one request at a time. There is no goroutine.
//   - A text is used only if the file has not changed for a second. The first text is the
//     exception: before it there are no keys. So is the text of a file that has not stopped
//     changing for a second, with File.Whole.
//   - A text that cannot be read or used never replaces a text that could.
//   - A file that looks unchanged is read again after a minute.
//   - Report gets each change once, and each new fault once.
//
// # Place in the chain
//
// It is below jwks, jwtissuer and apikey, and knows nothing of keys except the form of PEM.
package keyfile
