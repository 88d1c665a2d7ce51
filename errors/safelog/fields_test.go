package safelog_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/safelog"
)

type e1 struct {
	X, Y int
	Z    int `json:"z"`
}
type e2 struct {
	X int
	Y int `json:"Y"`
	Z int
}
type Exported struct{ Q int }
type again struct {
	*again
	N int
}
type number int
type tinyText string

func (t tinyText) MarshalText() ([]byte, error) { return []byte("tiny:" + string(t)), nil }

type pointerJSON struct{ A int }

func (p *pointerJSON) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, `{"custom":%d}`, p.A), nil
}

type pointerLog struct{ Inner string }

func (p *pointerLog) LogValue() slog.Value { return slog.StringValue("by its pointer") }

type isZero struct{ N int }

func (z isZero) IsZero() bool { return z.N == 7 }

// oddTags is a struct with tags that a linter would refuse in source text.
var oddTags = func() any {
	var fields []reflect.StructField
	for i, tag := range []string{`json:"-,"`, `json:"bad\"name"`, `json:",string"`, `json:"spaced name,,omitempty"`, `json`, `json:"`, `log:"other"`} {
		fields = append(fields, reflect.StructField{Name: "F" + strconv.Itoa(i), Type: reflect.TypeFor[[]int](), Tag: reflect.StructTag(tag)})
	}
	return reflect.New(reflect.StructOf(fields)).Elem().Interface()
}()

// encoding/json defines the fields and their names. The plan repeats its rules,
// and this test compares each of them with the original.
func TestFieldsAsInJSON(t *testing.T) {
	seven := 7
	for i, v := range []any{
		struct {
			e1
			e2
		}{e1{1, 2, 3}, e2{4, 5, 6}},
		struct {
			e1
			X string
		}{e1{1, 2, 3}, "outer"},
		struct {
			*e1
			*Exported
		}{nil, &Exported{1}},
		struct {
			Exported `json:"named"`
			*e2      `json:",omitempty"`
		}{Exported{2}, nil},
		struct {
			e1 `json:"-"`
			C  int `json:"-"`
			E  int `json:"ünï-c0de"`
		}{},
		oddTags,
		&again{&again{nil, 1}, 2},
		struct {
			A int     `json:",string"`
			B *int    `json:",string"`
			C string  `json:",string"`
			D bool    `json:"d,string,omitempty"`
			F float64 `json:",string"`
			G *int    `json:",string"`
			H number  `json:",string"`
		}{1, &seven, `a"b`, false, 1.5, nil, 3},
		struct {
			A []int          `json:",omitempty"`
			B map[string]int `json:",omitempty"`
			C *int           `json:",omitempty"`
			D [0]int         `json:",omitempty"`
			E Exported       `json:",omitempty"`
			F time.Time      `json:",omitzero"`
			G isZero         `json:",omitzero"`
			H isZero         `json:",omitzero"`
			I any            `json:",omitempty"`
			J string         `json:",omitempty"`
			K *isZero        `json:",omitzero"`
		}{G: isZero{7}, H: isZero{0}},
		struct {
			number
			tinyText
			N number
			T tinyText
			M map[tinyText]tinyText
		}{1, "a", 2, "b", map[tinyText]tinyText{"k": "v"}},
		[]*pointerJSON{{1}}, []pointerJSON{{2}}, &pointerJSON{3}, pointerJSON{4}, map[string]pointerJSON{"a": {5}}, struct{ P pointerJSON }{pointerJSON{6}}, &struct{ P pointerJSON }{pointerJSON{7}},
		json.RawMessage(`{"z":[1,2.50,"x",null,true,{}],"a":{"b":[]}}`), []json.RawMessage{[]byte(`1e400`)}, json.Number("12.50"), []json.Number{"1"}, [][]byte{nil, {}, {1}},
		map[number]bool{2: true, -1: false}, map[uint8]int{200: 1, 3: 2}, [2][2]int{}, []any{map[string]any{}, []int(nil), struct{}{}},
		&seven, []bool{true}, []int8{-1}, map[string]*int{"p": &seven, "q": nil},
	} {
		var want bytes.Buffer
		slog.New(slog.NewJSONHandler(&want, noTime)).Info("m", "v", v)
		got, _ := lines(t, safelog.Config{}, func(l *slog.Logger) { l.Info("m", "v", v) })
		if got != want.String() {
			t.Errorf("%d %T:\n got %swant %s", i, v, got, want.String())
		}
	}
}

