package safelog_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/big"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/safelog"
)

type inner struct {
	Email string `json:"mail"`
	N     int
}

type person struct {
	Name     string         `json:"name"`
	Password string         `json:"-"`
	Omitted  string         `log:"-"`
	Masked   []int          `log:"mask"`
	Alias    string         `json:"api_key"`
	Inner    *inner         `json:"inner,omitempty"`
	Any      any            `json:"any"`
	Map      map[string]any `json:"map,omitempty"`
	hidden   string
	Ch       chan int
	F        func()
}

type loud struct{ Token string }

func (l loud) String() string { return "loud{Token:" + l.Token + "}" }

type jsonLoud struct{ s string }

func (j jsonLoud) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, `{"z":1,"password":%q,"deep":[{"note":%q}]}`, j.s, jwt), nil
}

type logged1 struct{ secret string }

func (l logged1) LogValue() slog.Value {
	return slog.GroupValue(slog.String("password", l.secret), slog.String("ok", "yes"))
}

type panics struct{ how string }

func (p panics) LogValue() slog.Value {
	if p.how == "log" {
		panic("password=hunter2")
	}
	return slog.AnyValue(p) // endless
}

type panicJSON struct{}

func (panicJSON) MarshalJSON() ([]byte, error) { panic("password=hunter2") }

type panicError struct{ p *int }

func (e *panicError) Error() string { return fmt.Sprint(*e.p) }

type formatted struct{ code int }

func (f formatted) Error() string { return "Bearer " + planted }
func (f formatted) Format(s fmt.State, verb rune) {
	_, _ = fmt.Fprintf(s, "%d: pwd=%s", f.code, planted)
}

type node struct {
	Next *node
	Map  map[string]any
}

