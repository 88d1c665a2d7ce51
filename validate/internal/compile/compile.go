// Package compile turns the type of a request into a plan, and refuses types and tags that
// cannot be decoded in one way only.
package compile

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// A compiler turns Go types into a plan. It continues after a fault, so that New reports
// all of them.
type compiler struct {
	Options
	out         *Compiled
	own         rule.OwnRules
	faults      *httperr.ConfigFaults
	nodes       map[reflect.Type]*plan.Node // structs, by type
	open        map[reflect.Type]bool       // lists and maps being compiled
	rules       map[reflect.Type]*plan.StructRules
	unscanned   map[reflect.Type]bool // structs inside types that decode themselves
	splits      map[*plan.FieldRules]tagSplit
	visitPlans  map[*plan.Node]*plan.VisitPlan
	missingDive map[string]missingDive // by where
	wrongMethod map[reflect.Type]bool
	free        bool // the field that is being compiled has the tag free
	whole       bool // the slot that is compiled next is the whole body

	// For parameters, defaults and mods.
	rootType    reflect.Type
	prefix      []int             // index of the embedded struct that is being compiled
	goNames     map[string]string // path of a parameter, by its Go name: encoding/json takes it for a member
	files       bool
	either      bool // the body is JSON or a form
	defaulted   map[reflect.Type]bool
	normalizers map[reflect.Type]*plan.Normalizer
	modified    bool // some field has a mod
}

// refuse adds a fault. With value "" the fault shows no value.
func (c *compiler) refuse(where, value, reason, fix string) {
	if value == "" {
		c.faults.Add(where, nil, plan.PublicNames.Replace(reason), plan.PublicNames.Replace(fix))
		return
	}
	c.faults.Add(where, plan.PublicNames.Replace(value), plan.PublicNames.Replace(reason), plan.PublicNames.Replace(fix))
}

// A Compiled is the result of Compile.
type Compiled struct {
	Root       *plan.Slot
	List       []int // index of the List that is the body; nil: the body is an object
	Params     [plan.Sources][]*plan.Parameter
	Presets    []plan.Preset
	Normalizer *plan.Normalizer                   // nil: there are no mods
	Rules      *plan.VisitPlan                    // nil: there are no rules
	Methods    *plan.VisitPlan                    // nil: there are no Validate methods below the root
	Tags       map[reflect.Type]map[string]string // for the validator, by field
	Structs    []*plan.StructRules                // the structs that the validator reaches, in order
	Media      []string                           // media types of a form; nil: the body is JSON
	KeepsBytes bool                               // some type may keep a reference to the bytes of the body, as a File does
}

// Options are the options of the Config that affect the plan.
type Options struct {
	Items, StringLen int // Config.MaxItems, Config.MaxString
	MediaTypes       []string
	IgnoreTags       []string // Config.IgnoreTags
}

// Compile compiles the type t of a request. It adds each mistake in the type to faults.
func Compile(t reflect.Type, o Options, own rule.OwnRules, faults *httperr.ConfigFaults) *Compiled {
	c := &compiler{
		Options:     o,
		out:         &Compiled{},
		own:         own,
		faults:      faults,
		nodes:       map[reflect.Type]*plan.Node{},
		open:        map[reflect.Type]bool{},
		rules:       map[reflect.Type]*plan.StructRules{},
		unscanned:   map[reflect.Type]bool{},
		splits:      map[*plan.FieldRules]tagSplit{},
		visitPlans:  map[*plan.Node]*plan.VisitPlan{},
		missingDive: map[string]missingDive{},
		wrongMethod: map[reflect.Type]bool{},
		goNames:     map[string]string{},
		defaulted:   map[reflect.Type]bool{},
		normalizers: map[reflect.Type]*plan.Normalizer{},
	}
	c.out.Root = c.compileRoot(t)
	c.checkConfig()
	if c.out.Root == nil {
		return c.out
	}
	c.out.Rules, c.out.Methods = c.visitRoot(c.out.Root)
	c.out.Tags = c.validatorTags()
	return c.out
}

// rulesOf returns the rules of the fields of a struct. It reads the tags of a struct once.
func (c *compiler) rulesOf(t reflect.Type) *plan.StructRules {
	s, ok := c.rules[t]
	if !ok {
		s = plan.ReadStruct(t)
		c.rules[t], c.out.Structs = s, append(c.out.Structs, s)
	}
	return s
}

// path returns the name of the field f of t in the faults of New.
func (c *compiler) path(t reflect.Type, f reflect.StructField) string {
	if s, ok := c.rules[t]; ok {
		return plan.FieldPath(s.Where, f)
	}
	return plan.FieldPath(plan.TypeName(t), f)
}

// validatorTag returns the tag that the validator gets for a field of the struct t. The
// scan does not see a struct inside a type that decodes itself, so the validator gets all
// of its rules.
func (c *compiler) validatorTag(t, field reflect.Type, r *plan.FieldRules) string {
	if c.unscanned[t] {
		return plan.StripRequired(ForValidator(field, r.Levels))
	}
	return c.splits[r].validatorTag
}