// One number in ten of this size passes the Luhn check of a card number. A number
// that a marshaler prints is far more often a time or a count.
func TestNumbersOfMarshalersAreKept(t *testing.T) {
	var numbers []string
	for n := 1_722_351_083_000; n < 1_722_351_083_040; n++ {
		numbers = append(numbers, strconv.Itoa(n))
	}
	want := "[" + strings.Join(append(numbers, "0.4111111111111111", "-4111111111111111", "4.111111111111111e+300"), ",") + "]"
	got, _ := lines(t, safelog.Config{}, func(l *slog.Logger) { l.Info("m", "v", json.RawMessage(want)) })
	if !strings.Contains(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The handler differs from encoding/json where encoding/json would print a value
// that the type hides from logs, or would fail for the whole value.
func TestFieldsUnlikeJSON(t *testing.T) {
	for name, tc := range map[string]struct {
		v    any
		want string
	}{
		"LogValuer of the pointer": {&struct{ P pointerLog }{pointerLog{planted}}, `{"P":"by its pointer"}`},
		"embedded LogValuers": {struct {
			logged1
			safelog.Secret[string]
		}{logged1{planted}, safelog.NewSecret(planted)}, `"[REDACTED]"`},
		"unsupported":       {map[string]any{"c": make(chan int), "x": 1}, `{"c":"[OPAQUE]","x":1}`},
		"complex":           {[]any{1i}, `["(0+1i)"]`},
		"marshaler's error": {failing{}, `"!ERROR:pwd=[REDACTED]"`},
		"invalid output":    {json.RawMessage(`{"pwd":"` + planted), `"!ERROR:{\"pwd\":\"[REDACTED]"`},
		"text's error":      {[]any{failingText{}}, `["!ERROR:pwd=[REDACTED]"]`},
		"masked embedded": {struct {
			Exported `log:"mask"`
			E2       e2 `log:"-"`
		}{}, `{"Exported":"[REDACTED]"}`},
		"masked and quoted": {struct {
			Pin int `json:",string"`
		}{31337}, `{"Pin":"[REDACTED]"}`},
		"key that panics":      {map[panicText]int{{}: 1}, `{"!PANIC: pwd=[REDACTED]":1}`},
		"nil key":              {map[any]int{nil: 1}, `{"<nil>":1}`},
		"key that is a struct": {map[e2]int{{1, 2, 3}: 1}, `{"{X:1 Y:2 Z:3}":1}`},
	} {
		got, text := lines(t, safelog.Config{}, func(l *slog.Logger) { l.Info("m", "v", tc.v) })
		if got != `{"level":"INFO","msg":"m","v":`+tc.want+"}\n" {
			t.Errorf("%s:\n got %swant %s", name, got, tc.want)
		}
		if strings.Contains(got+text, planted) || strings.Contains(got+text, "31337") {
			t.Errorf("%s leaks: %s%s", name, got, text)
		}
	}
}

type failing struct{}

func (failing) MarshalJSON() ([]byte, error) { return nil, errors.New("pwd=" + planted) }

type failingText struct{}

func (failingText) MarshalText() ([]byte, error) { return nil, errors.New("pwd=" + planted) }

type panicText struct{}

func (panicText) MarshalText() ([]byte, error) { panic("pwd=" + planted) }

// The rendering that replaces a composite prints the same text for every verb.
func TestRenderingPrintsOneText(t *testing.T) {
	var kept []slog.Record
	safe(t, keeper{slog.NewTextHandler(io.Discard, nil), &kept}).Info("m", "v", map[string]any{"pwd": planted, "n": 1})
	kept[0].Attrs(func(a slog.Attr) bool {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			if s := fmt.Sprintf(verb, a.Value.Any()); s != "map[n:1 pwd:[REDACTED]]" {
				t.Errorf("%s: %s", verb, s)
			}
		}
		if s := a.Value.String(); s != "map[n:1 pwd:[REDACTED]]" {
			t.Errorf("String: %s", s)
		}
		return true
	})
}