func TestComposites(t *testing.T) {
	loop := &node{Map: map[string]any{}}
	loop.Next = loop
	loop.Map["self"] = loop.Map
	self := []any{nil}
	self[0] = self
	for name, tc := range map[string]struct {
		v                any
		asJSON, asText   string
		inJSON, notThere string // alternatively, parts
	}{
		"struct": {v: person{Name: "n", Password: planted, Omitted: planted, Masked: []int{31337}, Alias: planted,
			Inner: &inner{planted, 1}, hidden: planted},
			asJSON: `{"name":"n","Masked":"[REDACTED]","api_key":"[REDACTED]","inner":{"mail":"[REDACTED]","N":1},"any":null,"Ch":"[OPAQUE]","F":"[OPAQUE]"}`,
			asText: `"{Name:n Password:[REDACTED] Masked:[REDACTED] Alias:[REDACTED] Inner:&{Email:[REDACTED] N:1} Any:<nil> Map:map[] hidden:[OPAQUE] Ch:[OPAQUE] F:[OPAQUE]}"`},
		"map of composites": {v: map[string]any{"a": map[string]any{"Passwords": []string{planted}}, "b": http.Header{"Authorization": {planted}, "X-A": {"1"}}},
			asJSON: `{"a":{"Passwords":"[REDACTED]"},"b":{"Authorization":"[REDACTED]","X-A":["1"]}}`,
			asText: `"map[a:map[Passwords:[REDACTED]] b:map[Authorization:[REDACTED] X-A:[1]]]"`},
		"numbers as keys":  {v: map[int]string{10: "b", 9: "a"}, asJSON: `{"10":"b","9":"a"}`, asText: `"map[9:a 10:b]"`},
		"keys of any type": {v: map[any]any{true: 1, "otp": planted}, asJSON: `{"otp":"[REDACTED]","true":1}`},
		"keys with a secret": {v: map[string]int{jwt: 1}, asJSON: `{"[REDACTED]":1}`,
			asText: `map[[REDACTED]:1]`},
		"Stringer":            {v: loud{planted}, asJSON: `{"Token":"[REDACTED]"}`, asText: `loud{Token:[REDACTED]}`},
		"Stringer inside":     {v: []any{loud{planted}}, asJSON: `[{"Token":"[REDACTED]"}]`, asText: `[loud{Token:[REDACTED]}]`},
		"json.Marshaler":      {v: jsonLoud{planted}, asJSON: `{"z":1,"password":"[REDACTED]","deep":[{"note":"[REDACTED]"}]}`, asText: `{s:[OPAQUE]}`},
		"LogValuer":           {v: logged1{planted}, asJSON: `{"password":"[REDACTED]","ok":"yes"}`},
		"LogValuer inside":    {v: []any{logged1{planted}}, asJSON: `[{"password":"[REDACTED]","ok":"yes"}]`, asText: `"[[password=[REDACTED] ok=yes]]"`},
		"slog.Value inside":   {v: []slog.Value{slog.AnyValue(map[string]string{"pwd": planted})}, asJSON: `[{"pwd":"[REDACTED]"}]`},
		"slog.Attr inside":    {v: []any{slog.String("pwd", planted)}, asJSON: `[{"pwd":"[REDACTED]"}]`},
		"panicking JSON":      {v: panicJSON{}, asJSON: `"!ERROR:!PANIC: password=[REDACTED]"`},
		"panicking error":     {v: &panicError{}, inJSON: "!PANIC"},
		"nil error":           {v: (*panicError)(nil), asJSON: `"<nil>"`, asText: `<nil>`},
		"panicking LogValuer": {v: panics{"log"}, inJSON: "LogValue panicked"},
		"endless LogValuer":   {v: panics{}, inJSON: "called too many times"},
		"nested panics":       {v: []any{panics{"log"}, panics{}}, inJSON: "LogValue panicked"},
		"cycles":              {v: loop, asJSON: `{"Next":"[CYCLE]","Map":{"self":"[CYCLE]"}}`, asText: `"&{Next:[CYCLE] Map:map[self:[CYCLE]]}"`},
		"cycle of a slice":    {v: self, asJSON: `["[CYCLE]"]`},
		"wrapped error":       {v: fmt.Errorf("x: %w", errors.New("password="+planted)), asJSON: `"x: password=[REDACTED]"`, asText: `"x: password=[REDACTED]"`},
		"formatted error":     {v: formatted{7}, asJSON: `"Bearer [REDACTED]"`, asText: `"7: pwd=[REDACTED]"`},
		"error inside":        {v: map[string]error{"e": errors.New("Bearer " + planted)}, asJSON: `{"e":{}}`, asText: `"map[e:Bearer [REDACTED]]"`},
		"bytes inside":        {v: [][]byte{[]byte("plain"), []byte("pwd=" + planted)}, asJSON: `["cGxhaW4=","pwd=[REDACTED]"]`},
		"array of bytes":      {v: [5]byte{'a'}, asJSON: `[97,0,0,0,0]`, asText: `"[97 0 0 0 0]"`},
		"NaN":                 {v: []float64{math.NaN(), 1.5}, asJSON: `["NaN",1.5]`, asText: `"[NaN 1.5]"`},
		"channel":             {v: make(chan int), asJSON: `"[OPAQUE]"`},
		"secret":              {v: safelog.NewSecret(planted), asJSON: `"[REDACTED]"`, asText: `[REDACTED]`},
		"secrets inside":      {v: struct{ A, b safelog.Secret[string] }{safelog.NewSecret(planted), safelog.NewSecret(planted)}, asJSON: `{"A":"[REDACTED]"}`, asText: `"{A:[REDACTED] b:[OPAQUE]}"`},
	} {
		j, x := lines(t, safelog.Config{}, func(l *slog.Logger) { l.Info("m", "v", tc.v) })
		j = strings.TrimSuffix(strings.TrimPrefix(j, `{"level":"INFO","msg":"m","v":`), "}\n")
		x = strings.TrimSuffix(strings.TrimPrefix(x, `level=INFO msg=m v=`), "\n")
		if tc.asJSON != "" && j != tc.asJSON {
			t.Errorf("%s:\n got %s\nwant %s", name, j, tc.asJSON)
		}
		if tc.asText != "" && x != tc.asText {
			t.Errorf("%s, text:\n got %s\nwant %s", name, x, tc.asText)
		}
		if !strings.Contains(j, tc.inJSON) {
			t.Errorf("%s: no %q in %s", name, tc.inJSON, j)
		}
		if strings.Contains(j+x, planted) || strings.Contains(j+x, "31337") {
			t.Errorf("%s leaks:\n%s\n%s", name, j, x)
		}
	}
}

