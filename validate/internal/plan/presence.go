package plan

import (
	"slices"
	"strconv"
)

// Facts is a bit set of facts about one struct in a request, such as "the field A was sent".
type Facts uint64

// MaxFacts is the most facts that the rules of one struct may depend on.
const MaxFacts = 64

// A Watch has the facts about one member or parameter.
type Watch struct {
	All      Facts // all facts about the member or parameter
	Sent     Facts // it was sent
	There    Facts // it was sent with a value; null is a value of an Optional only
	Nullable bool  // it is an Optional
	Values   []WatchedValue

	Kind Kind  // of the values
	Bits int   // of a float
	Mods []Mod // they change text before it is compared
}

// A WatchedValue is a value in a rule such as required_if. The fact is that the field has
// this value: it was sent, or it is the default or the zero value of a field that was not
// sent.
type WatchedValue struct {
	Fact  Facts
	Text  string  // as Go prints it
	Float float64 // of a KindFloat
}

// Equal returns the facts that hold if the value text is sent. The text of a string has no
// quotes.
func (w *Watch) Equal(text []byte) (f Facts) {
	var float float64
	switch {
	case w.Kind == KindFloat:
		float, _ = strconv.ParseFloat(string(text), w.Bits)
	case w.Kind == KindInt && string(text) == "-0":
		text = text[1:]
	case len(w.Mods) > 0:
		s := string(text)
		for _, m := range w.Mods {
			s = m(s)
		}
		text = []byte(s)
	}
	for i := range w.Values {
		if v := &w.Values[i]; w.Kind == KindFloat && v.Float == float || w.Kind != KindFloat && v.Text == string(text) {
			f |= v.Fact
		}
	}
	return f
}

// Known is the current knowledge about the facts of one struct.
type Known struct {
	Told    Facts // the facts about fields that were sent
	True    Facts
	Unknown Facts // the facts about fields with a fault of their own
}

// Tell records that the member or parameter of w was sent, and that the facts t hold of it.
func (k *Known) Tell(w *Watch, t Facts) {
	k.Told |= w.All
	k.True = k.True&^w.All | t
}

// A Presence has the presence rules of a struct: required_if, excluded_with and the like.
type Presence struct {
	Absent     Facts // the facts that hold if nothing is sent
	Used       int   // the number of facts
	Conditions []Condition
}

// Begin returns the facts of the struct if only the fields in given were sent.
func (p *Presence) Begin(given Known) Known {
	given.True |= p.Absent &^ given.Told
	return given
}

// A Condition is one presence rule of a member or a parameter.
type Condition struct {
	Member   int        // the member with the rule; -1: Param has it
	Param    *Parameter // the parameter with the rule, or nil
	Required bool       // a rule required_…; else it is excluded_…
	Self     Facts      // the fact that the field with the rule is there
	When     When
	Others   Facts
	Fault    Fault
}

// When tells how many of the facts in Others make the condition hold.
type When uint8

const (
	All When = iota
	Any
	NotAll
	None
)

// Broken reports whether the rule is certainly broken. It is not certain while a fact that
// the rule depends on is unknown.
func (c *Condition) Broken(k Known) bool {
	if (c.Self|c.Others)&k.Unknown != 0 {
		return false
	}
	holds, matched := false, c.Others&k.True
	switch c.When {
	case All:
		holds = matched == c.Others
	case Any:
		holds = matched != 0
	case NotAll:
		holds = matched != c.Others
	case None:
		holds = matched == 0
	}
	return holds && (k.True&c.Self == 0) == c.Required
}

// Needed reports whether an empty struct breaks a presence rule.
func (p *Presence) Needed() bool {
	return p != nil && slices.ContainsFunc(p.Conditions, func(c Condition) bool { return c.Broken(Known{True: p.Absent}) })
}

// Conditions adds the faults of the parameters of root whose presence rules are broken.
func (in *Input) Conditions(root *Node, k Known) {
	if root.Presence == nil {
		return
	}
	for i := range root.Presence.Conditions {
		c := &root.Presence.Conditions[i]
		p, f := c.Param, c.Fault
		if c.Member >= 0 && in.Form { // in a body of JSON the scan has checked the member
			p, f = root.FormFault(root.Members[c.Member].Token, f)
		}
		if p != nil && c.Broken(k) {
			in.Fault(p, f)
		}
	}
}

// Unsure reports whether p, or its whole source, could not be read.
func (in *Input) Unsure(p *Parameter) bool {
	return in.unread[p.In] || slices.ContainsFunc(in.Found, p.isAbout)
}
