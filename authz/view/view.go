package view

import (
	"encoding/json"
	"net/http"
	"reflect"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// A View writes values of type T with those members that the caller may see. It is safe
// for concurrent use. Make one with New.
//
// The tag of a field names its views, as in `view:"self,admin"`. A field without the tag,
// or with "-", is in no view. A member of an inner struct is shown if both its own tag and
// the tag of each field around it name a view of the caller.
//
// A map, a json.RawMessage, an interface and a type with a method that writes arrays or
// objects need a list of keys: `view:"public,keys=city|zip"`. In a value of unknown type
// the keys apply to each object, at every depth. keys=* shows all keys. A type with a
// MarshalJSON or MarshalText method and without tags must write text, a number, a
// boolean or null.
type View[T any] struct {
	rules *rules
	plan  *node
}

// New compiles the view tags of T and cfg. It returns all faults at once, joined, each a
// *httperr.ConfigError.
//
// It refuses:
//
//   - a tag that names no view, and a view that no tag names;
//   - a struct without a visible member;
//   - a name that encoding/json ignores, and a name of two members;
//   - a json option other than omitempty, omitzero and string;
//   - a tag on an embedded struct, and an embedded struct that writes its own JSON;
//   - a value whose members it cannot know.
func New[T any](cfg Config) (*View[T], error) {
	f := httperr.ConfigFaults{Package: "authz/view"}
	r := compileConfig(cfg, &f)
	v := &View[T]{rules: r, plan: compile("view", reflect.TypeFor[T](), r, &f)}
	if err := f.Err(); err != nil {
		return nil, err
	}
	return v, nil
}

// Marshal returns the JSON of value for the caller of r. It marshals value once and
// removes members from the result in place. An error means that encoding/json failed, or
// that a method of a type wrote JSON of another shape than the type.
func (v *View[T]) Marshal(r *http.Request, value *T) ([]byte, error) {
	body, _, err := v.marshal(r, value)
	return body, err
}

func (v *View[T]) marshal(r *http.Request, value *T) ([]byte, mask, error) {
	body, err := json.Marshal(value)
	if err != nil {
		return nil, 0, err
	}
	return v.filter(r, body, reflect.ValueOf(value))
}

func (v *View[T]) filter(r *http.Request, body []byte, value reflect.Value) ([]byte, mask, error) {
	f := filter{b: body, who: v.rules.callerOf(r), issuer: v.rules.issuer, used: public}
	if !v.plan.tracked || f.who.subject == "" { // no owner needs it
		value = reflect.Value{}
	}
	body, err := f.run(v.plan, value)
	return body, f.used, err
}

// Write answers r with value, for the caller of r. It returns an error before the
// response begins if value cannot be marshalled; a httperr.HandlerFunc returns that error.
//
//	return notes.Write(w, r, http.StatusOK, note)
func (v *View[T]) Write(w http.ResponseWriter, r *http.Request, status int, value *T) error {
	body, used, err := v.marshal(r, value)
	if err != nil {
		return httperr.ErrInternal.With(err)
	}
	w.Header().Set("Content-Type", "application/json")
	v.rules.send(w, r, response{status, body, used})
	return nil
}
