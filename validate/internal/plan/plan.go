// Package plan has the compiled form of a request's type: slots for values, parameters, the
// parsed validate tags, the faults that a request can have, and the limits of a request.
package plan

import "reflect"

// Kind tells which JSON a Go type accepts.
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

// A Node is a compiled Go type. All slots of a struct type share one node, so a type may
// contain itself.
type Node struct {
	Kind     Kind
	Typ      reflect.Type
	Form     *Form    // of a text; nil: its type alone decides
	Bits     int      // of a number
	Length   int      // of a tuple
	Elem     *Slot    // of a list, tuple or map
	Price    Price    // of the elements of a list, or the members of a map
	Members  []Member // of an object, in the order of the struct
	ByName   map[string]int
	Needed   []uint64  // bit set of the required members
	Presence *Presence // nil: no rule depends on which members were sent
	Fields   map[string]GoField
}

// A Slot is a place for a value: its type, and the properties of this one place.
type Slot struct {
	Node     *Node
	Nullable bool
	Pointer  bool
	Size     int64 // of the Go value, in bytes
	Extra    int64 // bytes on the heap behind the pointer, if the value is not null
	MaxItems int   // elements or members
	MaxBytes int   // of a string, decoded
	Length   *Length
}

// End returns the node of the innermost elements of the lists and maps at p.
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
	Watch    *Watch     // nil: no rule depends on whether the member was sent
	Param    *Parameter // the same field of a form; nil: it is a member of JSON only
}

// A GoField is the compiled form of a struct field: a member, a parameter, or an embedded
// struct with fields of its own.
type GoField struct {
	Member   int // -1: none
	Param    *Parameter
	Rules    *FieldRules
	Embedded map[string]GoField
}

// Lookup returns the index of the member called name, or -1. Most clients send members in
// the order of the documentation, so Lookup tries the index next first.
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

// A Length is the rule max of a text, which the scan checks.
type Length struct {
	Most  int // characters
	Fault Fault
}

// TooLong returns the fault of a text with more than maxBytes bytes. The limit in bytes is
// never smaller than the bytes of the longest permitted text, so the text has too many
// characters as well, and that fault is of more use to the client.
func (l *Length) TooLong(maxBytes int) Fault {
	if l == nil {
		return FaultMaxBytes.With("max_bytes", maxBytes)
	}
	return l.Fault
}

// Promoted returns the field of that name. As in Go it may be a field of an embedded
// struct; the least deeply embedded field is meant.
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
