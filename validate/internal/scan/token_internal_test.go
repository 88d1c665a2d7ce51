package scan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/jsonfield"
	"github.com/go-sallyport/sallyport/validate/internal/compile"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// matchMistake describes the mistake of match, a fast way to read the name that is
// expected, or returns "". match must read the same bytes as readName, or no bytes.
func matchMistake(match func(s *scanner, name string) bool, body []byte, pos int, name string) string {
	fast, slow := &scanner{in: body, pos: pos}, &scanner{in: body, pos: pos}
	if !match(fast, name) {
		if fast.pos != pos || fast.Findings != nil {
			return fmt.Sprintf("%q at %d is not %q, and bytes were read", body, pos, name)
		}
		return ""
	}
	raw, saved, ok := slow.readName()
	switch {
	case !ok || string(slow.unescape(raw, saved)) != name:
		return fmt.Sprintf("%q at %d is not %q", body, pos, name)
	case fast.pos != slow.pos:
		return fmt.Sprintf("%q at %d: read up to %d, want %d", body, pos, fast.pos, slow.pos)
	}
	return ""
}

var matchCases = []struct {
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
	{`{"` + strings.Repeat("a", plan.MaxName) + `":1}`, 1, strings.Repeat("a", plan.MaxName), true},
	// Clients rarely write these, so readName may read them.
	{`{"a" :1}`, 1, "a", false},
	{`{"\u0061":1}`, 1, "a", false},
	// These are other names, or no names.
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
}

func TestMatchName(t *testing.T) {
	for _, tt := range matchCases {
		if wrong := matchMistake((*scanner).matchName, []byte(tt.body), tt.pos, tt.name); wrong != "" {
			t.Error(wrong)
		}
		if s := (&scanner{in: []byte(tt.body), pos: tt.pos}); s.matchName(tt.name) != tt.fast {
			t.Errorf("%.40q, %.40q: matched %v", tt.body, tt.name, !tt.fast)
		}
	}
}

// If matchName lacked any one of its comparisons, TestMatchName would notice it.
func TestMatchNameMistakesAreFound(t *testing.T) {
	part := func(s *scanner, from, to int) string {
		return string(s.in[min(s.pos+from, len(s.in)):min(s.pos+to, len(s.in))])
	}
	type reading func(s *scanner, name string) (end int, ok bool)
	for mistake, read := range map[string]reading{
		"no opening quote": func(s *scanner, name string) (int, bool) {
			return len(name) + 3, part(s, 1, len(name)+3) == name+`":`
		},
		"no closing quote": func(s *scanner, name string) (int, bool) {
			return len(name) + 3, part(s, 0, len(name)+1) == `"`+name && part(s, len(name)+2, len(name)+3) == ":"
		},
		"no colon": func(s *scanner, name string) (int, bool) {
			return len(name) + 3, part(s, 0, len(name)+2) == `"`+name+`"`
		},
		"any case": func(s *scanner, name string) (int, bool) {
			return len(name) + 3, strings.EqualFold(part(s, 0, len(name)+3), `"`+name+`":`)
		},
		"before the colon": func(s *scanner, name string) (int, bool) {
			return len(name) + 2, part(s, 0, len(name)+3) == `"`+name+`":`
		},
	} {
		match := func(s *scanner, name string) bool {
			end, ok := read(s, name)
			if ok {
				s.pos += end
				s.skipSpace()
			}
			return ok
		}
		found := false
		for _, tt := range matchCases {
			found = found || matchMistake(match, []byte(tt.body), tt.pos, tt.name) != ""
		}
		if !found {
			t.Errorf("%s: not found", mistake)
		}
	}
}

func FuzzMatchName(f *testing.F) {
	for _, tt := range matchCases {
		f.Add([]byte(tt.body), tt.pos, tt.name)
	}
	f.Fuzz(func(t *testing.T, body []byte, pos int, name string) {
		// A scanner is never at another position, and no member has another name.
		if pos < 0 || pos > len(body) || !isTagName(name) || len(name) > plan.MaxName {
			return
		}
		if wrong := matchMistake((*scanner).matchName, body, pos, name); wrong != "" {
			t.Error(wrong)
		}
	})
}

