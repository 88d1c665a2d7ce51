package validate

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// A fault is a way to be wrong, with constants only.
type fault struct {
	code, message string
	params        map[string]any
	about         about
	relation      relation
}

// about is what of the body a fault that the scan finds is about.
type about uint8

const (
	itself    about = iota // the value that the scan is at
	container              // what it is in
	stranger               // what it is in, where it does not belong: no rule is about it
	everyone               // true of all that is around it too, so nobody asks where inside
)

// with returns f with params, given as names and values.
func (f fault) with(params ...any) fault {
	f.params = make(map[string]any, len(params)/2)
	for i := 0; i < len(params); i += 2 {
		f.params[params[i].(string)] = params[i+1]
	}
	return f
}

// copied returns a copy of params for others to do with as they please: those
// of a rule are made once, and a list in them may be what values are held to.
func copied(params map[string]any) map[string]any {
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
	faultSyntax    = fault{code: "syntax", message: "is not JSON", about: everyone}
	faultUTF8      = fault{code: "invalid_utf8", message: "must be UTF-8", about: everyone}
	faultBOM       = fault{code: "byte_order_mark", message: "must not begin with a byte order mark", about: everyone}
	faultSurrogate = fault{code: "lone_surrogate", message: "has half of a surrogate pair", about: everyone}
	faultTrailing  = fault{code: "trailing_data", message: "must end after one value", about: everyone}
)

// What is JSON, and not what was asked for.
var (
	faultNull          = fault{code: "null", message: "must not be null"}
	faultRequired      = fault{code: "required", message: "is required"}
	faultUnknown       = fault{code: "unknown_member", message: "has a member that is not known", about: stranger}
	faultDuplicate     = fault{code: "duplicate_member", message: "is given more than once"}
	faultDuplicateName = fault{code: "duplicate_member", message: "has a member more than once", about: container}
	faultRange         = fault{code: "range", message: "is out of range"}
	faultLength        = fault{code: "items", message: "has the wrong number of items"}
	faultBase64        = fault{code: "format_base64", message: "must be base64 with padding and without line breaks"}
	faultInvalid       = fault{code: "invalid", message: "is not valid"}

	faultMaxItems     = fault{code: "max_items", message: "has too many items", about: container}
	faultListItems    = fault{code: "too_many_values", message: "has too many values with the other lists", about: everyone}
	faultMaxMembers   = fault{code: "max_members", message: "has too many members", about: container}
	faultMaxBytes     = fault{code: "max_length", message: "is too long"}
	faultName         = fault{code: "name_length", message: "has a member with a name that is too long", about: container}
	faultNumberLength = fault{code: "number_length", message: "has too many digits"}
	faultDepth        = fault{code: "too_deep", message: "is nested too deeply", about: everyone}
	faultMemory       = fault{code: "too_large", message: "takes too much memory", about: everyone}
)

func typeFault(k kind) fault {
	return fault{code: "type", message: kinds[k].message}.with("type", kinds[k].name)
}

// rangeFault returns the fault of a whole number that so many bits do not hold.
func rangeFault(k kind, bits int) fault {
	if k == kindUint {
		return faultRange.with("min", 0, "max", uint64(math.MaxUint64)>>(64-bits))
	}
	return faultRange.with("min", int64(-1)<<(bits-1), "max", int64(math.MaxInt64)>>(64-bits))
}

// A finding is a fault in its place.
type finding struct {
	fault
	pointer string
	inside  string // the way on from there, if the pointer ends before the value
	at      int    // offset in the body, to sort by; less than 0 outside
	in      string // the source, if not JSON: then there is no pointer
	name    string // of the parameter there
}

// same reports whether f and old would say the same.
func (f *finding) same(old *finding) bool {
	return old.code == f.code && old.place() == f.place()
}

// place returns where f is, to compare.
func (f *finding) place() [4]string { return [4]string{f.pointer, f.inside, f.in, f.name} }

// add reports whether the finding was taken: not if it would say what another
// one has said, as it would where pointers end at a map.
func add(to []finding, f finding) ([]finding, bool) {
	if slices.ContainsFunc(to, func(old finding) bool { return f.same(&old) }) {
		return to, false
	}
	return append(to, f), true
}

// fault notes what is wrong with the value the scan is at. The scan goes on
// until it has found as much as is reported.
func (s *scanner) fault(f fault) bool {
	// A client can repeat one mistake as often as its body is long. Only the
	// first may cost an allocation.
	s.at = s.appendPointer(s.at[:0])
	n := len(s.at)
	s.at = s.appendInside(s.at, f.about)
	for i := range s.findings {
		old := &s.findings[i]
		if old.code == f.code && old.pointer == string(s.at[:n]) && old.inside == string(s.at[n:]) {
			return true
		}
	}
	if len(s.findings) == maxFaults {
		s.truncated, s.unsafe = true, true
		return false
	}
	s.findings = append(s.findings, finding{fault: f, pointer: string(s.at[:n]), inside: string(s.at[n:]), at: s.pos})
	return true
}

// star stands in a way for what the client chose: the name of a member of a
// map, and whatever is within it or in a free value and has no name in the
// schema, such as the position in a list.
const star = "/*"

// appendInside appends the way from where the pointer ends to what the fault is
// about.
func (s *scanner) appendInside(b []byte, a about) []byte {
	end := len(s.path)
	if a == everyone {
		return b
	}
	if a != itself && end > 0 && s.path[end-1].index == hidden {
		end--
	}
	ended := false
	for _, p := range s.path[:end] {
		switch ended = ended || p.index == hidden; {
		case !ended:
		case p.node != nil && p.index != hidden:
			b = append(b, p.node.members[p.index].token...)
		default:
			b = append(b, star...)
		}
	}
	return b
}

// tooMany notes an excess that the scan survives and decoding might not.
func (s *scanner) tooMany(f fault) bool {
	s.unsafe = true
	return s.fault(f)
}

// exceeded notes an excess at which the scan ends.
func (s *scanner) exceeded(f fault) bool {
	s.unsafe = true
	s.fault(f)
	return false
}

// broken notes why the body is not JSON. What was found before is of no use to
// the client, since the rest could not be read.
func (s *scanner) broken(f fault) bool {
	s.malformed, s.unsafe = true, true
	s.findings = append(s.findings[:0], finding{fault: f, pointer: s.pointer(), at: s.pos})
	return false
}

// refusal makes the error that tells the client of the findings.
func refusal(kind *httperr.Error, findings []finding, truncated bool) error {
	e := kind.With(nil)
	if len(findings) > maxFaults {
		findings, truncated = findings[:maxFaults], true
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
		place := f.pointer + f.inside
		switch {
		case f.in != "":
			place = strings.TrimSpace(f.in + " " + f.name)
		case place == "":
			place = "(body)"
		}
		cause.WriteString(place + " " + f.code)
	}
	e.Cause = errors.New(cause.String())
	return e
}

// public returns what the client is told. It shares nothing with the schema:
// who gets it may change it.
func (f *finding) public() httperr.Fault {
	out := httperr.Fault{In: f.in, Name: f.name, Code: f.code, Message: f.message, Params: copied(f.params)}
	if f.in == "" {
		pointer := f.pointer
		out.Pointer = &pointer
	}
	return within(out, f.inside)
}

// within returns f as one of something inside of what its pointer leads to.
func within(f httperr.Fault, inside string) httperr.Fault {
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
