package validate

import "reflect"

// kind is what a Go type accepts of JSON.
type kind uint8

const (
	kindObject  kind = iota // struct
	kindMap                 // map with string keys
	kindList                // slice
	kindTuple               // array
	kindString              // string
	kindBytes               // []byte, as base64
	kindText                // encoding.TextUnmarshaler, and time.Time
	kindBool                // bool
	kindInt                 // int…
	kindUint                // uint…
	kindFloat               // float32, float64
	kindNumber              // json.Number
	kindCustom              // json.Unmarshaler: any JSON, decoded by the type
	kindFree                // any, json.RawMessage
	kindInvalid             // refused by New
)

// token is the type of a JSON value, as one bit.
type token uint8

const (
	tokObject token = 1 << iota
	tokArray
	tokString
	tokBool
	tokNumber
	tokNull

	tokAny = tokObject | tokArray | tokString | tokBool | tokNumber
)

var kinds = [...]struct {
	accepts token
	name    string // JSON Schema's name for it
	message string
}{
	kindObject:  {tokObject, "object", "must be an object"},
	kindMap:     {tokObject, "object", "must be an object"},
	kindList:    {tokArray, "array", "must be an array"},
	kindTuple:   {tokArray, "array", "must be an array"},
	kindString:  {tokString, "string", "must be a string"},
	kindBytes:   {tokString, "string", "must be a string"},
	kindText:    {tokString, "string", "must be a string"},
	kindBool:    {tokBool, "boolean", "must be true or false"},
	kindInt:     {tokNumber, "integer", "must be an integer"},
	kindUint:    {tokNumber, "integer", "must be an integer that is not negative"},
	kindFloat:   {tokNumber, "number", "must be a number"},
	kindNumber:  {tokNumber, "number", "must be a number"},
	kindCustom:  {accepts: tokAny},
	kindFree:    {accepts: tokAny},
	kindInvalid: {accepts: tokAny},
}

// A node is a Go type, compiled. Those of structs are shared by all places that
// use the type, which is what lets a type contain itself.
type node struct {
	kind    kind
	typ     reflect.Type
	bits    int      // of a number
	length  int      // of a tuple
	elem    *slot    // of a list, tuple or map
	price   price    // of the elements of a list, or the members of a map
	members []member // of an object, in the order of the struct
	byName  map[string]int
	needed  []uint64 // bit set of the members that must be there
	fields  map[string]goField
}

// A slot is a place that a value may be in, with what only holds there.
type slot struct {
	node     *node
	nullable bool
	pointer  bool
	size     int64 // of the Go value, in bytes
	extra    int64 // on the heap behind it if the value is not null
	maxItems int   // elements or members
	maxBytes int   // of a string, decoded
	length   *length
}

// end returns what is in the lists and maps at p.
func (p *slot) end() *node {
	for p.node.elem != nil {
		p = p.node.elem
	}
	return p.node
}

type member struct {
	slot
	name     string
	token    string // "/" and the name, escaped for a pointer
	required bool
}

// A goField leads from the field of a struct to the member that it is, or to
// the fields of the struct that is embedded there.
type goField struct {
	member   int // -1: none
	param    *parameter
	rules    *fieldRules
	embedded map[string]goField
}

// lookup returns the member called name, or -1. Most clients send members in
// the order in which they are documented, so the one that would be next is
// tried first.
func (n *node) lookup(name []byte, next int) int {
	if next < len(n.members) && string(name) == n.members[next].name {
		return next
	}
	if i, ok := n.byName[string(name)]; ok {
		return i
	}
	return -1
}

func words(bits int) int { return (bits + 63) / 64 }
