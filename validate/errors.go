package validate

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
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
// method of a type ([Schema.Decode]): several of them, joined by errors.Join,
// become the faults of one ErrInvalid. pointer is a JSON Pointer (RFC 6901) from
// the value on, such as "/end", or "" for all of it; code is in snake_case;
// message is a constant without control characters. None of them may be built
// from the value, since all three are shown to the client. What is not such is a
// mistake of the program: the client is told of none of the faults then, but
// gets 500 internal_error, and the log says what is wrong.
//
// An error that is not one of these is answered as it is: to say that a name is
// taken, return a *httperr.Error of your own with the status 409.
func Fault(pointer, code, message string) error {
	f := &ruleFault{fault: httperr.Fault{Pointer: &pointer, Code: code, Message: message}}
	if !validPointer(pointer) {
		f.wrong = "the pointer of a Fault is not a JSON Pointer (RFC 6901)"
	}
	return f
}

// FaultIn is [Fault] for a parameter: in is "path", "query", "header" or "form",
// and name is that of the parameter in the tag of its field.
func FaultIn(in, name, code, message string) error {
	f := &ruleFault{fault: httperr.Fault{In: in, Name: name, Code: code, Message: message}}
	switch {
	case !isSource(in):
		f.wrong = "the source of a FaultIn is not path, query, header or form"
	case !plainName(name) && (in != inHeader.String() || !field.Token(name)):
		f.wrong = "the name of a FaultIn is not that of a parameter"
	}
	return f
}

func isSource(name string) bool {
	for _, t := range traits {
		if t.name == name {
			return true
		}
	}
	return false
}

type ruleFault struct {
	fault httperr.Fault
	wrong string // with its place
}

func (f *ruleFault) Error() string {
	if f.fault.Pointer == nil {
		return f.fault.In + " " + f.fault.Name + ": " + f.fault.Code
	}
	return *f.fault.Pointer + ": " + f.fault.Code
}

// mistake returns what the program has done wrong, or "". It does not quote
// what may be of the client.
func (f *ruleFault) mistake() string {
	switch {
	case f.wrong != "":
		return f.wrong
	case !ruleName.MatchString(f.fault.Code):
		return "the code of a Fault is not in snake_case"
	case strings.TrimSpace(f.fault.Message) == "":
		return "the message of the Fault " + f.fault.Code + " is empty"
	case !utf8.ValidString(f.fault.Message) || strings.ContainsFunc(f.fault.Message, controls):
		return "the message of the Fault " + f.fault.Code + " has control characters, or is not UTF-8"
	}
	return ""
}

// validPointer reports whether s is a JSON Pointer (RFC 6901, section 3) that
// can be shown.
func validPointer(s string) bool {
	if s != "" && s[0] != '/' || !utf8.ValidString(s) || strings.ContainsFunc(s, controls) {
		return false
	}
	for _, after := range strings.Split(s, "~")[1:] {
		if after == "" || after[0] != '0' && after[0] != '1' {
			return false
		}
	}
	return true
}

// fromRule turns what the Validate method of v returned into the refusal.
func fromRule(v any, err error) error {
	faults, other := heard(v, err)
	if other != nil {
		return other
	}
	return invalid(faults, err)
}

// heard returns the faults that the Validate method of v returned. Only if all
// of err is faults are there any: an error of a database among them is not the
// client's doing and must not be hidden behind its mistakes, so it is returned.
func heard(v any, err error) (faults []httperr.Fault, other error) {
	var list []*ruleFault
	if !collect(err, &list) || len(list) == 0 {
		return nil, err
	}
	for _, f := range list {
		if m := f.mistake(); m != "" {
			return nil, httperr.ErrInternal.With(fmt.Errorf("validate: method Validate of %T: %s", v, m))
		}
		faults = append(faults, f.fault)
	}
	return faults, nil
}

func invalid(faults []httperr.Fault, cause error) error {
	e := ErrInvalid.With(cause)
	if e.Faults = faults; len(faults) > maxFaults {
		e.Faults, e.Truncated = faults[:maxFaults], true
	}
	return e
}

func collect(err error, to *[]*ruleFault) bool {
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
		*to = append(*to, f)
	}
	return ok
}
