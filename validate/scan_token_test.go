package validate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/jsonfield"
)

// namedMistake returns what is wrong with a fast way to read the name that is
// expected: it must read what rawName reads, or nothing.
func namedMistake(named func(s *scanner, name string) bool, body []byte, pos int, name string) string {
	fast, slow := &scanner{in: body, pos: pos}, &scanner{in: body, pos: pos}
	if !named(fast, name) {
		if fast.pos != pos || fast.findings != nil {
			return fmt.Sprintf("%q at %d is not %q, and something was read", body, pos, name)
		}
		return ""
	}
	raw, saved, ok := slow.rawName()
	switch {
	case !ok || string(slow.plain(raw, saved)) != name || len(raw) > maxName:
		return fmt.Sprintf("%q at %d is not %q", body, pos, name)
	case fast.pos != slow.pos:
		return fmt.Sprintf("%q at %d: read up to %d, want %d", body, pos, fast.pos, slow.pos)
	}
	return ""
}

var namedCases = []struct {
	body string
	pos  int
	name string
	fast bool
}{
	{`{"a":1}`, 1, "a", true},
	{`{"a": 1}`, 1, "a", true},
	{`{"a":` + " \t\r\n" + `1}`, 1, "a", true},
	{`{"":1}`, 1, "", true},
	{`{"é":1}`, 1, "é", true},
	{`"a":`, 0, "a", true},
	{`{"` + strings.Repeat("a", maxName) + `":1}`, 1, strings.Repeat("a", maxName), true},
	// Nobody writes these, so rawName may have the work.
	{`{"a" :1}`, 1, "a", false},
	{`{"\u0061":1}`, 1, "a", false},
	// These are other names, or none.
	{`{"ab":1}`, 1, "a", false},
	{`{"a":1}`, 1, "ab", false},
	{`{"a:":1}`, 1, "a", false},
	{`{"A":1}`, 1, "a", false},
	{`{'a":1}`, 1, "a", false},
	{`{"a':1}`, 1, "a", false},
	{`{"a";1}`, 1, "a", false},
	{`{"a"`, 1, "a", false},
	{`{"a`, 1, "a", false},
	{`{"`, 1, "a", false},
	{`{`, 1, "a", false},
	{`{"` + strings.Repeat("a", maxName+1) + `":1}`, 1, strings.Repeat("a", maxName+1), false},
}

func TestNamed(t *testing.T) {
	for _, tt := range namedCases {
		if wrong := namedMistake((*scanner).named, []byte(tt.body), tt.pos, tt.name); wrong != "" {
			t.Error(wrong)
		}
		if s := (&scanner{in: []byte(tt.body), pos: tt.pos}); s.named(tt.name) != tt.fast {
			t.Errorf("%.40q, %.40q: named %v", tt.body, tt.name, !tt.fast)
		}
	}
}

// Each comparison that named makes is one that TestNamed would miss.
func TestNamedMistakesAreFound(t *testing.T) {
	part := func(s *scanner, from, to int) string {
		return string(s.in[min(s.pos+from, len(s.in)):min(s.pos+to, len(s.in))])
	}
	type reading func(s *scanner, name string) (end int, ok bool)
	for what, read := range map[string]reading{
		"no opening quote": func(s *scanner, name string) (int, bool) {
			return len(name) + 3, part(s, 1, len(name)+3) == name+`":` && len(name) <= maxName
		},
		"no closing quote": func(s *scanner, name string) (int, bool) {
			return len(name) + 3, part(s, 0, len(name)+1) == `"`+name && part(s, len(name)+2, len(name)+3) == ":" && len(name) <= maxName
		},
		"no colon": func(s *scanner, name string) (int, bool) {
			return len(name) + 3, part(s, 0, len(name)+2) == `"`+name+`"` && len(name) <= maxName
		},
		"any case": func(s *scanner, name string) (int, bool) {
			return len(name) + 3, strings.EqualFold(part(s, 0, len(name)+3), `"`+name+`":`) && len(name) <= maxName
		},
		"any length": func(s *scanner, name string) (int, bool) {
			return len(name) + 3, part(s, 0, len(name)+3) == `"`+name+`":`
		},
		"before the colon": func(s *scanner, name string) (int, bool) {
			return len(name) + 2, part(s, 0, len(name)+3) == `"`+name+`":` && len(name) <= maxName
		},
	} {
		named := func(s *scanner, name string) bool {
			end, ok := read(s, name)
			if ok {
				s.pos += end
				s.space()
			}
			return ok
		}
		found := false
		for _, tt := range namedCases {
			found = found || namedMistake(named, []byte(tt.body), tt.pos, tt.name) != ""
		}
		if !found {
			t.Errorf("%s: not found", what)
		}
	}
}

func FuzzNamed(f *testing.F) {
	for _, tt := range namedCases {
		f.Add([]byte(tt.body), tt.pos, tt.name)
	}
	f.Fuzz(func(t *testing.T, body []byte, pos int, name string) {
		// Elsewhere no scanner is, and other names no member has.
		if pos < 0 || pos > len(body) || !isTagName(name) && len(name) <= maxName {
			return
		}
		if wrong := namedMistake((*scanner).named, body, pos, name); wrong != "" {
			t.Error(wrong)
		}
	})
}

