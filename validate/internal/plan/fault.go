package plan

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// A Fault is one kind of mistake in a request. Its text never holds input of the client.
type Fault struct {
	Code, Message string
	Params        map[string]any
	About         About
	Compares      bool // the rule compares with another field; the fault is dropped while that field has a fault itself
}

// About names the part of the body that has a fault of the scan.
type About uint8

const (
	Itself    About = iota // the value at the position of the scan
	container              // the object or array around that value
	Stranger               // that object too, because of a member which no rule knows
	Everyone               // the whole body: a position inside it would not help
)

// With returns f with params, given as name, value, name, value.
func (f Fault) With(params ...any) Fault {
	f.Params = make(map[string]any, len(params)/2)
	for i := 0; i < len(params); i += 2 {
		f.Params[params[i].(string)] = params[i+1]
	}
	return f
}

// Copied returns a deep copy of params. The params of a rule are made once, and the rule
// itself may read a list in them, so a caller that changes its copy must not reach them.
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

// Faults of a body that is not JSON.
var (
	FaultSyntax    = Fault{Code: "syntax", Message: "is not JSON", About: Everyone}
	FaultUTF8      = Fault{Code: "invalid_utf8", Message: "must be UTF-8", About: Everyone}
	FaultBOM       = Fault{Code: "byte_order_mark", Message: "must not begin with a byte order mark", About: Everyone}
	FaultSurrogate = Fault{Code: "lone_surrogate", Message: "has half of a surrogate pair", About: Everyone}
	FaultTrailing  = Fault{Code: "trailing_data", Message: "must end after one value", About: Everyone}
)

// Faults of a body that is JSON and does not fit the schema.
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

// RangeFault returns the fault of an integer that does not fit into so many bits.
func RangeFault(k Kind, bits int) Fault {
	if k == KindUint {
		return FaultRange.With("min", 0, "max", uint64(math.MaxUint64)>>(64-bits))
	}
	return FaultRange.With("min", int64(-1)<<(bits-1), "max", int64(math.MaxInt64)>>(64-bits))
}

// PlainMessage reports whether s is UTF-8 with some text and without control characters.
func PlainMessage(s string) bool {
	return strings.TrimSpace(s) != "" && utf8.ValidString(s) && !strings.ContainsFunc(s, Controls)
}

// Controls reports whether c is a control character or breaks a line.
func Controls(c rune) bool {
	return c < 0x20 || 0x7f <= c && c < 0xa0 || c == '\u2028' || c == '\u2029'
}

// A LocatedFault is a fault and its place in the request.
type LocatedFault struct {
	Fault
	Pointer string
	Inside  string // the path from Pointer on, if the pointer ends before the value
	At      int    // offset in the body, to sort by; less than 0 for a parameter
	In      string // the source of a parameter, "" in the body; a parameter has no pointer
	name    string // of the parameter
}

// Place returns the place of f as one comparable value.
func (f *LocatedFault) Place() [4]string { return [4]string{f.Pointer, f.Inside, f.In, f.name} }

// Add appends f unless an equal fault is there already, and reports whether it did. Two
// members of a map have equal faults, because pointers end at the map.
func Add(to []LocatedFault, f LocatedFault) ([]LocatedFault, bool) {
	if slices.ContainsFunc(to, func(old LocatedFault) bool { return old.Code == f.Code && old.Place() == f.Place() }) {
		return to, false
	}
	return append(to, f), true
}

// Star stands in a path for a name that the client chose: the name of a member of a map,
// and everything below it, or in a free value, that has no name in the schema, such as
// the index in a list.
const Star = "/*"

// Refusal returns an error of the given kind that tells the client the findings.
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

// public returns f as the client sees it. The result shares no memory with the schema,
// because handlers may change it.
func (f *LocatedFault) public() httperr.Fault {
	out := httperr.Fault{In: f.In, Name: f.name, Code: f.Code, Message: f.Message, Params: Copied(f.Params)}
	if f.In == "" {
		pointer := f.Pointer
		out.Pointer = &pointer
	}
	return Within(out, f.Inside)
}

// Within returns f as the fault of a value inside the one that its pointer names.
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
var ErrInvalid = &httperr.Error{
	Status: http.StatusBadRequest, Code: "validation_failed",
	Message: "The request is not valid. Correct the faults in errors.",
}
