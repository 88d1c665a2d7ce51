package validate

import (
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// A compiler turns Go types into a plan. It goes on after a fault, so that all
// of them are found.
type compiler struct {
	items     int  // Config.MaxItems
	stringLen int  // Config.MaxString
	free      bool // Config.AllowFree
	own       ownRules
	faults    *httperr.ConfigFaults
	nodes     map[reflect.Type]*node // structs, by type
	open      map[reflect.Type]bool  // lists and maps being compiled
	structs   []*structRules         // all that the validator will reach, in order
	rules     map[reflect.Type]*structRules
	unscanned map[reflect.Type]bool // structs inside types that decode themselves
	divided   map[*fieldRules]division
	walks     map[*node]*walk
	undived   map[string]undived // by where
	misjudged map[reflect.Type]bool
	foreign   bool // a type that is not among those in copies decodes itself

	// Of fields that are not read from JSON, and of those changed on the way.
	rootType  reflect.Type
	nested    bool // it is inside itself
	huge      bool // there is an array that is too long
	prefix    []int
	params    [sources][]*parameter
	goNames   map[string]string // Go names that encoding/json knows, by where
	files     bool
	media     []string
	presets   []preset
	defaulted map[reflect.Type]bool
	tidied    map[reflect.Type]*tidy
}

// refuse adds a fault; one of "" shows no value.
func (c *compiler) refuse(where, value, reason, fix string) {
	if value == "" {
		c.faults.Add(where, nil, publicNames.Replace(reason), publicNames.Replace(fix))
		return
	}
	c.faults.Add(where, publicNames.Replace(value), publicNames.Replace(reason), publicNames.Replace(fix))
}

// A compiled is what compile makes of a type.
type compiled struct {
	root       *slot
	params     [sources][]*parameter
	presets    []preset
	tidy       *tidy // nil: no text is to be changed
	rules      *walk // nil: there are none
	methods    *walk
	tags       map[reflect.Type]map[string]string // for the validator, by field
	structs    []*structRules                     // all that the validator will reach, in order
	huge       bool                               // an array is too long to try its rules
	media      []string                           // of a form; nil: the body is JSON
	keepsBytes bool
}

// options are the options of the Config that a plan depends on.
type options struct {
	items, stringLen       int
	free                   bool
	mediaTypes, otherQuery []string
}

// compile compiles the type t of a request. It adds what is wrong with it to faults.
func compile(t reflect.Type, o options, own ownRules, faults *httperr.ConfigFaults) *compiled {
	c := &compiler{
		items:     o.items,
		stringLen: o.stringLen,
		free:      o.free,
		own:       own,
		faults:    faults,
		nodes:     map[reflect.Type]*node{},
		open:      map[reflect.Type]bool{},
		rules:     map[reflect.Type]*structRules{},
		unscanned: map[reflect.Type]bool{},
		divided:   map[*fieldRules]division{},
		walks:     map[*node]*walk{},
		undived:   map[string]undived{},
		misjudged: map[reflect.Type]bool{},
		goNames:   map[string]string{},
		defaulted: map[reflect.Type]bool{},
		tidied:    map[reflect.Type]*tidy{},
	}
	out := &compiled{root: c.compileRoot(t)}
	c.checkConfig(o.mediaTypes, o.otherQuery)
	if out.root == nil {
		return out
	}
	out.rules, out.methods = c.walkRoot(out.root)
	if d := c.tidied[t]; d.useful(map[*tidy]bool{}) {
		out.tidy = d
	}
	out.params, out.presets, out.tags, out.structs = c.params, c.presets, c.validatorTags(), c.structs
	out.huge, out.media, out.keepsBytes = c.huge, c.media, c.foreign || c.files
	return out
}

// rulesOf returns the rules of the fields of a struct, whose tags it reads once.
func (c *compiler) rulesOf(t reflect.Type) *structRules {
	s, ok := c.rules[t]
	if !ok {
		s = readStruct(t)
		c.rules[t], c.structs = s, append(c.structs, s)
	}
	return s
}

// validatorTag returns the tag that the validator gets for a field of the struct t.
// Inside a type that decodes itself only the validator looks at a struct, and so gets
// all of its rules.
func (c *compiler) validatorTag(t, field reflect.Type, r *fieldRules) string {
	if c.unscanned[t] {
		return stripRequired(omitNothing(field, r.levels))
	}
	return c.divided[r].near
}

// validatorTags returns the tags that the validator gets instead of those in the source.
func (c *compiler) validatorTags() map[reflect.Type]map[string]string {
	tags := map[reflect.Type]map[string]string{}
	for _, s := range c.structs {
		if !s.scanned {
			continue
		}
		of := make(map[string]string, len(s.fields))
		for f := range s.typ.Fields() {
			if r := s.fields[f.Name]; !r.off() {
				of[f.Name] = c.validatorTag(s.typ, f.Type, r)
			}
		}
		tags[s.typ] = of
	}
	return tags
}

// compileRoot compiles the type of a whole body.
func (c *compiler) compileRoot(t reflect.Type) *slot {
	where := typeName(t)
	if p := endless(t, map[reflect.Type]bool{}); p != nil {
		c.refuse(where, p.String(), "is a pointer to nothing but pointers, without an end", "let it point to a value")
		return nil
	}
	if t.Kind() != reflect.Struct || decoderKind(t) != kindInvalid {
		c.refuse(where, t.String(), "is not a struct that encoding/json decodes by its fields", "wrap it in a struct: a body that is an object can gain members later")
		return nil
	}
	c.rootType = t
	p := c.slot(t, nil, 0, where)
	p.nullable = false
	c.checkSources(p.node)
	c.defaults(t, nil, "", false)
	c.tidies(t)
	return &p
}

// slot compiles a place of type t that the rules of the given depth hold for.
func (c *compiler) slot(t reflect.Type, levels []level, depth int, where string) slot {
	if in, ok := optionalOf(behind(t)); ok {
		c.refuse(where, t.String(), "is an Optional that is not a member itself: behind a pointer, in a list or in a map nothing can be absent", "use "+in.String())
		return slot{node: &node{kind: kindInvalid, typ: t}}
	}
	if t == typeFile {
		c.refuse(where, t.String(), "is a file, which JSON has none of", "tag the field form")
	}
	here := at(levels, depth)
	p := slot{size: int64(t.Size())}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
		p.nullable, p.pointer = true, true
		p.extra += heap(int64(t.Size()))
	}
	if t == typeTime {
		p.extra += ofZone
	}
	if here.required() {
		p.nullable = false
	}
	if c.refuseNull(t, where) {
		return slot{node: &node{kind: kindInvalid, typ: t}}
	}
	p.maxItems = most(here, c.items)
	p.maxBytes = c.stringLen
	n := &node{kind: decoderKind(t), typ: t}
	p.node = n
	c.foreign = c.foreign || mayKeepBytes(t, n.kind)
	switch {
	case n.kind == kindFree:
		p.nullable = !here.required()
		c.admitFree(t, where)
		return p
	case n.kind != kindInvalid:
		if t.Name() == "" {
			// Only behind a pointer would it. Else it takes the fields, as
			// leniently as it does, and nothing here has looked at them.
			c.refuse(where, t.String(), "is an unnamed type that decodes itself, which encoding/json does not let it", "give the type a name")
		}
		c.noteUnscanned(t, where)
		return p
	}
	c.contents(&p, levels, depth, where)
	return p
}

