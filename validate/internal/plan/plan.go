// Package plan has the compiled form of a request's type: places for values, parameters,
// the validate tags, the faults that a request can have, and the limits that it is held to.
package plan

import "reflect"

// Kind is what a Go type accepts of JSON.
type Kind uint8

const (
	KindObject  Kind = iota // struct
	KindMap                 // map with string keys
	KindList                // slice
	KindTuple               // array
	KindString              // string
	KindBytes               // []byte, as base64
	KindText                // encoding.TextUnmarshaler, and time.Time
	KindBool                // bool
	KindInt                 // int…
	KindUint                // uint…
	KindFloat               // float32, float64
	KindNumber              // json.Number
	KindCustom              // json.Unmarshaler: any JSON, decoded by the type
	KindFree                // any, json.RawMessage
	KindInvalid             // refused by New
)

// Token is the type of a JSON value, as one bit.
type Token uint8

const (
	TokObject Token = 1 << iota
	TokArray
	TokString
	TokBool
	TokNumber
	TokNull

	tokAny = TokObject | TokArray | TokString | TokBool | TokNumber
)

var Kinds = [...]struct {
	Accepts Token
	Name    string // JSON Schema's name for it
	message string
}{
	KindObject:  {TokObject, "object", "must be an object"},
	KindMap:     {TokObject, "object", "must be an object"},
	KindList:    {TokArray, "array", "must be an array"},
	KindTuple:   {TokArray, "array", "must be an array"},
	KindString:  {TokString, "string", "must be a string"},
	KindBytes:   {TokString, "string", "must be a string"},
	KindText:    {TokString, "string", "must be a string"},
	KindBool:    {TokBool, "boolean", "must be true or false"},
	KindInt:     {TokNumber, "integer", "must be an integer"},
	KindUint:    {TokNumber, "integer", "must be an integer that is not negative"},
	KindFloat:   {TokNumber, "number", "must be a number"},
	KindNumber:  {TokNumber, "number", "must be a number"},
	KindCustom:  {Accepts: tokAny},
	KindFree:    {Accepts: tokAny},
	KindInvalid: {Accepts: tokAny},
}

// A Node is a Go type, compiled. Those of structs are shared by all places that
// use the type, which is what lets a type contain itself.
type Node struct {
	Kind     Kind
	Typ      reflect.Type
	Bits     int      // of a number
	Length   int      // of a tuple
	Elem     *Slot    // of a list, tuple or map
	Price    Price    // of the elements of a list, or the members of a map
	Members  []Member // of an object, in the order of the struct
	ByName   map[string]int
	Needed   []uint64  // bit set of the members that must be there
	Presence *Presence // nil: no rule is about which of the others were sent
	Fields   map[string]GoField
}

// A Slot is a place that a value may be in, with what only holds there.
type Slot struct {
	Node     *Node
	Nullable bool
	Pointer  bool
	Size     int64 // of the Go value, in bytes
	Extra    int64 // on the heap behind it if the value is not null
	MaxItems int   // elements or members
	MaxBytes int   // of a string, decoded
	Length   *Length
}

// End returns what is in the lists and maps at p.
func (p *Slot) End() *Node {
	for p.Node.Elem != nil {
		p = p.Node.Elem
	}
	return p.Node
}

type Member struct {
	Slot
	Name     string
	Token    string // "/" and the name, escaped for a pointer
	Required bool
	Watch    *Watch // nil: no rule asks whether it was sent
}

// A GoField leads from the field of a struct to the member that it is, or to
// the fields of the struct that is embedded there.
type GoField struct {
	Member   int // -1: none
	Param    *Parameter
	Rules    *FieldRules
	Embedded map[string]GoField
}

// Lookup returns the member called name, or -1. Most clients send members in
// the order in which they are documented, so the one that would be next is
// tried first.
func (n *Node) Lookup(name []byte, next int) int {
	if next < len(n.Members) && string(name) == n.Members[next].Name {
		return next
	}
	if i, ok := n.ByName[string(name)]; ok {
		return i
	}
	return -1
}

func Words(bits int) int { return (bits + 63) / 64 }

// A Length is a max of text, which the scan checks on its way.
type Length struct {
	Most  int // characters
	Fault Fault
}

// TooLong returns the fault of text that has more bytes than the limit, which
// is never less than the most characters take. That these are too many as well
// is what helps the client.
func (l *Length) TooLong(maxBytes int) Fault {
	if l == nil {
		return FaultMaxBytes.With("max_bytes", maxBytes)
	}
	return l.Fault
}

// Promoted returns the field of that name, which may be one of a struct that is
// embedded, as in Go: the one that is embedded least deeply.
func Promoted(fields map[string]GoField, name string) (GoField, bool) {
	for level := []map[string]GoField{fields}; len(level) > 0; {
		var next []map[string]GoField
		for _, fields := range level {
			if f, ok := fields[name]; ok {
				return f, true
			}
			for _, f := range fields {
				if f.Embedded != nil {
					next = append(next, f.Embedded)
				}
			}
		}
		level = next
	}
	return GoField{}, false
}
