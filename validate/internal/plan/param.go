package plan

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// A Parameter is a compiled field that is read from the path, the query, a header or a form.
type Parameter struct {
	In       Source
	Name     string // as sent; the name of a header is in canonical form
	Place    int    // index among the parameters of its source
	Index    []int  // of the field, from the outermost struct
	Typ      reflect.Type
	Kind     Kind  // of the value, or of the elements of a list
	Form     *Form // the format of a text; nil: the type alone decides which text is valid
	Bits     int
	File     bool
	Accept   []string // media types of a file
	Pointer  bool
	List     bool
	Slice    reflect.Type // the type of the list
	Comma    bool         // the list is one value with commas between the elements
	Skip     bool         // an empty text counts as absent
	Required bool
	MaxItems int
	MaxBytes int
	Length   *Length // of text without mods
	Watch    *Watch  // nil: no rule depends on whether the parameter was sent
}

// at is the sort key of the faults of p, and less than any sort key in the body.
func (p *Parameter) at() int { return int(p.In)<<16 + p.Place - 1<<30 }

// An Input has the results of reading the parameters of one request.
type Input struct {
	Given  [Sources]uint64 // bit sets of the parameters that were sent
	unread [Sources]bool   // the source could not be read, so its bit set is not reliable
	Found  []LocatedFault
	Items  int   // elements of all lists
	Memory int64 // bytes that the lists take
	Form   bool  // the body is a form
	Known  Known // facts about the parameters that presence rules depend on

	Ignored      int      // unknown members and form fields that were ignored
	ignoredNames []string // the names of the form fields that were ignored
}

func (in *Input) Has(p *Parameter) bool { return in.Given[p.In]&(1<<p.Place) != 0 }

// Finding returns f, located at p.
func (p *Parameter) Finding(f Fault) LocatedFault {
	return LocatedFault{Fault: f, At: p.at(), In: p.In.String(), name: p.Name}
}

// Fault adds a fault of p.
func (in *Input) Fault(p *Parameter, f Fault) {
	in.Found, _ = Add(in.Found, p.Finding(f))
}

// Broken adds a fault of a source without the name of a parameter, because that name
// would be input of the client.
func (in *Input) Broken(s Source, f Fault) {
	in.Found, _ = Add(in.Found, LocatedFault{Fault: f, At: (&Parameter{In: s}).at() - 1, In: s.String()})
}

// Ignore notes a form field that is ignored. A second value is a fault, as for every other
// field.
func (in *Input) Ignore(name string) {
	if slices.Contains(in.ignoredNames, name) {
		in.Broken(InForm, FaultRepeated)
	}
	in.ignoredNames = append(in.ignoredNames, name)
	in.Ignored++
}

// End adds the reason why the rest of a source could not be read. It returns false.
func (in *Input) End(s Source, f Fault) bool {
	in.unread[s] = true
	in.Broken(s, f)
	return false
}

// Faults that only parameters have.
var (
	FaultUnknownParam = Fault{Code: "unknown_parameter", Message: "has a parameter that is not known"}
	FaultRepeated     = Fault{Code: "duplicate", Message: "is given more than once"}
	FaultParams       = Fault{Code: "too_many_parameters", Message: "has too many parameters"}
	FaultQuerySyntax  = Fault{Code: "syntax", Message: "is not a well-formed list of parameters"}
	FaultEmptyItem    = Fault{Code: "empty_item", Message: "has an empty item"}
	FaultDateTime     = Fault{Code: "format_date_time", Message: "must be a date and time as in RFC 3339"}
)

// Before returns the faults of the parameters together with found, sorted by location.
func (in *Input) Before(found []LocatedFault) []LocatedFault {
	if len(in.Found) == 0 {
		return found
	}
	all := append(slices.Clone(in.Found), found...)
	slices.SortStableFunc(all, func(a, b LocatedFault) int { return cmp.Compare(a.At, b.At) })
	return all
}

// Rule adds f, the fault of a rule that p breaks, to found. The first n faults in found come
// from reading the request. If one of them is about p, p could not be read, and Rule does not
// add f. An absent parameter whose zero value breaks a rule is reported as required, unless
// the rule compares it with another field.
func (in *Input) Rule(found []LocatedFault, n int, p *Parameter, f Fault) []LocatedFault {
	if in.unread[p.In] || slices.ContainsFunc(found[:n], p.isAbout) {
		return found
	}
	if !in.Has(p) && !f.Compares {
		f = FaultRequired
	}
	return append(found, p.Finding(f))
}

// isAbout reports whether f is a fault of p.
func (p *Parameter) isAbout(f LocatedFault) bool { return f.In == p.In.String() && f.name == p.Name }

// Slot returns the slot that p would have as a member of JSON that may not be null.
func (p *Parameter) Slot() *Slot {
	one := Slot{Node: &Node{Kind: p.Kind, Typ: p.Typ, Form: p.Form, Bits: p.Bits}, Pointer: p.Pointer, MaxBytes: p.MaxBytes}
	if !p.List {
		return &one
	}
	most := p.MaxItems
	if !p.Comma && p.In != InHeader {
		most = min(most, MaxParams) // each element is sent as a parameter of its own
	}
	return &Slot{Node: &Node{Kind: KindList, Typ: p.Slice, Elem: &one}, MaxItems: most}
}

// Either reports whether the fields of the object n are read from a JSON body or from a form.
func (n *Node) Either() bool { return len(n.Members) > 0 && n.Members[0].Param != nil }

// field returns the form field of the member of n that pointer leads to or into, or nil.
func (n *Node) field(pointer string) *Parameter {
	if pointer == "" {
		return nil
	}
	token, _, _ := strings.Cut(pointer[1:], "/")
	i := slices.IndexFunc(n.Members, func(m Member) bool { return m.Token[1:] == token })
	if i < 0 {
		return nil
	}
	return n.Members[i].Param
}

// FormFault returns the form field with the fault f of a body that is a form, and f as the
// fault of a form. The field is nil for a fault of the whole body.
func (n *Node) FormFault(pointer string, f Fault) (*Parameter, Fault) {
	f.Message = strings.Replace(f.Message, "another member", "another parameter", 1)
	return n.field(pointer), f
}

// Relocate changes the places in faults, those of Validate methods and of handlers, to the
// places in the body that was sent: pointers into JSON, or the names of form fields.
func (n *Node) Relocate(faults []httperr.Fault, form bool) {
	for i := range faults {
		f := &faults[i]
		switch {
		case form && f.Pointer != nil:
			if p := n.field(*f.Pointer); p != nil {
				f.Pointer, f.In, f.Name = nil, p.In.String(), p.Name
			}
		case !form && f.In == InForm.String():
			if i, ok := n.ByName[f.Name]; ok {
				pointer := n.Members[i].Token // a copy, because handlers may change it
				f.Pointer, f.In, f.Name = &pointer, "", ""
			}
		}
	}
}
