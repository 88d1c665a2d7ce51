package validate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"runtime"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/go-playground/validator/v10"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// Keeper keeps the bytes that it decodes, which UnmarshalJSON must not do.
type Keeper []byte

func (k *Keeper) UnmarshalJSON(b []byte) error { *k = b; return nil }

// TextKeeper does the same in UnmarshalText.
type TextKeeper []byte

func (k *TextKeeper) UnmarshalText(b []byte) error { *k = b; return nil }

type (
	named  struct{ Secret Keeper }
	text   struct{ Secret TextKeeper }
	listed struct{ Secret []Keeper }
	mapped struct{ Secret map[string]*TextKeeper }
)

func secret(v string) *http.Request {
	r := httptest.NewRequest("POST", "/", strings.NewReader(`{"Secret":`+v+`}`))
	r.Header.Set("Content-Type", "application/json")
	return r
}

// The bytes that a value keeps of its body are not overwritten by the next body.
func TestKeptBytesStay(t *testing.T) {
	for _, tc := range []struct {
		t             reflect.Type
		first, second string
	}{
		{reflect.TypeFor[named](), `"alice-1"`, `"bob-pw!"`},
		{reflect.TypeFor[text](), `"alice-1"`, `"bob-pw!"`},
		{reflect.TypeFor[listed](), `["alice-1"]`, `["bob-pw!"]`},
		{reflect.TypeFor[mapped](), `{"a":"alice-1"}`, `{"b":"bob-pw!"}`},
	} {
		c, err := compileSchema(Config{}, tc.t)
		if err != nil {
			t.Fatal(err)
		}
		if !c.keepsBytes {
			t.Errorf("%v: its bytes are taken from the pool", tc.t)
		}
		first := reflect.New(tc.t)
		if _, err := c.decode(nil, secret(tc.first), first.Interface()); err != nil {
			t.Fatal(err)
		}
		before := dump(first)
		for range 20 {
			if _, err := c.decode(nil, secret(tc.second), reflect.New(tc.t).Interface()); err != nil {
				t.Fatal(err)
			}
		}
		if after := dump(first); after != before {
			t.Errorf("%v: %s became %s", tc.t, before, after)
		}
	}
}

func dump(v reflect.Value) string {
	switch v := v.Elem().Field(0).Interface().(type) {
	case map[string]*TextKeeper:
		return string(*v["a"])
	default:
		return fmt.Sprintf("%s", v)
	}
}

// Without keepsBytes the bytes would change, and TestKeptBytesStay would notice it.
func TestKeptBytesChangeWithoutTheGuard(t *testing.T) {
	c, err := compileSchema(Config{}, reflect.TypeFor[named]())
	if err != nil {
		t.Fatal(err)
	}
	c.keepsBytes = false
	for range 1000 { // the pool may drop buffers
		var first, second named
		if _, err := c.decode(nil, secret(`"alice-1"`), &first); err != nil {
			t.Fatal(err)
		}
		if _, err := c.decode(nil, secret(`"bob-pw!"`), &second); err != nil {
			t.Fatal(err)
		}
		if string(first.Secret) == `"bob-pw!"` {
			return
		}
	}
	t.Error("the pool never gave the same bytes to two requests, so TestKeptBytesStay proves nothing")
}

// Types are not trusted by the path of their package: the path of the
// unnamed struct here is empty, as if it were of the standard library.
func TestForeignTypes(t *testing.T) {
	type mine struct{ net.IP } // the same methods, another type
	for typ, want := range map[reflect.Type]bool{
		reflect.TypeFor[Keeper]():                   true,
		reflect.TypeFor[TextKeeper]():               true,
		reflect.TypeFor[mine]():                     true,
		reflect.TypeFor[struct{ Keeper }]():         true,
		reflect.TypeFor[struct{ time.Time }]():      true,
		reflect.TypeFor[struct{ *regexp.Regexp }](): true,
		reflect.TypeFor[time.Time]():                false,
		reflect.TypeFor[big.Int]():                  false,
		reflect.TypeFor[net.IP]():                   false,
		reflect.TypeFor[json.Number]():              false,
		reflect.TypeFor[json.RawMessage]():          false,
		reflect.TypeFor[string]():                   false,
	} {
		if got := plan.MayKeepBytes(typ, plan.DecoderKind(typ)); got != want {
			t.Errorf("%v: mayKeepBytes is %v", typ, got)
		}
	}
	for typ, want := range map[reflect.Type]bool{
		reflect.TypeFor[struct{ V **TextKeeper }]():           true,
		reflect.TypeFor[struct{ V [2]map[string][]Keeper }](): true,
		reflect.TypeFor[struct{ V struct{ W *mine } }]():      true,
		reflect.TypeFor[struct {
			A time.Time
			B *big.Int
			C []net.IP
			D any `free:"true"`
			E []byte
		}](): false,
	} {
		c, err := compileSchema(Config{}, typ)
		if err != nil {
			t.Fatal(err)
		}
		if c.keepsBytes != want {
			t.Errorf("%v: foreign is %v", typ, c.keepsBytes)
		}
	}
}

