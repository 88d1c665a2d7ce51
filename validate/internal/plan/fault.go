package plan

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// A Fault is a way to be wrong, with constants only.
type Fault struct {
	Code, Message string
	Params        map[string]any
	About         About
	Compares      bool // with another field: it says nothing as long as that is at fault itself
}

// About is what of the body a fault that the scan finds is about.
type About uint8

const (
	Itself    About = iota // the value that the scan is at
	container              // what it is in
	Stranger               // what it is in, where it does not belong: no rule is about it
	Everyone               // true of all that is around it too, so nobody asks where inside
)

// With returns f with params, given as names and values.
func (f Fault) With(params ...any) Fault {
	f.Params = make(map[string]any, len(params)/2)
	for i := 0; i < len(params); i += 2 {
		f.Params[params[i].(string)] = params[i+1]
	}
	return f
}

// Copied returns a copy of params for others to do with as they please: those
// of a rule are made once, and a list in them may be what values are held to.
func Copied(params map[string]any) map[string]any {
	params = maps.Clone(params)
	for name, v := range params {
		switch list := v.(type) {
		case []string:
			params[name] = slices.Clone(list)
		case []json.Number:
			params[name] = slices.Clone(list)
		}
	}
	return params
}

// What is not JSON.
var (
	FaultSyntax    = Fault{Code: "syntax", Message: "is not JSON", About: Everyone}
	FaultUTF8      = Fault{Code: "invalid_utf8", Message: "must be UTF-8", About: Everyone}
	FaultBOM       = Fault{Code: "byte_order_mark", Message: "must not begin with a byte order mark", About: Everyone}
	FaultSurrogate = Fault{Code: "lone_surrogate", Message: "has half of a surrogate pair", About: Everyone}
	FaultTrailing  = Fault{Code: "trailing_data", Message: "must end after one value", About: Everyone}
)

// What is JSON, and not what was asked for.
var (
	FaultNull          = Fault{Code: "null", Message: "must not be null"}
	FaultRequired      = Fault{Code: "required", Message: "is required"}
	FaultUnknown       = Fault{Code: "unknown_member", Message: "has a member that is not known", About: Stranger}
	FaultDuplicate     = Fault{Code: "duplicate_member", Message: "is given more than once"}
	FaultDuplicateName = Fault{Code: "duplicate_member", Message: "has a member more than once", About: container}
	FaultRange         = Fault{Code: "range", Message: "is out of range"}
	FaultLength        = Fault{Code: "items", Message: "has the wrong number of items"}
	FaultBase64        = Fault{Code: "format_base64", Message: "must be base64 with padding and without line breaks"}
	FaultInvalid       = Fault{Code: "invalid", Message: "is not valid"}

	FaultMaxItems     = Fault{Code: "max_items", Message: "has too many items", About: container}
	FaultListItems    = Fault{Code: "too_many_values", Message: "has too many values with the other lists", About: Everyone}
	FaultMaxMembers   = Fault{Code: "max_members", Message: "has too many members", About: container}
	FaultMaxBytes     = Fault{Code: "max_length", Message: "is too long"}
	FaultName         = Fault{Code: "name_length", Message: "has a member with a name that is too long", About: container}
	FaultNumberLength = Fault{Code: "number_length", Message: "has too many digits"}
	FaultDepth        = Fault{Code: "too_deep", Message: "is nested too deeply", About: Everyone}
	FaultMemory       = Fault{Code: "too_large", Message: "takes too much memory", About: Everyone}
)

func TypeFault(k Kind) Fault {
	return Fault{Code: "type", Message: Kinds[k].message}.With("type", Kinds[k].Name)
}

// RangeFault returns the fault of a whole number that so many bits do not hold.
func RangeFault(k Kind, bits int) Fault {
	if k == KindUint {
		return FaultRange.With("min", 0, "max", uint64(math.MaxUint64)>>(64-bits))
	}
	return FaultRange.With("min", int64(-1)<<(bits-1), "max", int64(math.MaxInt64)>>(64-bits))
}

// A LocatedFault is a fault in its place.
type LocatedFault struct {
	Fault
	Pointer string
	Inside  string // the way on from there, if the pointer ends before the value
	At      int    // offset in the body, to sort by; less than 0 outside
	In      string // the source, if not JSON: then there is no pointer
	name    string // of the parameter there
}

// Same reports whether f and old would say the same.
func (f *LocatedFault) Same(old *LocatedFault) bool {
	return old.Code == f.Code && old.Place() == f.Place()
}

// Place returns where f is, to compare.
func (f *LocatedFault) Place() [4]string { return [4]string{f.Pointer, f.Inside, f.In, f.name} }

// Add reports whether the finding was taken: not if it would say what another
// one has said, as it would where pointers end at a map.
func Add(to []LocatedFault, f LocatedFault) ([]LocatedFault, bool) {
	if slices.ContainsFunc(to, func(old LocatedFault) bool { return f.Same(&old) }) {
		return to, false
	}
	return append(to, f), true
}

// Star stands in a way for what the client chose: the name of a member of a
// map, and whatever is within it or in a free value and has no name in the
// schema, such as the position in a list.
const Star = "/*"

// Refusal makes the error that tells the client of the findings.
func Refusal(kind *httperr.Error, findings []LocatedFault, truncated bool) error {
	e := kind.With(nil)
	if len(findings) > MaxFaults {
		findings, truncated = findings[:MaxFaults], true
	}
	e.Truncated = truncated
	e.Faults = make([]httperr.Fault, len(findings))
	var cause strings.Builder
	for i := range findings {
		f := &findings[i]
		e.Faults[i] = f.public()
		if i > 0 {
			cause.WriteString(", ")
		}
		place := f.Pointer + f.Inside
		switch {
		case f.In != "":
			place = strings.TrimSpace(f.In + " " + f.name)
		case place == "":
			place = "(body)"
		}
		cause.WriteString(place + " " + f.Code)
	}
	e.Cause = errors.New(cause.String())
	return e
}

// public returns what the client is told. It shares nothing with the schema:
// who gets it may change it.
func (f *LocatedFault) public() httperr.Fault {
	out := httperr.Fault{In: f.In, Name: f.name, Code: f.Code, Message: f.Message, Params: Copied(f.Params)}
	if f.In == "" {
		pointer := f.Pointer
		out.Pointer = &pointer
	}
	return Within(out, f.Inside)
}

// Within returns f as one of something inside of what its pointer leads to.
func Within(f httperr.Fault, inside string) httperr.Fault {
	if inside == "" {
		return f
	}
	if f.Params == nil {
		f.Params = make(map[string]any, 1)
	}
	f.Params["inside"] = inside
	f.Message = "has a fault inside: a part " + f.Message
	return f
}

// ErrInvalid is the refusal of a request that is not valid.
var ErrInvalid = &httperr.Error{Status: http.StatusBadRequest, Code: "validation_failed", Message: "The request is not valid."}
