// Package contract compares the requests and responses of a running service with its OpenAPI
// document, by the program kin-openapi.
//
// # Use
//
//	c, err := contract.Load(document) // of openapi.Document
//	client := &http.Client{Transport: c.Transport(http.DefaultTransport, t.Error)}
//	… // each request of the client is checked, refusals too
//	t.Log(c.Untested())
//
// # What is checked
//
// kin-openapi 0.152 reads OpenAPI 3.1: it checks the document by the rules of 3.1, and
// validates values with an implementation of JSON Schema 2020-12, but takes its validator of
// OpenAPI 3.0 for most schemas with references. Load makes it use 2020-12 there too, and
// closes each object: a member of a response that is not in the document is an error,
// although the document leaves clients open for more.
//
// kin-openapi does not look at a response to HEAD, nor at one with the status 301, 304, 307
// or 308. It does not find a path with slashes in the value of {path}, as the pattern
// {path...} of ServeMux admits it; such a request counts as one that is not in the document.
// A format, such as date-time, is an annotation in 2020-12.
package contract