// contents compiles what p holds, which does not decode itself.
func (c *compiler) contents(p *slot, levels []level, depth int, where string) {
	here, n := at(levels, depth), p.node
	switch t := n.typ; t.Kind() {
	case reflect.Struct:
		p.node = c.object(t, where)
	case reflect.Map:
		n.kind = kindMap
		p.maxItems = most(here, c.items)
		if k := t.Key(); k.Kind() != reflect.String || decoderKind(k) != kindInvalid {
			c.refuse(where, t.String(), "has keys that are not plain strings, so that two names could become one key", "use string as the type of the key")
		}
		c.element(n, levels, depth, where)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			n.kind = kindBytes
			p.maxBytes = max(c.stringLen, (most(here, 0)+2)/3*4)
			return
		}
		n.kind = kindList
		c.element(n, levels, depth, where)
	case reflect.Array:
		n.kind, n.length = kindTuple, t.Len()
		c.element(n, levels, depth, where)
	case reflect.String:
		n.kind = kindString
		p.maxBytes = c.mostBytes(here)
		p.length = lengthOf(here)
	default:
		if n.kind, n.bits = basic(t); n.kind == kindInvalid {
			c.refuse(where, t.String(), "is a type that JSON has nothing for", `tag the field json:"-" or change its type`)
		}
	}
}

// mostBytes returns the limit for a text with the rules, which count characters.
func (c *compiler) mostBytes(l level) int { return max(c.stringLen, 4*most(l, 0)) }

// decoderKind returns how t decodes JSON if not by what it is made of, or kindInvalid.
func decoderKind(t reflect.Type) kind {
	p := reflect.PointerTo(t)
	switch {
	case t == typeNumber:
		return kindNumber
	case t == typeRaw, t.Kind() == reflect.Interface && t.NumMethod() == 0:
		return kindFree
	case t == typeTime:
		return kindText
	case p.Implements(typeJSON):
		return kindCustom
	case p.Implements(typeText):
		return kindText
	}
	return kindInvalid
}

