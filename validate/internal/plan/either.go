package plan

import (
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

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
