package validate

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/validate/internal/check"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// Refusals, beside [httperr.ErrBodyTooLarge] and [httperr.ErrRequestTimeout]. Each is
// returned as a copy that carries its reason; compare with errors.Is.
var (
	ErrMediaType = &httperr.Error{
		Status:  http.StatusUnsupportedMediaType,
		Code:    "unsupported_media_type",
		Message: "The Content-Type or Content-Encoding of the request is not one of those accepted.",
	}
	ErrIncomplete = &httperr.Error{
		Status:  http.StatusBadRequest,
		Code:    "body_incomplete",
		Message: "The request body ended too early.",
	}
	ErrNoBody    = &httperr.Error{Status: http.StatusBadRequest, Code: "body_required", Message: "The request needs a body."}
	ErrInvalid   = plan.ErrInvalid
	ErrMalformed = &httperr.Error{Status: http.StatusBadRequest, Code: "malformed_json", Message: "The request body is not well-formed JSON."}
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
	f := &check.RuleFault{Fault: httperr.Fault{Pointer: &pointer, Code: code, Message: message}}
	if !validPointer(pointer) {
		f.Wrong = "the pointer of a Fault is not a JSON Pointer (RFC 6901)"
	}
	return f
}

// FaultIn is [Fault] for a parameter: in is "path", "query", "header" or "form",
// and name is that of the parameter in the tag of its field.
func FaultIn(in, name, code, message string) error {
	f := &check.RuleFault{Fault: httperr.Fault{In: in, Name: name, Code: code, Message: message}}
	switch {
	case !slices.Contains([]string{"path", "query", "header", "form"}, in):
		f.Wrong = "the source of a FaultIn is not path, query, header or form"
	case !plan.PlainName(name) && (in != "header" || !field.Token(name)):
		f.Wrong = "the name of a FaultIn is not that of a parameter"
	}
	return f
}

// validPointer reports whether s is a JSON Pointer (RFC 6901, section 3) that can be shown.
// After a ~ such a pointer has a 0 or a 1.
func validPointer(s string) bool {
	tildes := strings.NewReplacer("~0", "", "~1", "").Replace(s)
	return (s == "" || s[0] == '/') && !strings.Contains(tildes, "~") && utf8.ValidString(s) && !strings.ContainsFunc(s, check.Controls)
}
