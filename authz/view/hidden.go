package view

import (
	"reflect"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/internal/jsonfield"
)

// TB is the part of testing.TB that AssertHidden needs.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
}

// AssertHidden fails t if a secret field is in a view of T, at any depth. A secret is the
// Go name of a field or its name in JSON. It also fails t if a key in a tag has the name of
// a secret, and if no field of T has the name: a misspelled name would protect nothing.
//
//	view.AssertHidden[User](t, "PasswordHash", "TOTPSecret")
func AssertHidden[T any](t TB, secrets ...string) {
	t.Helper()
	if len(secrets) == 0 {
		t.Errorf("view: AssertHidden[%v] has no secrets", reflect.TypeFor[T]())
	}
	s := search{secrets: secrets, found: map[string]bool{}, seen: map[visit]bool{}}
	s.visit(reflect.TypeFor[T](), reflect.TypeFor[T]().String(), true)
	for _, at := range s.shown {
		t.Errorf("view: %s is in a view", at)
	}
	for _, name := range secrets {
		if !s.found[name] {
			t.Errorf("view: %v has no field %q", reflect.TypeFor[T](), name)
		}
	}
}

type visit struct {
	typ   reflect.Type
	shown bool
}

// A search looks for secret fields in a type.
type search struct {
	secrets []string
	found   map[string]bool
	seen    map[visit]bool
	shown   []string // the secrets that a view shows
}

func (s *search) visit(t reflect.Type, at string, shown bool) {
	for slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map}, t.Kind()) {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || s.seen[visit{t, shown}] {
		return
	}
	s.seen[visit{t, shown}] = true
	for sf := range t.Fields() {
		f, sent := jsonfield.Of(sf)
		text, tagged := sf.Tag.Lookup("view")
		inView := shown && sent && (f.Inlined || tagged && text != "-")
		here := at + "." + sf.Name
		for _, name := range s.secrets {
			if name == sf.Name || sent && name == f.Name {
				s.found[name] = true
				if inView && !f.Inlined {
					s.shown = append(s.shown, here)
				}
			}
			if inView && hasKey(text, name) {
				s.shown = append(s.shown, here+"["+name+"]")
			}
		}
		s.visit(sf.Type, here, inView)
	}
}

// hasKey reports whether the keys of a tag have the name.
func hasKey(text, name string) bool {
	for part := range strings.SplitSeq(text, ",") {
		if list, ok := strings.CutPrefix(part, "keys="); ok && slices.Contains(strings.Split(list, "|"), name) {
			return true
		}
	}
	return false
}
