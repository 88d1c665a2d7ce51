package view

import (
	"net/http"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// ErrNotWritable: the body has a member that the caller may not set. Each has a fault
// not_writable with its JSON Pointer (RFC 6901).
var ErrNotWritable = &httperr.Error{
	Status:  http.StatusForbidden,
	Code:    "member_not_writable",
	Message: "The request sets a member that the caller may not set. Leave it out.",
}

// The refusals of a body whose members cannot be checked.
var (
	errMembers = &httperr.Error{
		Status:  http.StatusBadRequest,
		Code:    "unexpected_members",
		Message: "The request body has members that are not expected. Leave them out.",
	}
	errBody = &httperr.Error{
		Status:  http.StatusBadRequest,
		Code:    "body_not_json",
		Message: "The request body is not one JSON value in UTF-8. Correct it.",
	}
	errMediaType = &httperr.Error{
		Status:  http.StatusUnsupportedMediaType,
		Code:    "body_not_checkable",
		Message: "The request body must be JSON without a Content-Encoding.",
	}
)
