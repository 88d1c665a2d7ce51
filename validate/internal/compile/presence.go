package compile

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// presence compiles the presence rules (required_if, excluded_with and the like) of the
// fields of t, which is the struct of n or a struct that it embeds.
func (c *compiler) presence(n *plan.Node, t reflect.Type, fields map[string]plan.GoField, where string) {
	for f := range t.Fields() {
		compiled, ok := fields[f.Name]
		if !ok || compiled.Member < 0 && compiled.Param == nil && compiled.Embedded == nil {
			continue // refused already
		}
		where := plan.FieldPath(where, f)
		for depth, l := range compiled.Rules.Levels {
			for i, r := range slices.Concat(l.Rules, l.Keys) {
				switch {
				case !rule.AboutPresence(r):
				case compiled.Member >= 0 && n.Members[compiled.Member].Whole():
					c.refuse(where, r.Text, "is about whether the body was sent, without which every request is refused", "remove it")
				case depth > 0 || i >= len(l.Rules) || compiled.Embedded != nil || len(r.Alternatives) > 1:
					c.refuse(where, r.Text,
						"is about whether a field was sent, and so not for elements, keys, an embedded struct or alternatives",
						"put it on a field, in front of dive and between commas, or check it in a Validate method")
				default:
					c.condition(n, t, fields, f, r, where)
				}
			}
		}
		if compiled.Embedded != nil {
			c.presence(n, f.Type, compiled.Embedded, where)
		}
	}
}

// condition compiles the presence rule r of the field f.
func (c *compiler) condition(
	n *plan.Node, t reflect.Type, fields map[string]plan.GoField, f reflect.StructField, r plan.Rule, where string,
) {
	compiled := fields[f.Name]
	row, words := rule.Table[r.Name], rule.Choices(rule.Literal(r.Param))
	step := 1
	if row.Fields == rule.WithValues {
		step = 2
	}
	if len(words) == 0 || len(words)%step != 0 {
		c.refuse(where, r.Text, "does not name what it depends on",
			"name Go fields of "+plan.TypeName(t)+" behind the =, each with a value behind it if the rule ends in _if or _unless")
		return
	}
	if n.Presence == nil {
		n.Presence = new(plan.Presence)
	}
	cond := plan.Condition{Member: compiled.Member, Param: compiled.Param, Required: row.Code == "required", When: row.When}
	cond.Self = whether(n, f, compiled, cond.Required)
	cond.Fault = rule.Describe(r.Name, r.Param, reflect.Invalid, nil)
	var names []string
	for i := 0; i < len(words); i += step {
		of, _ := t.FieldByName(words[i])
		other, ok := goField(fields, t, of.Index)
		var fact plan.Facts
		var reason string
		switch {
		case !ok:
			reason = "names a field that is not one of the members and parameters beside it"
		case step == 2:
			fact, reason = whetherEqual(n, of, other, words[i+1])
		case other.Param == nil && n.Members[other.Member].Whole():
			reason = "asks whether the body was sent, without which every request is refused"
		case of.Name == f.Name:
			reason = "asks whether the field itself was sent"
		default:
			fact = whether(n, of, other, cond.Required)
		}
		if reason != "" {
			fix := "name another Go field of " + plan.TypeName(t) + " that is read, or check it in a Validate method"
			if ok && step == 2 && len(words) == 2 && words[1] == "nil" {
				fix = "write " + strings.NewReplacer("_if", "_without", "_unless", "_with").Replace(r.Name) + "=" + of.Name
			}
			c.refuse(where, r.Text, reason, fix)
			return
		}
		cond.Others |= fact
		if other.Param != nil {
			names = append(names, other.Param.Name)
			cond.Fault.Message = strings.Replace(cond.Fault.Message, "another member", "another parameter", 1)
		} else {
			names = append(names, n.Members[other.Member].Token[1:])
		}
	}
	cond.Fault = cond.Fault.With("with", names)
	n.Presence.Conditions = append(n.Presence.Conditions, cond)
	if n.Presence.Used > plan.MaxFacts {
		c.refuse(where, r.Text, "is one rule too many about which fields of "+plan.TypeName(t)+" were sent",
			"check some of them in a Validate method")
		n.Presence.Used = 0 // said once
	}
}