type base struct {
	A int `json:"a"`
	B string
}
type other struct{ B string }
type flat struct {
	base
	*other
	C     int               `json:"c,string"`
	D     string            `json:",omitempty"`
	E     time.Time         `json:"e,omitzero"`
	F     []byte            `json:"f"`
	G     map[string]int    `json:"g"`
	H     [2]bool           `json:"h"`
	I     any               `json:"i"`
	J     float64           `json:"weird <&> name"`
	K     *string           `json:"k"`
	L     netip.Addr        `json:"l"`
	M     map[int8]struct{} `json:"m"`
	N     time.Duration
	O     big.Int
	Level slog.Level
}

// A clean composite is logged as it would be without the handler: in JSON always,
// and in text unless it has unexported fields or pointers inside, because fmt
// prints the address of an inner pointer.
func TestCleanComposites(t *testing.T) {
	s := "k"
	when := time.Date(2024, 5, 6, 7, 8, 9, 10, time.UTC)
	for i, tc := range []struct {
		v        any
		jsonOnly bool
	}{
		{v: flat{}, jsonOnly: true},
		{v: &flat{base: base{1, "b"}, C: 3, D: "d", E: when, F: []byte{0, 255}, G: map[string]int{"z": 1, "y": 2}, I: []any{1.5, "x"}, J: 1e21, K: &s, L: netip.MustParseAddr("::1"), M: map[int8]struct{}{3: {}, -2: {}}}, jsonOnly: true},
		{v: base{1, "x y"}}, {v: &base{1, "x"}}, {v: []base{{1, "a"}, {2, "b"}}},
		{v: struct {
			base
			C int
		}{base{1, "b"}, 2}},
		{v: map[string]any{"b": 1, "a": []int{1, 2}, "c": nil, "d": map[string]bool{"x": true}}},
		{v: map[int]string{10: "x", 9: "y", -1: "z"}}, {v: []string(nil)}, {v: map[string]int(nil)},
		{v: [3]uint8{1, 2, 3}}, {v: []byte("bytes")}, {v: []byte{0, 1, 0xff}}, {v: when}, {v: &when}, {v: []time.Time{when}}, {v: time.Second},
		{v: []time.Duration{time.Second}}, {v: slog.LevelWarn}, {v: []slog.Level{1}}, {v: netip.MustParseAddr("::1")}, {v: []netip.Addr{netip.MustParseAddr("::1")}},
		{v: 1.5}, {v: float32(0.1)}, {v: []float32{0.1}}, {v: []float64{1e21, 1e-7, 0.1, 100}}, {v: uint64(math.MaxUint64)}, {v: nil}, {v: []any{nil}}, {v: struct{}{}},
		{v: errors.New("an error")}, {v: context.Canceled}, {v: textError("text")}, {v: time.March}, {v: []time.Month{3}}, {v: big.NewInt(7)}, {v: [0]int{}},
	} {
		var want [2]strings.Builder
		for j, h := range []slog.Handler{slog.NewJSONHandler(&want[0], noTime), slog.NewTextHandler(&want[1], noTime)} {
			_ = j
			slog.New(h).Info("m", "v", tc.v)
		}
		asJSON, asText := lines(t, safelog.Config{}, func(l *slog.Logger) { l.Info("m", "v", tc.v) })
		if asJSON != want[0].String() {
			t.Errorf("%d %T:\n got %swant %s", i, tc.v, asJSON, want[0].String())
		}
		if asText != want[1].String() && !tc.jsonOnly {
			t.Errorf("%d %T, text:\n got %swant %s", i, tc.v, asText, want[1].String())
		}
	}
}
