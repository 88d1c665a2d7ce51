package validate

import (
	"encoding/json"
	"fmt"
	"reflect"
	"runtime"
	"sort"
	"strings"
	"testing"
	"time"
)

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

// Each shape is filled until MaxMemory refuses one element more. What the value
// then keeps of the heap is not more than MaxMemory and the text in it.
func TestMemoryOfShapes(t *testing.T) {
	const limit = 1 << 20
	many := Config{MaxItems: 1 << 30, MaxDepth: 1000, MaxMemory: limit, AllowFree: true}
	for _, tc := range []struct {
		name string
		t    reflect.Type
		body func(int) string
		most float64 // how many bytes may be booked for one that is taken
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
		{"free truths", reflect.TypeFor[any](), list(`true`), 3},
		{"free lists", reflect.TypeFor[any](), list(`[[],[1]]`), 2.5},
		{"free maps", reflect.TypeFor[any](), list(`{"a":{}}`), 2.5},
		{"one free map", reflect.TypeFor[map[string]any](), members(`1`), 3},
		{"free maps of nine", reflect.TypeFor[any](), list(members("[]")(8)), 2.5},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := newCore(many, typeWith(tc.t, ""))
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
			out := reflect.New(c.root.Node.Typ)
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

// live returns the size of all that is reachable.
func live() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what a sync.Pool held is gone after the second
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
