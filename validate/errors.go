package validate

import (
	"errors"
	"net/http"

	httperr "github.com/go-sallyport/sallyport/errors"
)

// Refusals. Each is returned as a copy that carries its reason; compare with
// errors.Is.
var (
	ErrTooLarge   = httperr.ErrBodyTooLarge
	ErrMediaType  = &httperr.Error{Status: http.StatusUnsupportedMediaType, Code: "unsupported_media_type", Message: "The Content-Type or Content-Encoding of the request is not one of those accepted."}
	ErrTimeout    = httperr.ErrRequestTimeout
	ErrIncomplete = &httperr.Error{Status: http.StatusBadRequest, Code: "body_incomplete", Message: "The request body ended too early."}
	ErrNoBody     = &httperr.Error{Status: http.StatusBadRequest, Code: "body_required", Message: "The request needs a body."}
	ErrMalformed  = &httperr.Error{Status: http.StatusBadRequest, Code: "malformed_json", Message: "The request body is not well-formed JSON."}
	ErrInvalid    = &httperr.Error{Status: http.StatusBadRequest, Code: "validation_failed", Message: "The request is not valid."}
)

// Fault returns an error for one thing wrong with a value, for the Validate
// method of a type ([Schema.Decode]): several of them, joined by errors.Join, become the faults
// of one ErrInvalid. pointer is a JSON Pointer (RFC 6901), such as "/end"; code
// is snake_case; message is a constant. None of them may be built from the
// value, since all three are shown to the client.
func Fault(pointer, code, message string) error {
	return &ruleFault{httperr.Fault{Pointer: &pointer, Code: code, Message: message}}
}

type ruleFault struct{ fault httperr.Fault }

func (f *ruleFault) Error() string { return *f.fault.Pointer + ": " + f.fault.Code }

// fromRule turns what a Validate method returned into the refusal. Only if all
// of it is faults is it ErrInvalid: an error of a database among them is not
// the client's doing and must not be hidden behind its mistakes.
func fromRule(err error) error {
	var faults []httperr.Fault
	if !collect(err, &faults) || len(faults) == 0 {
		return err
	}
	return invalid(faults, err)
}

func invalid(faults []httperr.Fault, cause error) error {
	e := ErrInvalid.With(cause)
	if e.Faults = faults; len(faults) > maxFaults {
		e.Faults, e.Truncated = faults[:maxFaults], true
	}
	return e
}

func collect(err error, to *[]httperr.Fault) bool {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			if !collect(e, to) {
				return false
			}
		}
		return true
	}
	f, ok := errors.AsType[*ruleFault](err)
	if ok {
		*to = append(*to, f.fault)
	}
	return ok
}
