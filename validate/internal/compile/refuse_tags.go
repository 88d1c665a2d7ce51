package compile

import (
	"reflect"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// checkTags refuses the tags of the field f that look like protection and have no effect: a
// malformed tag, a key in another case, and a tag of another library.
func (c *compiler) checkTags(f reflect.StructField, levels []plan.DepthRules, where string) {
	pairs, flaw := rule.ReadTag(f.Tag)
	if flaw != "" {
		c.refuse(where, string(f.Tag), flaw+`, so that what is in it is not found`,
			`write each key once as key:"value", with a space between two`)
	}
	_, placed := f.Tag.Lookup("json")
	placed = placed || isParam(f) || !f.IsExported() || f.Anonymous && plan.Behind(f.Type).Kind() == reflect.Struct // no member itself
	for _, p := range pairs {
		if own := strings.ToLower(p.Key); own != p.Key && slices.Contains(rule.OwnKeys, own) {
			c.refuse(where, p.Key, "is a tag that nothing here reads: the case of a key counts", "write "+own)
			continue
		}
		if p.Key == "empty" && !isParam(f) {
			c.refuse(where, p.Value, "is for a parameter, and the field is a member of the body", "remove the tag empty")
			continue
		}
		s, ok := strangers[p.Key]
		switch {
		case !s.source && slices.Contains(c.IgnoreTags, p.Key), c.refuseForeignRule(p.Key, p.Value, f, levels, where):
		case p.Key == "collection_format":
			if f.Tag.Get("style") == "" {
				c.refuse(where, p.Key+`:"`+p.Value+`"`, "is how another library reads a list",
					`write style:"repeat" for multi, or style:"comma" for csv`)
			}
		case !ok:
		case !s.source:
			c.refuse(where, p.Key+`:"`+p.Value+`"`, "is a tag of another library, whose rules nothing here runs",
				s.fix+ignoreTag(p.Key))
		case !placed:
			c.refuse(where, p.Key+`:"`+p.Value+`"`,
				"is how another library says where a field comes from: here it would be a member of the body, which the client can write",
				s.fix+`, or json:"`+f.Name+`" if it is a member`)
		}
	}
}

// refuseBody refuses an untagged field Body or RawBody of the root, which to huma is the whole
// body, and here would be a member of that name.
func (c *compiler) refuseBody(n *plan.Node, f reflect.StructField, where string) {
	_, tagged := f.Tag.Lookup("json")
	kind := plan.Behind(f.Type).Kind()
	if n.Typ != c.rootType || tagged || f.Name != "RawBody" && (f.Name != "Body" || kind == reflect.String) || plan.IsList(f.Type) {
		return
	}
	c.refuse(where, f.Type.String(),
		"is how another library says which field is the body: here it would be the member "+f.Name+" of the body",
		`embed its struct, make a list a validate.List, or tag it json:"`+f.Name+`" if it is a member`)
}

// strangers has the tags with which other libraries bind and check requests. A struct may
// serve two libraries, so a tag that only names a source is accepted on a field that has a
// tag of this package too.
var strangers = map[string]struct {
	source bool // the tag names a source, and is no rule
	fix    string
}{
	"binding":           {false, "rename it to validate, where required admits zero: add min=1 if that is not allowed"},
	"valid":             {false, "write its rules in a tag validate, where required admits zero: add min=1 if that is not allowed"},
	"v":                 {false, "write its rules in a tag validate"}, // GoFrame
	"vd":                {false, "write its rules in a tag validate"}, // Hertz
	"rules":             {false, "write its rules in a tag validate"},
	"check":             {false, "write its rules in a tag validate"},
	"conform":           {false, "write mod with trim, lower, upper or squeeze"},
	"time_utc":          {false, "convert the time in the handler"},
	"time_location":     {false, "convert the time in the handler"},
	"dependentRequired": {false, "write required_with in the tags validate of those fields"},
	"uri":               {true, "tag it path"},
	"param":             {true, "tag it path"},
	"params":            {true, "tag it path"},
	"schema":            {true, "tag it query, or form"},
	"in":                {true, "tag it path, query or header"},
	"reqHeader":         {true, "tag it header"},
	"cookie":            {true, `let authn read credentials, and tag the field json:"-"`},
}
