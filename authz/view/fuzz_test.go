package view_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"testing"
	"unicode/utf8"
)

// A ref is the slow reference of a plan, written by hand for the type user. A nil members
// map is a value without members.
type ref struct {
	members map[string]refMember
	elem    *ref     // of a list
	keys    []string // of a map or a value of unknown type; "*" is every key
	value   *ref     // of a map; nil for a value of unknown type
}

type refMember struct {
	views []string
	ref
}

func userRef() ref {
	text, every := ref{}, []string{"public"}
	home := ref{members: map[string]refMember{"city": {every, text}, "street": {[]string{"admin"}, text}}}
	remark := ref{members: map[string]refMember{"author": {every, text}, "text": {every, text}, "ip": {[]string{"own", "admin"}, text}, "owner": {}}}
	return ref{members: map[string]refMember{
		"id": {every, text}, "created": {every, text}, "trace": {}, "name": {every, text}, "email": {[]string{"self", "admin"}, text},
		"age": {[]string{"self"}, text}, "password": {}, "home": {[]string{"self", "admin"}, home},
		"labels": {every, ref{keys: []string{"team", "office"}, value: &text}}, "texts": {[]string{"admin"}, ref{keys: []string{"*"}, value: &text}},
		"raw": {every, ref{keys: []string{"a", "b"}}}, "any": {[]string{"admin"}, ref{keys: []string{"*"}}},
		"comments": {every, ref{elem: &remark}}, "grid": {every, ref{elem: &ref{elem: &text}}},
	}}
}

type pair struct {
	name  string
	value any
}

// decode reads one value. An object is a list of pairs, so that no member is lost.
func decode(d *json.Decoder) (any, error) {
	tok, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch tok {
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := decode(d)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = d.Token()
		return list, err
	case json.Delim('{'):
		object := []pair{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := decode(d)
			if err != nil {
				return nil, err
			}
			object = append(object, pair{name.(string), v})
		}
		_, err = d.Token()
		return object, err
	}
	return tok, nil
}

// remove deletes the members that no view shows. ok is false if v has another shape.
func remove(v any, r ref, views []string) (_ any, ok bool) {
	unknown := r.keys != nil && r.value == nil
	switch v := v.(type) {
	case nil:
		return nil, true
	case []any:
		elem := r.elem
		if unknown {
			elem = &r
		}
		if elem == nil {
			return nil, false
		}
		for i := range v {
			if v[i], ok = remove(v[i], *elem, views); !ok {
				return nil, false
			}
		}
		return v, true
	case []pair:
		if r.members == nil && r.keys == nil {
			return nil, false
		}
		kept := []pair{}
		for _, p := range v {
			next := r.members[p.name]
			shown := slices.ContainsFunc(next.views, func(name string) bool { return slices.Contains(views, name) })
			if r.keys != nil {
				shown = slices.Contains(r.keys, p.name) || slices.Contains(r.keys, "*")
				if next.ref = r; !unknown {
					next.ref = *r.value
				}
			}
			if !shown {
				continue
			}
			value, ok := remove(p.value, next.ref, views)
			if !ok {
				return nil, false
			}
			kept = append(kept, pair{p.name, value})
		}
		return kept, true
	default:
		return v, r.members == nil && r.elem == nil && (r.keys == nil || unknown)
	}
}

// reference is the filter as decode, delete, encode. nil means that body is refused.
func reference(body []byte, views []string) []pair {
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	v, err := decode(d)
	if err != nil {
		return nil
	}
	v, ok := remove(v, userRef(), views)
	if !ok {
		return nil
	}
	return []pair{{"", v}}
}

