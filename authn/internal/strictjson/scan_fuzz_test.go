package strictjson

import (
	"encoding/json"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// claimRules are the bounds for the claims of a token.
var claimRules = Rules{Members: MaxMembers}

// reference is a slow version of Collect: the decoder of encoding/json, with the checks
// that it lacks.
func reference(text string, rules Rules, names, exact []string) (map[string]string, bool) {
	if !utf8.ValidString(text) || !json.Valid([]byte(text)) || !strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") || loneSurrogate(text) {
		return nil, false
	}
	r := &reader{dec: newDecoder(text), rules: rules, exact: exact}
	if _, err := r.dec.Token(); err != nil {
		return nil, false
	}
	if rules.PlainNames && strings.Contains(rawNames(text), `\`) {
		return nil, false
	}
	values, ok := r.object(1, names)
	return values, ok
}

type reader struct {
	dec   *json.Decoder
	rules Rules
	exact []string
	open  int
}

func (r *reader) object(depth int, names []string) (map[string]string, bool) {
	if depth > MaxDepth {
		return nil, false
	}
	values, seen, before := map[string]string{}, map[string]bool{}, r.open
	for r.dec.More() {
		t, err := r.dec.Token()
		if err != nil {
			return nil, false
		}
		name := t.(string)
		if r.open++; seen[name] || r.open > r.rules.Members {
			return nil, false
		}
		seen[name] = true
		for _, n := range names {
			if depth == 1 && n != name && strings.EqualFold(n, name) && !slices.Contains(r.exact, n) {
				return nil, false
			}
		}
		if depth == 1 && r.rules.Closed && !slices.Contains(names, name) {
			return nil, false
		}
		value, ok := r.value(depth)
		if !ok {
			return nil, false
		}
		if depth == 1 {
			values[name] = value
		}
	}
	r.open = before
	_, err := r.dec.Token()
	return values, err == nil
}

// value reads a value and returns a text to compare it with.
func (r *reader) value(depth int) (string, bool) {
	t, err := r.dec.Token()
	if err != nil {
		return "", false
	}
	switch t {
	case json.Delim('{'):
		_, ok := r.object(depth+1, nil)
		return "object", ok
	case json.Delim('['):
		if depth+1 > MaxDepth {
			return "", false
		}
		for r.dec.More() {
			if _, ok := r.value(depth + 1); !ok {
				return "", false
			}
		}
		_, err := r.dec.Token()
		return "array", err == nil
	}
	b, err := json.Marshal(t)
	return string(b), err == nil
}

// rawNames returns the raw names of the members of a valid text, joined.
func rawNames(text string) string {
	var all strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '"' {
			continue
		}
		start := i
		for i++; text[i] != '"'; i++ {
			if text[i] == '\\' {
				i++
			}
		}
		if strings.HasPrefix(strings.TrimLeft(text[i+1:], " \t\r\n"), ":") {
			all.WriteString(text[start:i])
		}
	}
	return all.String()
}

// loneSurrogate reports whether a valid text has an escape with half a surrogate pair.
// encoding/json replaces such an escape by U+FFFD.
func loneSurrogate(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		if text[i+1] != 'u' {
			i++
			continue
		}
		unit := func(at int) (s string) {
			if at+6 <= len(text) && text[at:at+2] == `\u` {
				s = strings.ToLower(text[at+2 : at+6])
			}
			return s
		}
		switch u := unit(i); {
		case u >= "dc00" && u <= "dfff":
			return true
		case u >= "d800" && u <= "dbff":
			if low := unit(i + 6); low < "dc00" || low > "dfff" {
				return true
			}
			i += 6
		}
		i += 5
	}
	return false
}

var texts = []string{
	`{"exp":1e999,"x":-1e999,"sub":1e-999}`, `{"exp":253402300799,"x":253402300799.5}`, `{"aud":["a",1],"x":["\u0000"],"sub":["\"]","b"]}`,
	`{}`, ` { } `, `{"sub":"a"}`, `{"sub":"a","sub":"b"}`, `{"sub":"a","\u0073ub":"b"}`, `{"Sub":"a"}`, "{\"\u017fub\":1}", `{"\u212aid":1}`, `{"kid":"\ud83d\ude00"}`,
	`{"x":"\ud800"}`, `{"x":"\udc00"}`, `{"x":"\ud800\u0041"}`, `{"x":"\\ud800"}`, `{"x":{"a":1,"a":2}}`, `{"x":[{"a":1},{"a":2}],"a":{"x":1}}`, `{"x":1}{}`, `{"x":01}`,
	`{"x":-0.5e+3,"y":1E9}`, `{"x":1.}`, `{"x":[1,]}`, `{"x":[],"y":{}}`, `[]`, `"x"`, ``, ` `, `{`, `{"`, `{"a`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{,}`,
	"{\"a\":\"\x00\"}", "{\"a\":\"\xff\"}", "\ufeff{}", `{"a":tru}`, `{"a":nulll}`, `{"https:\/\/x":1,"https://x":2}`, `{"exp":1700000000.5,"aud":["a","b"],"iss":"x"}`,
	`{"x":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}`, `{"x":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}`, `{"":1,"":2}`, `{"a":"\u00","b":1}`, `{"a":"\q"}`, `{"a":"\`, `{"a" : 1 , "b" : [ 1 , 2 ] }`,
	`{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"k":1,"l":1,"m":1,"n":1,"o":1,"p":1}`,
	`{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"k":1,"l":1,"m":1,"n":1,"o":1,"p":{"q":1}}`,
}

func TestCollectAgainstReference(t *testing.T) {
	for _, text := range texts {
		checkCollect(t, text)
	}
}

// Collect accepts exactly the texts that the reference accepts, with the same values.
// encoding/json accepts each text that Collect accepts.
func FuzzCollect(f *testing.F) {
	for _, text := range texts {
		f.Add(text)
	}
	f.Fuzz(checkCollect)
}

func checkCollect(t *testing.T, text string) {
	t.Helper()
	names := []string{"alg", "kid", "sub", "exp", "aud", "x"}
	for _, tc := range []struct {
		rules Rules
		exact []string
	}{
		{Rules{Members: 16, PlainNames: true}, nil},
		{claimRules, nil},
		{claimRules, []string{"sub", "kid"}},
		{Rules{Members: MaxMembers, Closed: true}, []string{"exp"}},
	} {
		raw := make([]string, len(names))
		err := NewIndex(names, tc.exact...).Collect(text, tc.rules, raw)
		if err != nil && !slices.Contains(Errors(), err) {
			t.Fatalf("%q: %v is not one of Errors", text, err)
		}
		want, ok := reference(text, tc.rules, names, tc.exact)
		if ok != (err == nil) {
			t.Fatalf("%q: %v, but the reference says %v", text, err, ok)
		}
		if !ok {
			continue
		}
		var all map[string]any
		if err := newDecoder(text).Decode(&all); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		for i, n := range names {
			if _, there := want[n]; there != (raw[i] != "") {
				t.Fatalf("%q: %s is %q", text, n, raw[i])
			} else if there {
				checkValue(t, raw[i], all[n])
			}
		}
	}
}

// checkValue compares the results of this package and of encoding/json for a value.
func checkValue(t *testing.T, raw string, want any) {
	t.Helper()
	var got any
	dec := newDecoder(raw)
	if err := dec.Decode(&got); err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%q: %v, %v, want %v", raw, got, err, want)
	}
	if _, err := dec.Token(); err != io.EOF {
		t.Fatalf("%q has more than one value", raw)
	}
	s, isString := want.(string)
	if got, ok := String(raw); ok != isString || got != s {
		t.Fatalf("%q: %q, %v", raw, got, ok)
	}
	var f float64
	number, isNumber := want.(json.Number)
	if isNumber {
		f, _ = number.Float64()
	}
	if got, ok := Date(raw); ok != (isNumber && f >= 1 && f <= maxDate) || ok && got.Unix() != int64(f) {
		t.Fatalf("%q: %v, %v", raw, got, ok)
	}
	array, isArray := want.([]any)
	var strs []string
	for _, e := range array {
		s, ok := e.(string)
		if isArray = isArray && ok; !isArray {
			break
		}
		if _, ok := Identifier(quoteJSON(s)); !ok {
			isArray = false
		}
		strs = append(strs, s)
	}
	if got, ok := Strings(raw); ok != isArray || ok && !reflect.DeepEqual(got, strs) {
		t.Fatalf("%q: %q, %v, want %q, %v", raw, got, ok, strs, isArray)
	}
}

// newDecoder returns a decoder of text that keeps numbers as they are written.
func newDecoder(text string) *json.Decoder {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	return dec
}

func quoteJSON(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}