// validatorTags returns the tags that the validator gets in place of the tags in the source.
func (c *compiler) validatorTags() map[reflect.Type]map[string]string {
	tags := map[reflect.Type]map[string]string{}
	for _, s := range c.out.Structs {
		if !s.Scanned {
			continue
		}
		of := make(map[string]string, len(s.Fields))
		for f := range s.Typ.Fields() {
			if r := s.Fields[f.Name]; !r.Off() {
				of[f.Name] = c.validatorTag(s.Typ, f.Type, r)
			}
		}
		tags[s.Typ] = of
	}
	return tags
}

// compileRoot compiles the type of a whole body.
func (c *compiler) compileRoot(t reflect.Type) *plan.Slot {
	where := plan.TypeName(t)
	if t.Kind() != reflect.Struct || plan.DecoderKind(t) != plan.KindInvalid {
		c.refuse(where, t.String(), "is not a struct that encoding/json decodes by its fields",
			"write the type without a *, wrap it in a struct, or for a body that is an array use validate.List")
		return nil
	}
	c.rootType = t
	p := c.slot(t, nil, 0, where)
	p.Nullable = false
	for more := true; more; { // repeat: types may contain one another
		more = false
		for _, n := range c.nodes {
			more = c.need(n) || more
		}
	}
	c.checkSources(p.Node)
	c.checkList(p.Node)
	c.defaults(t, p.Node.Fields, nil, "", false)
	if n := c.normalizer(t, p.Node.Fields); c.modified {
		c.out.Normalizer = n
	}
	return &p
}

// slot compiles a slot of type t. The rules of the given depth are for its value.
func (c *compiler) slot(t reflect.Type, levels []plan.DepthRules, depth int, where string) plan.Slot {
	if in, ok := plan.OptionalOf(plan.Behind(t)); ok {
		c.refuse(where, t.String(),
			"is an Optional that is not a member itself: behind a pointer, in a list or in a map nothing can be absent", "use "+in.String())
		return plan.Slot{Node: &plan.Node{Kind: plan.KindInvalid, Typ: t}}
	}
	here := plan.AtDepth(levels, depth)
	p := plan.Slot{Size: int64(t.Size())}
	whole := c.whole
	c.whole = false
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
		p.Nullable, p.Pointer = true, true
		p.Extra += plan.HeapSize(int64(t.Size()))
	}
	if t == plan.TypeTime {
		p.Extra += plan.OfZone
	}
	if t == plan.TypeFile || t == fileHeader {
		c.refuse(where, t.String(), "is a file, which JSON has none of", fileFix+`, and tag the field form`)
		return plan.Slot{Node: &plan.Node{Kind: plan.KindInvalid, Typ: t}}
	}
	p.Nullable = (p.Nullable || takesNull(t)) && !here.Required()
	if plan.IsList(t) && !whole {
		c.refuse(where, t.String(), "is the whole of a body, and here a part of one", "use []"+t.Elem().String())
	}
	if c.refuseNull(t, where) {
		return plan.Slot{Node: &plan.Node{Kind: plan.KindInvalid, Typ: t}}
	}
	p.MaxItems = rule.MostOf(here, c.Items)
	p.MaxBytes = c.StringLen
	n := &plan.Node{Kind: plan.DecoderKind(t), Typ: t, Form: plan.FormOf(t)}
	p.Node = n
	c.out.KeepsBytes = c.out.KeepsBytes || plan.MayKeepBytes(t, n.Kind)
	switch {
	case n.Kind == plan.KindFree:
		p.Nullable = !here.Required()
		if !c.free {
			c.refuse(where, t.String(), "accepts any JSON", `give it a type, or tag the field free:"true"`)
		}
		return p
	case n.Kind != plan.KindInvalid:
		if t.Name() == "" {
			// encoding/json calls the methods of an unnamed type only behind a pointer.
			// Otherwise it decodes the fields, which the scan would not have checked.
			c.refuse(where, t.String(),
				"is an unnamed type that decodes itself, which encoding/json does not let it", "give the type a name")
		}
		c.noteUnscanned(t, where)
		return p
	}
	c.contents(&p, levels, depth, where)
	return p
}