// goField returns the field of t at index. ok is false if nothing is read into the field.
func goField(fields map[string]plan.GoField, t reflect.Type, index []int) (compiled plan.GoField, ok bool) {
	for i, at := range index {
		if i > 0 && fields == nil {
			return compiled, false
		}
		f := t.Field(at)
		if compiled, ok = fields[f.Name]; !ok {
			return compiled, false
		}
		fields, t = compiled.Embedded, f.Type
	}
	return compiled, ok && (compiled.Param != nil || compiled.Member >= 0)
}

// whether returns the fact that the field was sent. For required_… rules null does not
// count as sent, as for the rule required.
func whether(n *plan.Node, f reflect.StructField, compiled plan.GoField, required bool) plan.Facts {
	w := watch(n, f, compiled)
	fact := &w.Sent
	if required {
		fact = &w.There
	}
	if *fact == 0 {
		*fact = newFact(n, w)
	}
	return *fact
}

// whetherEqual returns the fact that the field f has the value. The reason is not "" if the
// field cannot have it.
func whetherEqual(n *plan.Node, f reflect.StructField, compiled plan.GoField, value string) (fact plan.Facts, reason string) {
	w := watch(n, f, compiled)
	v, ok := watched(w, f, value)
	if !ok {
		return 0, strconv.Quote(value) + " is no text, number or bool of the field " + f.Name
	}
	for _, old := range w.Values {
		if old.Text == v.Text && old.Float == v.Float {
			return old.Fact, ""
		}
	}
	if len(w.Values) == 0 {
		for name := range strings.SplitSeq(f.Tag.Get("mod"), ",") {
			if m := mods[name]; m != nil {
				w.Mods = append(w.Mods, m)
			}
		}
	}
	v.Fact = newFact(n, w)
	w.Values = append(w.Values, v)
	if text, ok := unsent(w, f); ok {
		n.Presence.Absent |= v.Fact & w.Equal([]byte(text))
	}
	return v.Fact, ""
}

// watched parses a value in a rule, and returns it in the form in which Go prints it. ok is
// false if the field f cannot have it.
func watched(w *plan.Watch, f reflect.StructField, value string) (v plan.WatchedValue, ok bool) {
	switch w.Kind {
	case plan.KindString, plan.KindNumber:
		return plan.WatchedValue{Text: value}, true
	case plan.KindBool, plan.KindInt, plan.KindUint, plan.KindFloat:
	default:
		return v, false
	}
	p := plan.Parameter{Kind: w.Kind, Bits: w.Bits, MaxBytes: len(value)}
	to := reflect.New(plan.Bare(f.Type)).Elem()
	if _, ok = p.Store(to, value); w.Kind == plan.KindFloat {
		return plan.WatchedValue{Float: to.Float()}, ok
	}
	return plan.WatchedValue{Text: string(plan.TextOf(to))}, ok
}

// unsent returns the value of the field f if it is not sent, in the form in which Go prints
// it. ok is false if the field is nil then.
func unsent(w *plan.Watch, f reflect.StructField) (text string, ok bool) {
	if text, ok = f.Tag.Lookup("default"); ok {
		if v, ok := watched(w, f, text); ok && w.Kind != plan.KindFloat {
			text = v.Text
		}
		return text, true
	}
	if _, optional := plan.OptionalOf(f.Type); optional || f.Type.Kind() == reflect.Pointer {
		return "", false
	}
	return string(plan.TextOf(reflect.Zero(f.Type))), true
}

// newFact adds a fact about the field of w to n.
func newFact(n *plan.Node, w *plan.Watch) plan.Facts {
	fact := plan.Facts(1) << n.Presence.Used
	n.Presence.Used++
	w.All |= fact
	return fact
}

// watch returns the Watch of the field f. It makes one if there is none.
func watch(n *plan.Node, f reflect.StructField, compiled plan.GoField) *plan.Watch {
	if p := compiled.Param; p != nil {
		if p.Watch == nil {
			p.Watch = &plan.Watch{Kind: p.Kind, Bits: p.Bits}
			if p.List {
				p.Watch.Kind = plan.KindList
			}
		}
		return p.Watch
	}
	m := &n.Members[compiled.Member]
	if m.Watch == nil {
		_, optional := plan.OptionalOf(f.Type)
		m.Watch = &plan.Watch{Kind: m.Node.Kind, Bits: m.Node.Bits, Nullable: optional}
	}
	return m.Watch
}
