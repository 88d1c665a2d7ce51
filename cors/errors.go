package cors

import (
	"errors"
	"net/http"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// ErrForged is the refusal of a protection that CrossOriginProtection has returned.
var ErrForged = &httperr.Error{
	Status:  http.StatusForbidden,
	Code:    "cross_origin_denied",
	Message: "A page of another origin may not send this request. Send it from a page of the service.",
}

// Refusals of a preflight. The middleware refuses no other request.
var (
	ErrOrigin = &httperr.Error{
		Status:  http.StatusForbidden,
		Code:    "cors_origin_denied",
		Message: "The origin may not use this resource. Ask the operator of the service to allow it.",
	}
	ErrMethod = &httperr.Error{
		Status:  http.StatusForbidden,
		Code:    "cors_method_denied",
		Message: "The origin may not use this method. Ask the operator of the service to allow it.",
	}
	ErrHeader = &httperr.Error{
		Status:  http.StatusForbidden,
		Code:    "cors_header_denied",
		Message: "The origin may not send these request headers. Leave them out, or ask the operator of the service to allow them.",
	}
)

// Refusals with a cause, which only the log shows. They are made once, so that
// a flood of refused preflights does not allocate a wrapped error for each.
var (
	errOriginLines  = ErrOrigin.With(errors.New("cors: more than one Origin field"))
	errMethodLines  = ErrMethod.With(errors.New("cors: more than one Access-Control-Request-Method field"))
	errHeaderSize   = ErrHeader.With(errors.New("cors: Access-Control-Request-Headers exceeds 4096 bytes or 64 names"))
	errHeaderSyntax = ErrHeader.With(errors.New("cors: Access-Control-Request-Headers is not a list of header names"))
	errHeaderOrder  = ErrHeader.With(errors.New(
		"cors: Access-Control-Request-Headers is not in lower case, sorted and unique, as browsers send it"))
	errHeaderUnknown = ErrHeader.With(errors.New("cors: a request header is not among RequestHeaders"))
)