// scanLimits are the limits of the zero Config.
var scanLimits = &plan.Limits{Depth: 32, Items: 1000, StringLen: 64 << 10, Memory: 16 << 20}

// rootOf returns the plan of T.
func rootOf[T any](tb testing.TB) *plan.Slot {
	tb.Helper()
	faults := &httperr.ConfigFaults{}
	out := compile.Compile(reflect.TypeFor[T](), compile.Options{Items: scanLimits.Items, StringLen: scanLimits.StringLen}, nil, faults)
	if err := faults.Err(); err != nil {
		tb.Fatal(err)
	}
	return out.Root
}

type spacedOrder struct {
	Customer struct {
		Name string `json:"name" validate:"required"`
	} `json:"customer"`
	Items []struct {
		Tags []string `json:"tags"`
		Qty  int      `json:"qty"`
	} `json:"items" validate:"max=50"`
	Meta    map[string]string `json:"meta"`
	Express bool              `json:"express"`
}

// A nested has a member of its own type. So the bit sets of the outer objects have to move in
// memory while the inner objects are read.
type nested struct {
	A     int     `json:"a" validate:"required"`
	Inner *nested `json:"inner"`
	B     int     `json:"b" validate:"required"`
	C     int     `json:"c" validate:"required"`
}

// At every depth, the scan knows the members that an object has had before the inner object,
// the members that it lacks, and its pointer.
func TestNestedObjectsKeepTheirMembers(t *testing.T) {
	const deep = 20
	root := rootOf[nested](t)
	// body returns nested objects. The object at depth bad has another end.
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
			s := &scanner{Limits: scanLimits, in: body(bad, end)} // with empty slices, which have to grow
			clean := s.Run(root)
			got := ""
			if len(s.Findings) > 0 {
				got = s.Findings[0].Pointer + " " + s.Findings[0].Code
			}
			if clean != (want == "") || got != want {
				t.Errorf("%d, %s: %q, want %q", bad, end, got, want)
			}
		}
	}
}

// Every byte is read where whitespace may be, and where a value may begin.
func TestSkipSpaceAndPeekTypeOfEveryByte(t *testing.T) {
	for c := range 256 {
		for _, before := range []string{"", " ", " \t\r\n"} {
			in := append([]byte(before), byte(c), ' ')
			s := &scanner{in: in}
			if s.skipSpace(); s.pos != len(in)-len(bytes.TrimLeft(in, " \t\r\n")) {
				t.Errorf("%q: space ends at %d", in, s.pos)
			}
		}
		want := plan.Token(0)
		for tok, values := range map[plan.Token]string{plan.TokObject: `{}`, plan.TokArray: `[]`, plan.TokString: `""`, plan.TokBool: `true false`, plan.TokNull: `null`, plan.TokNumber: `-1 0 1 2 3 4 5 6 7 8 9`} {
			for _, value := range strings.Fields(values) {
				if !json.Valid([]byte(value)) {
					t.Fatal(value)
				}
				if value[0] == byte(c) {
					want = tok
				}
			}
		}
		if got := (&scanner{in: []byte{byte(c)}}).peekType(); got != want {
			t.Errorf("%q: token %d, want %d", rune(c), got, want)
		}
	}
	if (&scanner{}).peekType() != 0 {
		t.Error("the end of the body has a type")
	}
}

// FuzzSpace compares the scan of a body with the scan of the same body with whitespace in
// every possible place.
func FuzzSpace(f *testing.F) {
	f.Add(`{"customer":{"name":"A B"},"items":[{"tags":["x","y"],"qty":2},{"tags":[],"qty":1}],"meta":{"a":"b","c":"d"},"express":true}`)
	f.Add(`{"customer":{},"items":[1,null,{"tags":[],"qty":1.5}],"meta":{"a":"b","a":"c"},"x":0,"express":"\u0020"}`)
	f.Add(`{"items":[],"items":[]}`)
	root := rootOf[spacedOrder](f)
	scan := func(body []byte) []plan.LocatedFault {
		s := &scanner{Limits: scanLimits, in: body}
		s.Run(root)
		for i := range s.Findings {
			s.Findings[i].At = 0
		}
		return s.Findings
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