type (
	wide128 struct{ A, B, C, D, E, F, G, H string }
	wide144 struct{ A, B, C, D, E, F, G, H, I string }
	pair2   struct {
		A map[string]int8 `json:"a"`
		B *int            `json:"b"`
	}
	tree struct {
		L []tree `json:"l"`
	}
	chain struct {
		Next *chain    `json:"n"`
		Pad  [100]byte `json:"-"`
	}
)

func list(element string) func(int) string {
	return func(n int) string { return "[" + strings.Repeat(element+",", n) + element + "]" }
}

func members(member string) func(int) string {
	return func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"%x":%s,`, i, member)
		}
		return "{" + b.String() + `"":` + member + "}"
	}
}

// Each shape is filled until MaxMemory refuses one element more. The value
// then keeps no more of the heap than MaxMemory and its text.
func TestMemoryOfShapes(t *testing.T) {
	const limit = 1 << 20
	many := Config{MaxItems: 1 << 30, MaxDepth: 1000, MaxMemory: limit}
	for _, tc := range []struct {
		name string
		t    reflect.Type
		body func(int) string
		most float64 // how many bytes may be counted for one byte of the heap
	}{
		{"maps of one wide member", reflect.TypeFor[[]map[string]wide128](), list(`{"a":{}}`), 2.5},
		{"maps of one wider member", reflect.TypeFor[[]map[string]wide144](), list(`{"a":{}}`), 2.5},
		{"maps of eight", reflect.TypeFor[[]map[string]string](), list(`{"a":"","b":"","c":"","d":"","e":"","f":"","g":"","h":""}`), 2.5},
		{"maps of nine", reflect.TypeFor[[]map[string]string](), list(`{"a":"","b":"","c":"","d":"","e":"","f":"","g":"","h":"","i":""}`), 2.5},
		{"maps of fifteen", reflect.TypeFor[[]map[string]int](), list(members("1")(14)), 2.5},
		{"maps of 897", reflect.TypeFor[[]map[string]int](), list(members("1")(896)), 2.5},
		{"maps of bytes", reflect.TypeFor[[]map[string]uint8](), list(`{"a":1}`), 2.5},
		{"empty maps", reflect.TypeFor[[]map[string]int](), list(`{}`), 2.5},
		{"maps of maps", reflect.TypeFor[map[string]map[string]bool](), members(`{"a":true}`), 2.5},
		{"one map", reflect.TypeFor[map[string]int](), members("1"), 3},
		{"one wide map", reflect.TypeFor[map[string]wide128](), members("{}"), 3},
		{"one wider map", reflect.TypeFor[map[string]wide144](), members("{}"), 3},
		{"lists of one", reflect.TypeFor[[][]int](), list(`[1]`), 2.5},
		{"lists of one byte", reflect.TypeFor[[][]int8](), list(`[1]`), 2.5},
		{"lists of five", reflect.TypeFor[[][]wide128](), list(`[{},{},{},{},{}]`), 2.5},
		{"empty lists", reflect.TypeFor[[][]int](), list(`[]`), 2.5},
		{"list of structs", reflect.TypeFor[[]wide144](), list(`{}`), 2.5},
		{"list of small structs", reflect.TypeFor[[]pair2](), list(`{"a":{"x":1},"b":1}`), 2.5},
		{"tree", reflect.TypeFor[[]tree](), list(`{"l":[{"l":[]},{}]}`), 2.5},
		{"pointers", reflect.TypeFor[[]***int](), list(`1`), 2.5},
		{"pointers to structs", reflect.TypeFor[[]*wide144](), list(`{}`), 2.5},
		{"chains", reflect.TypeFor[[]*chain](), list(`{"n":{"n":{"n":{}}}}`), 2.5},
		{"strings", reflect.TypeFor[[]string](), list(`"seventeen bytes.."`), 2.5},
		{"bytes", reflect.TypeFor[[][]byte](), list(`"AA=="`), 2.5},
		{"numbers", reflect.TypeFor[[]json.Number](), list(`12345678`), 2.5},
		{"raw", reflect.TypeFor[[]json.RawMessage](), list(`{"a":[{},{},[1]]}`), 2.5},
		{"times", reflect.TypeFor[[]time.Time](), list(`"2026-01-02T03:04:05+01:23"`), 2.5},
		{"free numbers", reflect.TypeFor[[]any](), list(`1.5`), 2.5},
		{"free strings", reflect.TypeFor[[]any](), list(`"a"`), 2.5},
		{"free bools", reflect.TypeFor[any](), list(`true`), 3},
		{"free lists", reflect.TypeFor[any](), list(`[[],[1]]`), 2.5},
		{"free maps", reflect.TypeFor[any](), list(`{"a":{}}`), 2.5},
		{"one free map", reflect.TypeFor[map[string]any](), members(`1`), 3},
		{"free maps of nine", reflect.TypeFor[any](), list(members("[]")(8)), 2.5},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := compileSchema(many, typeWith(tc.t, ""))
			if err != nil {
				t.Fatal(err)
			}
			body := func(n int) []byte { return []byte(`{"v":` + tc.body(n) + `}`) }
			over := 1
			for c.scanOnce(body(over)) {
				over *= 2
			}
			n := over/2 + sort.Search(over/2, func(i int) bool { return !c.scanOnce(body(over/2 + i)) }) - 1
			in := body(n)
			out := reflect.New(c.checker.Root.Node.Typ)
			before := live()
			err = c.parse(t.Context(), in, out.Interface())
			kept := live() - before
			runtime.KeepAlive(out)
			runtime.KeepAlive(in)
			text := int64(len(in)) * 3 / 2
			t.Logf("%d elements, %d KiB of body, %d KiB kept of %d", n+1, len(in)>>10, kept>>10, limit>>10)
			switch {
			case err != nil:
				t.Error(err)
			case kept > limit+limit/16+text:
				t.Errorf("%d bytes are kept, of %d", kept, limit)
			case float64(kept)*tc.most < limit:
				t.Errorf("only %d bytes are kept, of %d", kept, limit)
			}
		})
	}
}

// live returns the size of the reachable heap.
func live() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // the second collection frees the content of a sync.Pool
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// parse turns a body into v, as decode does once it has read it.
func (c *compiled) parse(ctx context.Context, body []byte, v any) error {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", http.NoBody)
	var in plan.Input
	if err := c.binder.Bind(&in, r, reflect.ValueOf(v).Elem()); err != nil {
		return err
	}
	return c.decodeJSON(&in, r, body, v)
}

// The scan counts characters as the validator does.
func FuzzMaxOfText(f *testing.F) {
	for _, s := range []string{"", "abc", "abcd", "ééé", "éééé", "\"\\\n", "\"\\\n\t", "\u2028\U0001F600a", "<>&x", "日本語字"} {
		f.Add(s)
	}
	c, err := compileSchema(Config{}, typeWith(tString, "max=3"))
	if err != nil {
		f.Fatal(err)
	}
	v := validator.New()
	f.Fuzz(func(t *testing.T, s string) {
		body, _ := json.Marshal(map[string]string{"v": s})
		var sent map[string]string
		if json.Unmarshal(body, &sent) != nil {
			return
		}
		err := c.parse(t.Context(), body, reflect.New(c.checker.Root.Node.Typ).Interface())
		if want := v.Var(sent["v"], "max=3"); (err == nil) != (want == nil) {
			t.Errorf("%s: %v, and the validator says %v", body, err, want)
		}
	})
}

type heldText struct {
	Text string `json:"text" validate:"max=3"`
	List []int  `json:"list" validate:"max=1"`
}

// selfMade decodes itself, so that its members are not scanned.
type selfMade struct{ Held heldText }

func (s *selfMade) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &s.Held) }

func TestRulesHoldWhereNothingIsScanned(t *testing.T) {
	type both struct {
		Scanned  heldText `json:"scanned"`
		SelfMade selfMade `json:"self_made"`
		Null     *string  `json:"null" validate:"omitempty,max=3"`
		Wide     *string  `json:"wide" validate:"max=3"`
	}
	c, err := compileSchema(Config{}, reflect.TypeFor[both]())
	if err != nil {
		t.Fatal(err)
	}
	for body, ok := range map[string]bool{
		`{"wide":"abc","scanned":{"text":"abc","list":[1]},"self_made":{"text":"abc","list":[1]},"null":null}`: true,
		`{"wide":"abc","scanned":{"text":"abcd"}}`:                                                             false,
		`{"wide":"abc","self_made":{"text":"abcd"}}`:                                                           false,
		`{"wide":"abc","self_made":{"list":[1,2]}}`:                                                            false,
		`{"wide":"abc","scanned":{"list":[1,2]}}`:                                                              false,
		`{"wide":"\u00e9\u00e9\u00e9"}`:                                                                        true,
		`{"wide":"abcd"}`:                                                                                      false,
		`{"wide":null}`:                                                                                        false,
		`{}`:                                                                                                   false,
		`{"wide":"a","null":"abcd"}`:                                                                           false,
		`{"wide":"a","self_made":{"text":"\u00e9\u00e9"}}`:                                                     true,
	} {
		if err := c.parse(t.Context(), []byte(body), new(both)); (err == nil) != ok {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// There may be more members than fit into one word of the bit set, and into two.
func TestManyMembers(t *testing.T) {
	const n = 200
	fields := make([]reflect.StructField, n)
	for i := range fields {
		fields[i] = reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: tInt, Tag: reflect.StructTag(fmt.Sprintf(`json:"f%d" validate:"required"`, i))}
	}
	c, err := compileSchema(Config{}, reflect.StructOf(fields))
	if err != nil {
		t.Fatal(err)
	}
	body := func(skip, double int) []byte {
		var b strings.Builder
		for i := n - 1; i >= 0; i-- { // not in the order of the struct
			if i == double {
				fmt.Fprintf(&b, `"f%d":0,`, i)
			}
			if i != skip {
				fmt.Fprintf(&b, `"f%d":0,`, i)
			}
		}
		return []byte("{" + strings.TrimSuffix(b.String(), ",") + "}")
	}
	check := func(body []byte, want string) {
		t.Helper()
		err := c.parse(t.Context(), body, reflect.New(c.checker.Root.Node.Typ).Interface())
		e, _ := errors.AsType[*httperr.Error](err)
		if want == "" && err == nil {
			return
		}
		if e == nil || len(e.Faults) != 1 || *e.Faults[0].Pointer+" "+e.Faults[0].Code != want {
			t.Errorf("%v, want %q", err, want)
		}
	}
	check(body(-1, -1), "")
	for i := range n {
		check(body(i, -1), fmt.Sprintf("/f%d required", i))
		check(body(-1, i), fmt.Sprintf("/f%d duplicate_member", i))
	}
}

// Names in a map are compared after their escapes are decoded.
func TestDuplicateNames(t *testing.T) {
	c, err := compileSchema(Config{MaxItems: 5000}, typeWith(reflect.TypeFor[map[string]int](), ""))
	if err != nil {
		t.Fatal(err)
	}
	for names, want := range map[string]bool{
		`"a","b"`: true, `"a","a"`: false, `"","a"`: true, `"",""`: false, `"\n","\u000a"`: false, `"\/","/"`: false,
		`"é","\u00e9"`: false, `"e\u0301","é"`: true, `"😀","\ud83d\ude00"`: false, `"a","A"`: true, `"\\u0061","a"`: true,
		`"a","b","c","d","e","f","g","a"`: false, `"\"","\u0022"`: false, `"a\\","a"`: true,
	} {
		body := `{"v":{` + strings.ReplaceAll(names, `",`, `":1,`) + `:1}}`
		if got := c.scanOnce([]byte(body)); got != want {
			t.Errorf("%s: %v, want %v", names, got, want)
		}
	}
	var b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&b, `"k%d":1,`, i)
	}
	list := b.String()
	if !c.scanOnce([]byte(`{"v":{` + list[:len(list)-1] + `}}`)) {
		t.Error("5000 different names are refused")
	}
	if c.scanOnce([]byte(`{"v":{` + strings.Replace(list[:len(list)-1], "k4000", "k39", 1) + `}}`)) {
		t.Error("one duplicate among 5000 names is not found")
	}
}
