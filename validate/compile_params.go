package validate

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-sallyport/sallyport/internal/field"
)

// paramOf compiles the field f of the struct that n is made of if it is read
// from elsewhere than JSON. is tells whether its tags say so.
func (c *compiler) paramOf(n *node, f reflect.StructField, levels []level, where string) (p *parameter, is bool) {
	for s := range sources {
		name, ok := f.Tag.Lookup(s.String())
		switch {
		case !ok:
			continue
		case is:
			c.refuse(where, name, "is a second source of one field, and which of the two it is read from would be the client's choice", "keep one of the tags")
			continue
		}
		is = true
		p = &parameter{in: s, name: name}
	}
	if !is {
		for _, tag := range [...]string{"style", "accept"} {
			if value, ok := f.Tag.Lookup(tag); ok {
				c.refuse(where, value, "is the "+tag+" of a parameter, and the field is none", "remove the tag "+tag)
			}
		}
		return nil, false
	}
	if tag, ok := f.Tag.Lookup("json"); ok && tag != "-" {
		c.refuse(where, tag, "is a member of the body, and the field is read from the "+p.in.String(), `remove the tag json, or make it json:"-"`)
	}
	switch {
	case n.typ != c.rootType:
		c.refuse(where, p.name, "is a parameter inside the body", "move the field to "+c.rootName()+", or to a struct that it embeds")
		return nil, true
	case !f.IsExported():
		c.refuse(where, p.name, "is not exported, so nothing can be stored in it", "export the field")
		return nil, true
	}
	p.index = append(slices.Clone(c.prefix), f.Index...)
	c.paramName(p, where)
	c.paramType(p, f, levels, where)
	p.place = len(c.params[p.in])
	if p.place == maxParams {
		c.refuse(where, p.name, "is one parameter too many", "declare 64 of one source at most")
		return nil, true
	}
	c.params[p.in] = append(c.params[p.in], p)
	if f.Tag.Get("json") != "-" {
		c.goNames[f.Name] = where
	}
	return p, true
}

func (c *compiler) rootName() string { return typeName(c.rootType) }

// paramName checks the name, which is compared to what is sent byte by byte.
func (c *compiler) paramName(p *parameter, where string) {
	if p.in == inHeader {
		c.headerName(p, where)
	} else if fix := unnamed(p); fix != "" {
		c.refuse(where, p.name, "is not the name of a parameter: letters, digits and ._~:$@- of ASCII", fix)
	}
	for _, q := range c.params[p.in] {
		switch {
		case q.name == p.name:
			c.refuse(where, p.name, "is the name of two parameters", "rename one of them")
		case field.EqualFold(q.name, p.name):
			c.refuse(where, p.name, "differs from another name only in case, which other parsers may not see", "rename one of them")
		}
	}
}

// unnamed returns what to write instead of a name that is none, or "".
func unnamed(p *parameter) string {
	switch {
	case p.name == "-":
		return `remove the tag, or make it json:"-" if nothing is to be read into the field`
	case plainName(p.name):
		return ""
	case !strings.Contains(p.name, ","):
		return "rename it; brackets would mean something else to other parsers"
	}
	name, _, _ := strings.Cut(p.name, ",")
	fix := "write " + strconv.Quote(name) + ": a comma has no meaning here, and default, style and validate are tags of their own"
	if p.in == inForm {
		fix += "; form is the body alone, so what is in the query is tagged query"
	}
	return fix
}

func plainName(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("._~:$@-", c) >= 0:
		default:
			return false
		}
	}
	return s != "" && len(s) <= maxName
}

// headerName brings the name into the form that net/http has it in, and refuses
// the fields that belong to others: to read them here would be a second opinion
// beside the one that protects the service.
func (c *compiler) headerName(p *parameter, where string) {
	if !field.Token(p.name) {
		c.refuse(where, p.name, "is not the name of a header field (RFC 9110, section 5.1)", "use letters, digits and -")
		return
	}
	p.name = http.CanonicalHeaderKey(p.name)
	for _, of := range owned {
		if slices.ContainsFunc(of.names, func(n string) bool {
			return p.name == n || strings.HasSuffix(n, "-") && strings.HasPrefix(p.name, n)
		}) {
			c.refuse(where, p.name, of.reason, of.fix)
		}
	}
}

