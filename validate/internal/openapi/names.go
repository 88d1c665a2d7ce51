package openapi

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
)

// publicName returns what a type may be called in front of strangers: its name
// without packages, with the names of its parameters behind it. A type that has
// no name is called nothing, since all its tags would be in the text.
func publicName(t reflect.Type) string {
	name, params, generic := strings.Cut(t.Name(), "[")
	if !generic || strings.ContainsAny(params, "{(") {
		return name // a parameter without a name, such as struct{…} or func(…)
	}
	for _, p := range strings.FieldsFunc(params, func(r rune) bool { return strings.ContainsRune("[], *", r) }) {
		p = p[strings.LastIndexByte(p, '.')+1:]
		p, _, _ = strings.Cut(p, "·") // declared in a function
		name += "_" + p
	}
	return name
}

var notInName = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// name returns a name for a definition: two packages may each have an Item, one
// Item may be held to its rules and not be, and Größe has no ASCII name.
func (x *exporter) name(of string) string {
	of = strings.Trim(notInName.ReplaceAllString(of, "_"), "_")
	if of == "" {
		of = "Object"
	}
	name := of
	for i := 2; x.taken[name]; i++ {
		name = fmt.Sprintf("%s_%d", of, i)
	}
	x.taken[name] = true
	return name
}