// A nested names itself at every depth, so that what the scanner keeps of the
// objects around it has to move while they are read.
type nested struct {
	A     int     `json:"a" validate:"required"`
	Inner *nested `json:"inner"`
	B     int     `json:"b" validate:"required"`
	C     int     `json:"c" validate:"required"`
}

// However deep the objects in them are, all know what they have had before and
// what they lack, and where they are.
func TestNestedObjectsRemember(t *testing.T) {
	const deep = 20
	c, err := newCore(Config{}, reflect.TypeFor[nested]())
	if err != nil {
		t.Fatal(err)
	}
	// The object at depth bad has its end replaced.
	body := func(bad int, end string) []byte {
		b := `{"a":1,"b":2,"c":3}`
		for i := deep - 1; i >= 0; i-- {
			tail := `"b":2,"c":3}`
			if i == bad {
				tail = end
			}
			b = `{"a":1,"inner":` + b + `,` + tail
		}
		return []byte(b)
	}
	for bad := range deep {
		at := strings.Repeat("/inner", bad)
		for end, want := range map[string]string{
			`"b":2,"c":3}`:             "",
			`"c":3,"b":2}`:             "",
			`"b":2,"c":3,"a":1}`:       at + "/a duplicate_member",
			`"b":2,"c":3,"inner":{}}`:  at + "/inner duplicate_member",
			`"b":2,"b":2,"c":3}`:       at + "/b duplicate_member",
			`"b":2}`:                   at + "/c required",
			`"c":3}`:                   at + "/b required",
			`"b":2,"c":3,"x":[{},{}]}`: at + " unknown_member",
			`"b":2,"c":"3"}`:           at + "/c type",
		} {
			s := &scanner{limits: c.limits, in: body(bad, end)} // without room for anything
			clean := s.run(c.root)
			got := ""
			if len(s.findings) > 0 {
				got = s.findings[0].pointer + " " + s.findings[0].code
			}
			if clean != (want == "") || got != want {
				t.Errorf("%d, %s: %q, want %q", bad, end, got, want)
			}
		}
	}
}

// All bytes, where whitespace may be and where a value may begin.
func TestSpaceAndTokenOfEveryByte(t *testing.T) {
	for c := range 256 {
		for _, before := range []string{"", " ", " \t\r\n"} {
			in := append([]byte(before), byte(c), ' ')
			s := &scanner{in: in}
			if s.space(); s.pos != len(in)-len(bytes.TrimLeft(in, " \t\r\n")) {
				t.Errorf("%q: space ends at %d", in, s.pos)
			}
		}
		want := token(0)
		for tok, values := range map[token]string{tokObject: `{}`, tokArray: `[]`, tokString: `""`, tokBool: `true false`, tokNull: `null`, tokNumber: `-1 0 1 2 3 4 5 6 7 8 9`} {
			for _, value := range strings.Fields(values) {
				if !json.Valid([]byte(value)) {
					t.Fatal(value)
				}
				if value[0] == byte(c) {
					want = tok
				}
			}
		}
		if got := (&scanner{in: []byte{byte(c)}}).token(); got != want {
			t.Errorf("%q: token %d, want %d", rune(c), got, want)
		}
	}
	if (&scanner{}).token() != 0 {
		t.Error("nothing is no value")
	}
}

// FuzzSpace compares the scan of a body with that of the same one as it is
// written by others: with whitespace wherever that may be.
func FuzzSpace(f *testing.F) {
	f.Add(benchBody)
	f.Add(`{"customer":{},"items":[1,null,{"tags":[],"qty":1.5}],"meta":{"a":"b","a":"c"},"x":0,"express":"\u0020"}`)
	f.Add(`{"items":[],"items":[]}`)
	c := benchCore(f)
	scan := func(body []byte) []finding {
		s := &scanner{limits: c.limits, in: body}
		s.run(c.root)
		for i := range s.findings {
			s.findings[i].at = 0
		}
		return s.findings
	}
	f.Fuzz(func(t *testing.T, body string) {
		var dense, wide bytes.Buffer
		if json.Compact(&dense, []byte(body)) != nil || json.Indent(&wide, []byte(body), "\r", "\t ") != nil {
			return
		}
		loose := bytes.ReplaceAll(wide.Bytes(), []byte("\": "), []byte("\" : "))
		if !json.Valid(loose) || strings.Contains(body, `": `) {
			loose = wide.Bytes()
		}
		a, b, l := scan(dense.Bytes()), scan(wide.Bytes()), scan(loose)
		if !reflect.DeepEqual(a, b) || !reflect.DeepEqual(a, l) {
			t.Errorf("%v\n%v\n%v\n%s", a, b, l, dense.Bytes())
		}
	})
}

// isTagName reports whether a json tag can give a field this name.
func isTagName(name string) bool {
	f, ok := jsonfield.Of(reflect.StructField{Name: "Field", Type: reflect.TypeFor[int](), Tag: reflect.StructTag(fmt.Sprintf("json:%q", name))})
	return name == "" || ok && f.Tagged && f.Name == name
}
