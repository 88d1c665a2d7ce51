//go:build goexperiment.jsonv2

package oracle

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strings"
	"time"
)

// A generator writes bodies for a Go type. Most of them are valid, or nearly so.
type generator struct {
	*rand.Rand
	wild int // one of this many values or members is replaced by another; 0: none
}

func body[T any](seed uint64, wild int) []byte {
	g := generator{rand.New(rand.NewPCG(seed, 1)), wild}
	return []byte(g.value(reflect.TypeFor[T](), 0))
}

func pick[T any](g generator, from ...T) T { return from[g.IntN(len(from))] }

func (g generator) isWild() bool { return g.wild > 0 && g.IntN(g.wild) == 0 }

var junk = []string{`null`, `true`, `0`, `1.5`, `"junk"`, `[]`, `{}`, `[null]`, `{"x":1}`, `-7`, `"é"`, `[1,"a"]`, `300`, `1e3`}

// byType holds values of types that decode themselves.
var byType = map[reflect.Type][]string{
	reflect.TypeFor[time.Time]():  {`"2026-11-22T10:00:00Z"`, `"2026-11-22T10:00:00.5+01:30"`, `"0001-01-01T00:00:00Z"`, `"soon"`},
	reflect.TypeFor[netip.Addr](): {`"10.0.0.1"`, `"::1"`, `""`, `"1.2.3"`},
	reflect.TypeFor[[]byte]():     {`""`, `"AQI="`, `"AQID"`, `"AQIDBA=="`, `"AR=="`},
}

func (g generator) value(t reflect.Type, depth int) string {
	if g.isWild() {
		return pick(g, junk...)
	}
	if values, ok := byType[t]; ok {
		if !g.isWild() {
			values = values[:len(values)-1] // the last value is invalid
		}
		return pick(g, values...)
	}
	switch t {
	case reflect.TypeFor[json.Number]():
		return pick(g, "0", "-1.5e3", "12345678901234567890")
	case reflect.TypeFor[json.RawMessage]():
		return pick(g, junk...)
	}
	switch t.Kind() {
	case reflect.Pointer:
		if depth > 4 || g.IntN(4) == 0 {
			return "null"
		}
		return g.value(t.Elem(), depth+1)
	case reflect.Struct:
		return g.object(g.members(t, depth))
	case reflect.Map:
		var members []string
		names := []string{"a", "b", "cde", "é", "f/g~", ""}
		for i := range g.count(depth) {
			members = append(members, quote(names[i])+":"+g.value(t.Elem(), depth+1))
		}
		return g.object(members)
	case reflect.Slice, reflect.Array:
		n := g.count(depth)
		if t.Kind() == reflect.Array && !g.isWild() {
			n = t.Len()
		}
		elems := make([]string, n)
		for i := range elems {
			elems[i] = g.value(t.Elem(), depth+1)
		}
		return "[" + strings.Join(elems, pick(g, ",", " , ")) + "]"
	case reflect.String:
		return quote(pick(g, "", "a", "ab", "card", "cash", "ééé", "A1", "ABC1234", "a@example.com", "0190163d-8694-739b-aea5-966c26f8ad90", "\u2028\"<", "a b c d e f g h"))
	case reflect.Bool:
		return pick(g, "true", "false")
	case reflect.Int8:
		return fmt.Sprint(g.IntN(256) - 128)
	case reflect.Uint8:
		return fmt.Sprint(g.IntN(256))
	case reflect.Int, reflect.Int64:
		return pick(g, "0", "1", "2", "5", "-1", "10", "99", "100", "9223372036854775807", "-9223372036854775808", "9007199254740993")
	case reflect.Uint, reflect.Uint64:
		return pick(g, "0", "1", "3", "18446744073709551615")
	case reflect.Float32, reflect.Float64:
		return pick(g, "0", "0.5", "-2.25", "1e3", "3", "0.1", "100")
	}
	return pick(g, junk...)
}

func (g generator) count(depth int) int {
	if depth > 4 {
		return 0
	}
	return pick(g, 0, 1, 1, 2, 2, 3, 4)
}

func (g generator) members(t reflect.Type, depth int) (members []string) {
	for f := range t.Fields() {
		if f.Anonymous {
			members = append(members, g.members(f.Type, depth)...)
			continue
		}
		if g.isWild() {
			continue // absent
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		name = cmp.Or(name, f.Name)
		members = append(members, quote(name)+":"+g.value(f.Type, depth+1))
	}
	return members
}

func (g generator) object(members []string) string {
	if len(members) > 0 && g.isWild() {
		members = append(members, pick(g, pick(g, members...), strings.ToUpper(members[0])))
	} else if g.isWild() {
		members = append(members, `"unknown":1`)
	}
	g.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	return "{" + strings.Join(members, pick(g, ",", ",\n")) + "}"
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}