// mayKeepBytes reports whether a type that decodes itself may keep the bytes that
// it decodes.
func mayKeepBytes(t reflect.Type, k kind) bool {
	return (k == kindText || k == kindCustom) && !copies[t]
}

// copies are the types that decode themselves and are known to keep nothing of
// the bytes that they decode. Only behind these may a body be read into memory
// that the next request uses again. The list is one of types and not of
// packages: a path does not tell the standard library from a module without a
// dot in its name, and an unnamed struct that embeds a type has the methods of
// it and no path at all. What such a type has inside it decodes itself. Beside
// these, json.Number and json.RawMessage are copied (decoderKind returns before).
var copies = map[reflect.Type]bool{
	typeTime:                          true,
	reflect.TypeFor[netip.Addr]():     true,
	reflect.TypeFor[netip.AddrPort](): true,
	reflect.TypeFor[netip.Prefix]():   true,
	reflect.TypeFor[net.IP]():         true,
	reflect.TypeFor[big.Int]():        true,
	reflect.TypeFor[big.Float]():      true,
	reflect.TypeFor[big.Rat]():        true,
	reflect.TypeFor[slog.Level]():     true,
}

func (c *compiler) admitFree(t reflect.Type, where string) {
	if !c.free {
		c.refuse(where, t.String(), "accepts any JSON", "give it a type, or set Config.AllowFree")
	}
}

func (c *compiler) element(n *node, levels []level, depth int, where string) {
	if c.open[n.typ] {
		c.refuse(where, n.typ.String(), "contains itself without a struct between", "put a struct between")
		return
	}
	c.open[n.typ] = true
	defer delete(c.open, n.typ)
	elem := c.slot(n.typ.Elem(), levels, depth+1, where+"[]")
	n.elem, n.price = &elem, priceOf(n.typ.Kind(), elem.size)
	if n.kind == kindTuple && elements(n.typ) > maxArray {
		c.refuse(where, n.typ.String(), fmt.Sprintf("has more than %d elements, which are there and held to their rules also if none is sent", maxArray), "use a slice with max")
		n.length, c.huge = 0, true // nor are its rules tried, one by one
	}
}

func elements(t reflect.Type) int {
	n := 1
	for ; t.Kind() == reflect.Array && 0 < n && n <= maxArray; t = t.Elem() {
		n *= min(t.Len(), maxArray+1)
	}
	return n
}

// object compiles a struct, once.
func (c *compiler) object(t reflect.Type, where string) *node {
	if n, ok := c.nodes[t]; ok {
		c.nested = c.nested || t == c.rootType
		return n
	}
	if t.Name() != "" {
		where = typeName(t)
	}
	n := &node{kind: kindObject, typ: t, byName: map[string]int{}}
	c.nodes[t] = n
	outside := c.open
	c.open = map[reflect.Type]bool{} // a struct between ends the circle
	defer func() { c.open = outside }()
	n.fields = c.fields(n, t, where)
	c.checkNames(n, where)
	for i := range n.members {
		n.byName[n.members[i].name] = i
	}
	c.need(n)
	return n
}

// need notes which members must be there. One whose own members must be is
// among them: absent, it would leave those at zero.
func (c *compiler) need(n *node) {
	n.needed = make([]uint64, words(len(n.members)))
	for i := range n.members {
		m := &n.members[i]
		inner := m.node
		for inner.kind == kindTuple && inner.elem != nil && !m.nullable && inner.length > 0 {
			inner = inner.elem.node
		}
		if inner.kind == kindObject && !m.nullable && !m.pointer {
			for _, w := range inner.needed {
				m.required = m.required || w != 0
			}
		}
		if m.required {
			n.needed[i/64] |= 1 << (i % 64)
		}
	}
}

func (c *compiler) checkNames(n *node, where string) {
	for i := range n.members {
		for j := range i {
			a, b := n.members[j].name, n.members[i].name
			switch {
			case a == b:
				c.refuse(where, a, "is the name of two members", "rename one of them, or tag the field json:\"-\"")
			case strings.EqualFold(a, b):
				c.refuse(where, b, "differs from "+strconv.Quote(a)+" only in case, which other parsers of JSON do not see", "rename one of them")
			}
		}
	}
}

func fieldPath(where string, f reflect.StructField) string {
	return fmt.Sprintf("%s.%s", where, f.Name)
}

// noteUnscanned notes the structs that the validator finds inside a type that decodes
// itself: they have no plan, but their rules run.
func (c *compiler) noteUnscanned(t reflect.Type, where string) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		c.noteUnscanned(t.Elem(), where)
	case reflect.Struct:
		if c.unscanned[t] || t.ConvertibleTo(typeTime) {
			return
		}
		c.unscanned[t] = true
		c.rulesOf(t)
		for f := range t.Fields() {
			if f.IsExported() || f.Anonymous {
				c.noteUnscanned(f.Type, where)
			}
		}
	}
}
