package httperr

import (
	"fmt"
	"net/http"
)

// Error is an error that knows its response. Declare one variable for each kind
// of refusal. Return the variable, or a copy that holds the cause, made by
// [Error.With]:
//
//	var errTaken = &httperr.Error{Status: 409, Code: "name_taken", Message: "The name is taken."}
//	…
//	return errTaken.With(err)
//
// An Error with a Status outside 400–599 or a Code that is not lower-case
// snake_case of at most 64 characters is answered as 500 internal_error.
type Error struct {
	Status  int         // 400–599
	Code    string      // for programs: stable, [a-z][a-z0-9_]{0,63}
	Message string      // for people: a constant, never built from input
	Header  http.Header // response headers such as Retry-After; optional
	Faults  []Fault     // faults of the input; validation only
	Cause   error       // for the log only; optional

	// Truncated says that the input had more faults than Faults reports.
	Truncated bool

	declared *Error // the declared Error that With or WithHeader copied
}

// A Fault is one fault in the input of a request. It names the location and the
// rule, and never the value.
type Fault struct {
	Pointer *string        `json:"pointer,omitempty"` // JSON Pointer (RFC 6901) into the body; "" is the whole body
	In      string         `json:"in,omitempty"`      // query, path, header or form, if not in the body
	Name    string         `json:"name,omitempty"`    // name of the parameter, field or header
	Code    string         `json:"code"`              // stable name of the rule
	Message string         `json:"message"`           // a constant of the program
	Params  map[string]any `json:"params,omitempty"`  // constants of the schema, such as max
}

// Errors that belong to no particular layer.
var (
	ErrMethodNotAllowed = &Error{
		Status: 405, Code: "method_not_allowed",
		Message: "The resource does not support this method. Use a method that the Allow header lists.",
	}
	ErrInternal = &Error{
		Status: 500, Code: "internal_error",
		Message: "The server failed to handle the request. Try again later, or report the correlation ID.",
	}
	ErrNotFound = &Error{
		Status: 404, Code: "not_found",
		Message: "There is no such resource. Check the address.",
	}
	ErrRequestTimeout = &Error{
		Status: 408, Code: "request_timeout",
		Message: "The request did not arrive in time. Send it again.",
	}
	ErrBodyIncomplete = &Error{
		Status: 400, Code: "body_incomplete",
		Message: "The request body ended too early. Send it again.",
	}
	ErrBodyTooLarge = &Error{
		Status: 413, Code: "body_too_large",
		Message: "The request body is too large. Send a smaller one.",
	}
)

var (
	errTimeout = &Error{
		Status: 504, Code: "timeout",
		Message: "The request took too long. Try again later.",
	}
	errBadRequest = &Error{
		Status: 400, Code: "bad_request",
		Message: "The request could not be understood. Correct it before sending it again.",
	}
	errUnavailable = &Error{
		Status: 503, Code: "unavailable",
		Message: "The service is not available at the moment. Try again later.",
	}
	errClientClosed = &Error{
		Status: 499, Code: "client_closed_request",
		Message: "The client closed the request.",
	}
)

// Error returns the text for the log: the code, followed by the cause if there
// is one.
func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Code
	}
	return e.Code + ": " + e.Cause.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is reports whether e is a copy of target, a declared Error.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && e.declared != nil && e.declared == t
}

// With returns a copy of e with cause, which the client never sees. errors.Is
// reports true for the copy and e.
func (e *Error) With(cause error) *Error {
	c := e.copy()
	c.Cause = cause
	return c
}

// WithHeader returns a copy of e with one response header set. The value
// replaces an earlier value of the same name.
func (e *Error) WithHeader(name, value string) *Error {
	c := e.copy()
	c.Header = e.Header.Clone()
	if c.Header == nil {
		c.Header = make(http.Header, 1)
	}
	c.Header.Set(name, value)
	return c
}

func (e *Error) copy() *Error {
	c := *e
	if c.declared == nil {
		c.declared = e
	}
	return &c
}

// validated returns e if its Status and Code are valid. Otherwise it returns
// ErrInternal with the reason as its cause.
func (e *Error) validated() *Error {
	switch {
	case e.Status < 400 || e.Status > 599:
		return ErrInternal.With(fmt.Errorf("httperr: status %d is not 400 to 599: %w", e.Status, e))
	case !validCode(e.Code):
		return ErrInternal.With(fmt.Errorf("httperr: code %q is not snake_case: %w", e.Code, e))
	}
	return e
}

// validCode reports whether s is [a-z][a-z0-9_]{0,63}.
func validCode(s string) bool {
	return s != "" && len(s) <= 64 && 'a' <= s[0] && s[0] <= 'z' && consistsOf(s, lowerLetters+digits+"_")
}