// owned has the fields that are not parameters. A name that ends in - stands
// for all that begin with it.
var owned = []struct {
	names       []string
	reason, fix string
}{
	{[]string{"Authorization", "Cookie", "Set-Cookie"}, "is a credential, which authn checks and a parameter only leaks", "let authn read it, and take the principal from authn.FromContext"},
	{[]string{"Host"}, "is not among the header fields of net/http", "use clientip, or Request.Host"},
	{[]string{"Forwarded", "X-Forwarded-", "X-Real-Ip"}, "is what a proxy says, or a client that pretends to be one", "use clientip, which knows whom to trust"},
	{[]string{"Content-"}, "is about the body, whose type, length and coding are checked already", "remove the field"},
	{[]string{"Connection", "Keep-Alive", "Proxy-", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Expect"}, "is about one connection and not the request (RFC 9110, section 7.6.1)", "remove the field"},
}

// paramType compiles the type of a parameter.
func (c *compiler) paramType(p *parameter, f reflect.StructField, levels []level, where string) {
	t, depth := f.Type, 0
	p.required = at(levels, 0).required()
	style, styled := f.Tag.Lookup("style")
	if t.Kind() == reflect.Pointer {
		p.pointer = true
		t = t.Elem()
	}
	if p.kind = scalarKind(t); p.kind == kindInvalid && !p.pointer && t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8 {
		p.list, p.slice, depth = true, t, 1
		p.maxItems = most(at(levels, 0), c.items)
		t = t.Elem()
		p.kind = scalarKind(t)
	}
	p.typ, p.file = t, t == typeFile
	switch {
	case p.file && traits[p.in].files:
		c.files = true
	case p.kind == kindInvalid:
		c.refuse(where, f.Type.String(), "is not a type that a parameter can have", "use a string, a bool, a number, a type with UnmarshalText, a pointer to one of these or a list of them")
	case p.list && !traits[p.in].lists:
		c.refuse(where, f.Type.String(), "is a list, and what is read from the "+p.in.String()+" is one value", "use the type of the elements")
	default:
		_, p.bits = basic(t)
	}
	switch {
	case p.list && style != "repeat" && (style != "comma" || p.file):
		c.refuse(where, style, "does not say how the list is sent", `tag it style:"repeat" for a=1&a=2, or style:"comma" for a=1,2`)
	case !p.list && styled:
		c.refuse(where, style, "is the style of a list, and the field is none", "remove the tag style")
	}
	p.comma = style == "comma"
	p.maxBytes = c.mostBytes(at(levels, depth))
	if _, modified := f.Tag.Lookup("mod"); p.kind == kindString && !modified {
		p.length = lengthOf(at(levels, depth))
	}
	c.accept(p, f, where)
}

// scalarKind returns how a single value of type t is read from text.
func scalarKind(t reflect.Type) kind {
	if t == typeTime || t.Kind() != reflect.Interface && reflect.PointerTo(t).Implements(typeText) {
		return kindText
	}
	if decoderKind(t) != kindInvalid {
		return kindInvalid
	}
	k, _ := basic(t)
	return k
}

// accept compiles the types that a file may have.
func (c *compiler) accept(p *parameter, f reflect.StructField, where string) {
	value, ok := f.Tag.Lookup("accept")
	if !ok {
		return
	}
	p.accept = strings.Fields(value)
	if !p.file || len(p.accept) == 0 {
		c.refuse(where, value, "is a list of media types for a validate.File", "name the types, with spaces between, or remove the tag")
	}
	for _, m := range p.accept {
		if !plainMedia(m) {
			c.refuse(where, m, "is not one media type in lower case without parameters", `write it as "image/png"`)
		} else if !slices.Contains(sniffed, m) {
			c.refuse(where, m, "is a type that no content looks like to http.DetectContentType, so that no file would have it", "accept what it returns for such a file (application/zip for docx, text/plain for csv), and look closer in the handler")
		}
	}
}

// checkSources refuses what only shows when all fields are known.
func (c *compiler) checkSources(root *node) {
	declared := 0
	for _, list := range c.params {
		declared += len(list)
	}
	if declared == 0 {
		return
	}
	where := c.rootName()
	if c.nested {
		c.refuse(where, c.rootType.String(), "has parameters and is inside its own body", "move the parameters to a struct around it")
	}
	if len(c.params[inForm]) > 0 && len(root.members) > 0 {
		c.refuse(where, root.members[0].name, "is a member of JSON, and the body is a form", `tag it form, or json:"-"`)
	}
	for i := range root.members {
		// encoding/json does not know our tags: to it the field is a member
		// of this name, and may be the one that it prefers.
		if field, ok := c.goNames[root.members[i].name]; ok {
			c.refuse(where, root.members[i].name, "is a member of the body with the Go name of the field "+field+", which encoding/json would store it in", "rename one of the two")
		}
	}
}