// FuzzFilter compares the filter with the reference, for each kind of caller.
func FuzzFilter(f *testing.F) {
	for _, s := range []string{
		`{}`, `null`, `{"id":"u1","password":"x"}`, `{"pass\u0077ord":1,"\u0069d":2}`, `{"password":1,"id":1,"trace":2,"name":3}`,
		`{"raw":{"a":[{"b":1e400,"c":2}],"c":{"a":1}},"any":{"x":[[[]]]}}`, `{"home":{"street":1,"city":2}}`, `{"comments":[{"ip":1,"text":2},null]}`,
		`{"labels":{"team":1,"x":{}},"texts":{"x":1,"y":[]}}`, `{"grid":[[1],[],null]}`, `{"grid":[[[1]]]}`, `{"id":1,"id":2,"ID":3}`,
		`{"email":"\"}{\\","age":1}`, `[{"id":1}]`, `{"\ud800":1,"id":"\ud800"}`, `{"id":true,"name":false,"created":-1.5e-7}`, `{"" :1 , "id" : 2 }`,
	} {
		f.Add([]byte(s))
	}
	v := users(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) == 0 || len(body) > 1000 {
			return // no body passes, and deeper nesting than maxDepth is refused
		}
		for _, c := range []struct {
			r     *http.Request
			views []string
		}{
			{as("POST", "", false), []string{"public"}},
			{as("POST", "ann", true), []string{"public", "self"}},
			{as("POST", "ann", false, "admin"), []string{"public", "admin"}},
		} {
			w := httptest.NewRecorder()
			v.Handler(writes(200, string(body))).ServeHTTP(w, c.r)
			want := reference(body, c.views)
			if want == nil {
				if w.Code != 500 {
					t.Fatalf("%v: %q is sent as %q", c.views, body, w.Body)
				}
				continue
			}
			d := json.NewDecoder(w.Body)
			d.UseNumber()
			sent := w.Body.String()
			got, err := decode(d)
			if w.Code != 200 || err != nil || !json.Valid([]byte(sent)) || !reflect.DeepEqual([]pair{{"", got}}, want) {
				t.Fatalf("%v: %q is sent as %d %q (%v), want %v", c.views, body, w.Code, sent, err, want)
			}
		}
	})
}

// FuzzInput asserts that encoding/json, which also matches names in another case, sets no
// field from an admitted body that the caller may not set.
func FuzzInput(f *testing.F) {
	for _, s := range []string{
		`{"items":[{"name":"a"}],"any":{"price":1}}`, `{"title":"x"}`, `{"TITLE":"x"}`, `{"t\u0069tle":"x"}`, `{"id":1,"id":"x"}`,
		`{"items":[{"Price":1}]}`, `{"map":{"a":{"price":1}}}`, `{"sealed":{"name":"x"}}`, `{"items":{"price":1}}`, `{"ro/l~e":"x"}`, `{} {"id":"x"}`,
	} {
		f.Add([]byte(s))
	}
	in := changes(f)
	r := as("PUT", "", false)
	f.Fuzz(func(t *testing.T, body []byte) {
		if in.Check(r, body) != nil {
			return
		}
		var got change
		_ = json.Unmarshal(body, &got) // a fault of a type leaves the fields that were set
		prices := got.Sealed.Price
		for _, i := range got.Items {
			prices |= i.Price
		}
		for _, i := range got.Map {
			prices |= i.Price
		}
		if got.Title+got.Role+got.ID+got.Sealed.Name != "" || prices != 0 {
			t.Fatalf("%q sets %+v", body, got)
		}
	})
}

// The reference detects filters that are wrong in likely ways.
func TestReferenceDetects(t *testing.T) {
	body := []byte(`{"pass\u0077ord":1,"raw":{"c":1},"comments":[{"ip":1}],"id":1}`)
	want := reference(body, []string{"public"})
	for name, sent := range map[string]string{
		"an escaped name":   `{"pass\u0077ord":1,"raw":{},"comments":[{}],"id":1}`,
		"a key":             `{"raw":{"c":1},"comments":[{}],"id":1}`,
		"an element":        `{"raw":{},"comments":[{"ip":1}],"id":1}`,
		"a visible member":  `{"raw":{},"comments":[{}]}`,
		"an empty object":   `{"comments":[{}],"id":1}`,
		"the order":         `{"id":1,"raw":{},"comments":[{}]}`,
		"nothing is hidden": string(body),
	} {
		d := json.NewDecoder(bytes.NewReader([]byte(sent)))
		d.UseNumber()
		if got, err := decode(d); err != nil || reflect.DeepEqual([]pair{{"", got}}, want) {
			t.Errorf("%s: not detected", name)
		}
	}
}
