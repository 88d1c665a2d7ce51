package compile

import (
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// Sniffed are the media types that http.DetectContentType can return, without parameters.
// It reads the first 512 bytes, which identify few types.
var Sniffed = []string{
	"application/octet-stream", "application/ogg", "application/pdf", "application/postscript", "application/vnd.ms-fontobject",
	"application/wasm", "application/x-gzip", "application/x-rar-compressed", "application/zip",
	"audio/aiff", "audio/midi", "audio/mpeg", "audio/wave",
	"font/collection", "font/otf", "font/ttf", "font/woff", "font/woff2",
	"image/bmp", "image/gif", "image/jpeg", "image/png", "image/webp", "image/x-icon",
	"text/html", "text/plain", "text/xml",
	"video/avi", "video/mp4", "video/webm",
}

// paramOf compiles the field f of the struct of n if it is a parameter. is reports whether
// it has the tag of a source.
func (c *compiler) paramOf(n *plan.Node, f reflect.StructField, levels []plan.DepthRules, where string) (p *plan.Parameter, is bool) {
	for s := range plan.Sources {
		if name, ok := f.Tag.Lookup(s.String()); ok && p != nil {
			c.refuse(where, name, "is a second source of one field, and which of the two it is read from would be the client's choice",
				"keep one of the tags")
		} else if ok {
			p = &plan.Parameter{In: s, Name: name}
		}
	}
	if p == nil {
		return nil, false
	}
	if tag, ok := f.Tag.Lookup("json"); ok && tag != "-" && p.In != plan.InForm {
		c.refuse(where, tag,
			"is a member of the body, and the field is read from the "+p.In.String(), `remove the tag json, or make it json:"-"`)
	}
	switch {
	case n.Typ != c.rootType:
		c.refuse(where, p.Name, "is a parameter inside the body", "move the field to "+c.rootName()+", or to a struct that it embeds")
		return nil, true
	case !f.IsExported():
		c.refuse(where, p.Name, "is not exported, so nothing can be stored in it", "export the field")
		return nil, true
	}
	p.Index = append(slices.Clone(c.prefix), f.Index...)
	c.paramName(p, where)
	c.paramType(p, f, levels, where)
	p.Place = len(c.out.Params[p.In])
	if p.Place == plan.MaxParams {
		c.refuse(where, p.Name, "is one parameter too many", "declare 64 of one source at most")
		return nil, true
	}
	c.out.Params[p.In] = append(c.out.Params[p.In], p)
	if f.Tag.Get("json") != "-" && !inBoth(f) {
		c.goNames[f.Name] = where
	}
	return p, true
}

// inBoth reports whether the field is read from a form and from JSON.
func inBoth(f reflect.StructField) bool {
	_, form := f.Tag.Lookup(plan.InForm.String())
	name, member := f.Tag.Lookup("json")
	return form && member && name != "-"
}

func (c *compiler) rootName() string { return plan.TypeName(c.rootType) }

// paramName checks the name of p. Names in a request must be equal to it byte by byte.
func (c *compiler) paramName(p *plan.Parameter, where string) {
	if p.In == plan.InHeader {
		c.headerName(p, where)
	} else if bracketed := p.In != plan.InPath && plan.BracketName(p.Name); !bracketed && !plan.PlainName(p.Name) || p.Name == "-" {
		c.refuse(where, p.Name, "is not the name of a parameter: letters, digits and ._~:$@- of ASCII",
			`write the name alone (default, style and validate are tags of their own), or json:"-" for a field that nothing is read into`)
	}
	for _, q := range c.out.Params[p.In] {
		switch {
		case q.Name == p.Name:
			c.refuse(where, p.Name, "is the name of two parameters", "rename one of them")
		case field.EqualFold(q.Name, p.Name):
			c.refuse(where, p.Name, "differs from another name only in case, which other parsers may not see", "rename one of them")
		}
	}
}

// headerName brings the name into the canonical form of net/http, and refuses the header
// fields that other packages interpret. Reading them here could disagree with the package
// that protects the service.
func (c *compiler) headerName(p *plan.Parameter, where string) {
	if !field.Token(p.Name) {
		c.refuse(where, p.Name, "is not the name of a header field (RFC 9110, section 5.1)", "use letters, digits and -")
		return
	}
	p.Name = http.CanonicalHeaderKey(p.Name)
	if slices.ContainsFunc(reserved, func(n string) bool {
		return p.Name == n || strings.HasSuffix(n, "-") && strings.HasPrefix(p.Name, n)
	}) {
		c.refuse(where, p.Name,
			"is a header field about the caller, the proxies, the body or the connection, which another package reads",
			"use authn.FromContext for credentials, clientip for proxies, and net/http for the rest")
	}
}

// reserved has the header fields that cannot be parameters: credentials, the fields that
// proxies write, and the fields about the body or the connection (RFC 9110, section 7.6.1). A
// name that ends in - stands for all names with this prefix.
var reserved = []string{
	"Authorization", "Cookie", "Set-Cookie", "Host", "Forwarded", "X-Forwarded-", "X-Real-Ip", "Content-",
	"Connection", "Keep-Alive", "Proxy-", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Expect",
}

// paramType compiles the type of a parameter.
func (c *compiler) paramType(p *plan.Parameter, f reflect.StructField, levels []plan.DepthRules, where string) {
	t, depth := f.Type, 0
	p.Required = plan.AtDepth(levels, 0).Required()
	style, styled := f.Tag.Lookup("style")
	if t.Kind() == reflect.Pointer {
		p.Pointer = true
		t = t.Elem()
	}
	p.Kind = plan.ScalarKind(t)
	if p.Kind == plan.KindInvalid && !p.Pointer && t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8 {
		p.List, p.Slice, depth = true, t, 1
		p.MaxItems = rule.MostOf(plan.AtDepth(levels, 0), c.Items)
		t = t.Elem()
		p.Kind = plan.ScalarKind(t)
	}
	p.Typ, p.File = t, t == plan.TypeFile
	switch {
	case p.File && p.In == plan.InForm:
		c.files, c.out.KeepsBytes = true, true
	case p.Kind == plan.KindInvalid:
		fix := "use a string, a bool, a number, a type with UnmarshalText, a pointer to one of these or a list of them"
		if base, _ := plan.Leaf(f.Type); base == fileHeader {
			fix = fileFix
		}
		c.refuse(where, f.Type.String(), "is not a type that a parameter can have", fix)
	case p.List && p.In == plan.InPath:
		c.refuse(where, f.Type.String(),
			"is a list, and what is read from the "+p.In.String()+" is one value", "use the type of the elements")
	default:
		p.Form = plan.FormOf(t)
		if _, p.Bits = plan.Basic(t); p.Kind == plan.KindText {
			c.noteUnscanned(t, where)
		}
	}
	p.Comma = c.style(p, style, styled, where)
	p.Skip = c.empty(p, f, where)
	p.MaxBytes = c.mostBytes(plan.AtDepth(levels, depth))
	if _, modified := f.Tag.Lookup("mod"); p.Kind == plan.KindString && !modified {
		p.Length = rule.LengthOf(plan.AtDepth(levels, depth))
	}
	c.accept(p, f, where)
}

// style checks the tag style of p, and reports whether it is a list with commas.
func (c *compiler) style(p *plan.Parameter, style string, styled bool, where string) (comma bool) {
	comma = p.List && !p.File && style == "comma"
	switch bracketed := plan.BracketName(p.Name); {
	case bracketed && !comma && style != "brackets":
		c.refuse(where, p.Name, "has brackets, which no parser here expands: a value is sent under exactly this name",
			`tag it style:"brackets" if that is meant`)
	case plan.PlainName(p.Name) && style == "brackets":
		c.refuse(where, p.Name, "is a name without brackets, and is compared as it is", `write the name as it is sent: "`+p.Name+`[]"`)
	case p.List && (p.Kind != plan.KindInvalid || p.File) && style != "repeat" && style != "brackets" && !comma:
		c.refuse(where, style, "does not say how the list is sent",
			`tag it style:"repeat" for a=1&a=2, style:"comma" for a=1,2, or style:"brackets" for a[]=1&a[]=2 and the name a[]`)
	case !p.List && styled && style != "brackets":
		c.refuse(where, style, "is the style of a list, and the field is none", "remove the tag style")
	}
	return comma
}

// empty reports whether an empty text of p counts as absent.
func (c *compiler) empty(p *plan.Parameter, f reflect.StructField, where string) bool {
	value, ok := f.Tag.Lookup("empty")
	switch {
	case !ok:
		return false
	case value != "absent":
		c.refuse(where, value, "is not a meaning of an empty text", `write empty:"absent", or remove the tag`)
	case p.List || p.File || p.In != plan.InQuery && p.In != plan.InForm:
		c.refuse(where, value, "is for one value of a query or a form", "remove the tag empty")
	}
	return true
}

// accept compiles the media types that a file may have.
func (c *compiler) accept(p *plan.Parameter, f reflect.StructField, where string) {
	value, ok := f.Tag.Lookup("accept")
	if !ok {
		return
	}
	p.Accept = strings.Fields(value)
	if !p.File || len(p.Accept) == 0 {
		c.refuse(where, value, "is a list of media types for a validate.File", "name the types, with spaces between, or remove the tag")
	}
	for _, m := range p.Accept {
		if !slices.Contains(Sniffed, m) {
			c.refuse(where, m, "is a type that no content looks like to http.DetectContentType, so that no file would have it",
				"write it in lower case without parameters, accept what it returns for such a file "+
					"(application/zip for docx, text/plain for csv), and look closer in the handler")
		}
	}
}

// checkSources makes the checks that need all fields of the root type.
func (c *compiler) checkSources(root *plan.Node) {
	where := c.rootName()
	c.checkForm(root, where)
	for i := range root.Members {
		// encoding/json ignores the tags of the sources. To it the parameter is a
		// member with its Go name, and it may store the member of that name there.
		if field, ok := c.goNames[root.Members[i].Name]; ok {
			c.refuse(where, root.Members[i].Name,
				"is a member of the body with the Go name of the field "+field+", which encoding/json would store it in",
				"rename one of the two")
		}
	}
}

// checkForm refuses fields of a form beside members of JSON, unless each field is both.
func (c *compiler) checkForm(root *plan.Node, where string) {
	forms := c.out.Params[plan.InForm]
	for i := range root.Members {
		switch m := &root.Members[i]; {
		case m.Param != nil:
			m.Param.Watch, c.either = m.Watch, true
		case len(forms) > 0:
			c.refuse(where, m.Name, "is a member of JSON only, and other fields are read from a form",
				`tag it form:"`+m.Name+`", or json:"-"; a body that is JSON or a form has both tags on every field`)
		}
	}
	for _, p := range forms {
		if c.either && !slices.ContainsFunc(root.Members, func(m plan.Member) bool { return m.Param == p }) {
			c.refuse(where, p.Name, "is a field of a form only, and other fields are members of JSON too",
				`tag it json:"`+p.Name+`" as well`)
		}
	}
}

// checkConfig refuses options that contradict the fields, and sets the media types of a form.
func (c *compiler) checkConfig() {
	if len(c.out.Params[plan.InForm]) == 0 || c.either {
		return
	}
	if len(c.MediaTypes) > 0 {
		c.faults.Add("MediaTypes", strings.Join(c.MediaTypes, " "), "is set, and the body is a form, which has its own", "leave it empty")
	}
	c.out.Media = []string{plan.MediaForm}
	if c.files {
		c.out.Media = []string{plan.MediaMultipart, plan.MediaForm}
	}
}
