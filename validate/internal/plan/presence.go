package plan

import (
	"slices"
	"strconv"
)

// Facts is a set of facts about the fields of one struct as they were sent.
type Facts uint64

// MaxFacts is how many facts the rules of one struct may ask for.
const MaxFacts = 64

// A Watch has the facts that depend on one member or parameter.
type Watch struct {
	All      Facts
	Sent     Facts // it was sent
	There    Facts // it was sent, and not as null unless null is a value of it
	Nullable bool  // null is a value of it: it is an Optional
	Values   []WatchedValue

	Kind Kind  // of the values
	Bits int   // of a float
	Mods []Mod // that change text first
}

// A WatchedValue is a value that a rule asks for. The fact is that it was sent, or is
// the value of what was not sent.
type WatchedValue struct {
	Fact  Facts
	Text  string  // as Go prints it
	Float float64 // of a KindFloat
}

// Equal returns the facts that hold if text is sent, a string without quotes.
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

// Known is what is known of one struct.
type Known struct {
	Told    Facts // the facts that something has been said of
	True    Facts
	Unknown Facts // they depend on what is at fault itself
}

// Tell notes the facts of what was sent.
func (k *Known) Tell(w *Watch, t Facts) {
	k.Told |= w.All
	k.True = k.True&^w.All | t
}

// A Presence has the rules of a struct about which fields were sent.
type Presence struct {
	Absent     Facts // that hold if nothing is sent
	Used       int   // how many facts there are
	Conditions []Condition
}

// Begin returns what is known of the struct if given is all that was sent.
func (p *Presence) Begin(given Known) Known {
	given.True |= p.Absent &^ given.Told
	return given
}

// A Condition is one rule about which fields were sent.
type Condition struct {
	Member   int        // that the rule is for; -1: a parameter
	Param    *Parameter // that the rule is for
	Required bool       // else it is excluded
	Self     Facts      // the field is there
	When     When
	Others   Facts
	Fault    Fault
}

// When tells how many of the other facts must hold for a condition to do so.
type When uint8

const (
	All When = iota
	Any
	NotAll
	None
)

// Broken reports whether the rule is broken for certain.
func (c *Condition) Broken(k Known) bool {
	if (c.Self|c.Others)&k.Unknown != 0 {
		return false
	}
	holds, of := false, c.Others&k.True
	switch c.When {
	case All:
		holds = of == c.Others
	case Any:
		holds = of != 0
	case NotAll:
		holds = of != c.Others
	case None:
		holds = of == 0
	}
	return holds && (k.True&c.Self == 0) == c.Required
}

// Needed reports whether a struct of which nothing is sent breaks a rule.
func (p *Presence) Needed() bool {
	return p != nil && slices.ContainsFunc(p.Conditions, func(c Condition) bool { return c.Broken(Known{True: p.Absent}) })
}

// Conditions notes the parameters whose rules about which fields were sent are broken.
func (in *Input) Conditions(p *Presence, k Known) {
	if p == nil {
		return
	}
	for i := range p.Conditions {
		if c := &p.Conditions[i]; c.Param != nil && c.Broken(k) {
			in.Fault(c.Param, c.Fault)
		}
	}
}

// Unsure reports whether p could not be read.
func (in *Input) Unsure(p *Parameter) bool {
	return in.unread[p.In] || slices.ContainsFunc(in.Found, p.isAbout)
}