// contents compiles the value of p, whose type does not decode itself.
func (c *compiler) contents(p *plan.Slot, levels []plan.DepthRules, depth int, where string) {
	here, n := plan.AtDepth(levels, depth), p.Node
	switch t := n.Typ; t.Kind() {
	case reflect.Struct:
		p.Node = c.object(t, where)
	case reflect.Map:
		n.Kind = plan.KindMap
		if k := t.Key(); k.Kind() != reflect.String || plan.DecoderKind(k) != plan.KindInvalid {
			c.refuse(where, t.String(),
				"has keys that are not plain strings, so that two names could become one key", "use string as the type of the key")
		}
		c.element(n, levels, depth, where)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			n.Kind = plan.KindBytes
			p.MaxBytes = max(c.StringLen, (rule.MostOf(here, 0)+2)/3*4)
			return
		}
		n.Kind = plan.KindList
		c.element(n, levels, depth, where)
	case reflect.Array:
		n.Kind, n.Length = plan.KindTuple, t.Len()
		c.element(n, levels, depth, where)
	case reflect.String:
		n.Kind = plan.KindString
		p.MaxBytes = c.mostBytes(here)
		p.Length = rule.LengthOf(here)
	default:
		if n.Kind, n.Bits = plan.Basic(t); n.Kind == plan.KindInvalid {
			c.refuse(where, t.String(), "is a type that JSON has nothing for", `tag the field json:"-" or change its type`)
		}
	}
}

// mostBytes returns the limit in bytes for a text with these rules, which count characters.
func (c *compiler) mostBytes(l plan.DepthRules) int { return max(c.StringLen, 4*rule.MostOf(l, 0)) }

func (c *compiler) element(n *plan.Node, levels []plan.DepthRules, depth int, where string) {
	if c.open[n.Typ] {
		c.refuse(where, n.Typ.String(), "contains itself without a struct between", "put a struct between")
		return
	}
	c.open[n.Typ] = true
	defer delete(c.open, n.Typ)
	elem := c.slot(n.Typ.Elem(), levels, depth+1, where+"[]")
	n.Elem, n.Price = &elem, plan.PriceOf(n.Typ.Kind(), elem.Size)
}

// object compiles a struct, once.
func (c *compiler) object(t reflect.Type, where string) *plan.Node {
	if n, ok := c.nodes[t]; ok {
		return n
	}
	if t.Name() != "" {
		where = plan.TypeName(t)
	}
	c.rulesOf(t).Where = where
	n := &plan.Node{Kind: plan.KindObject, Typ: t, ByName: map[string]int{}}
	c.nodes[t] = n
	outside := c.open
	c.open = map[reflect.Type]bool{} // a struct in between makes a list in itself finite
	defer func() { c.open = outside }()
	n.Fields = c.fields(n, t, where)
	c.checkNames(n, where)
	for i := range n.Members {
		n.ByName[n.Members[i].Name] = i
	}
	c.presence(n, t, n.Fields, where)
	return n
}

// need marks the required members of n, and reports whether it marked a new one. A member
// with required members of its own is required too: if it were absent, they would be zero.
func (c *compiler) need(n *plan.Node) (more bool) {
	if n.Needed == nil {
		n.Needed = make([]uint64, plan.Words(len(n.Members)))
	}
	for i := range n.Members {
		m := &n.Members[i]
		inner := m.Node
		for inner.Kind == plan.KindTuple && inner.Elem != nil && !inner.Elem.Nullable && !m.Nullable && inner.Length > 0 {
			inner = inner.Elem.Node
		}
		if inner.Kind == plan.KindObject && !m.Nullable && !m.Pointer {
			m.Required = m.Required || inner.Presence.Needed()
			for _, w := range inner.Needed {
				m.Required = m.Required || w != 0
			}
		}
		if bit := uint64(1) << (i % 64); m.Required && n.Needed[i/64]&bit == 0 {
			n.Needed[i/64] |= bit
			more = true
		}
	}
	return more
}

func (c *compiler) checkNames(n *plan.Node, where string) {
	for i := range n.Members {
		for j := range i {
			a, b := n.Members[j].Name, n.Members[i].Name
			switch {
			case n.Members[i].Whole(): // checkList compares the Lists
			case a == b:
				c.refuse(where, a, "is the name of two members", "rename one of them, or tag the field json:\"-\"")
			case strings.EqualFold(a, b):
				c.refuse(where, b,
					"differs from "+strconv.Quote(a)+" only in case, which other parsers of JSON do not see", "rename one of them")
			}
		}
	}
}

// noteUnscanned marks the structs inside a type that decodes itself. They have no plan, but
// the validator runs their rules.
func (c *compiler) noteUnscanned(t reflect.Type, where string) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		c.noteUnscanned(t.Elem(), where)
	case reflect.Struct:
		if c.unscanned[t] || t.ConvertibleTo(plan.TypeTime) {
			return
		}
		c.unscanned[t] = true
		for name, r := range c.rulesOf(t).Fields {
			for _, l := range r.Levels {
				if all := slices.Concat(l.Rules, l.Keys); slices.ContainsFunc(all, rule.AboutPresence) {
					c.refuse(plan.TypeName(t)+"."+name, all[slices.IndexFunc(all, rule.AboutPresence)].Text,
						"is about which fields were sent, and a type that decodes itself does not tell", "check it in a Validate method")
				}
			}
		}
		for f := range t.Fields() {
			if f.IsExported() || f.Anonymous {
				c.noteUnscanned(f.Type, where)
			}
		}
	}
}
