package rule

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestReadTag(t *testing.T) {
	const flawed = "is not a list of keys, each once and with a quoted value"
	for tag, want := range map[reflect.StructTag]string{
		``:                                     "",
		`json:"a"`:                             "json=a ",
		`json:"a" validate:"min=1,max=2"`:      "json=a validate=min=1,max=2 ",
		`  json:"a"   validate:"min=1"  `:      "json=a validate=min=1 ",
		`json:"a\"b" doc:"x y: \"z\""`:         `json=a"b doc=x y: "z" `,
		`json:""`:                              "json= ",
		"json:\"a\"\tvalidate:\"min=1\"":       "json=a " + flawed,
		`json:r`:                               flawed,
		`json: "r"`:                            flawed,
		`json:"r`:                              flawed,
		`json:'r'`:                             flawed,
		"json:`r`":                             flawed,
		`json:"a\q"`:                           flawed,
		`json:`:                                flawed,
		`json`:                                 flawed,
		`json "r"`:                             flawed,
		`json:"a",validate:"min=1"`:            "json=a " + flawed,
		`json:"a"validate:"min=1"`:             "json=a " + flawed,
		`json:"a" validate`:                    "json=a " + flawed,
		`json:"a" :"b"`:                        "json=a " + flawed,
		`json:"a" doc:"b" doc:"c" json:"d"`:    "json=a doc=b doc=c " + flawed,
		`"a"`:                                  flawed,
		`json:"a" validate:min=1 default:"2" `: "json=a " + flawed,
	} {
		pairs, flaw := ReadTag(tag)
		var b strings.Builder
		for _, p := range pairs {
			b.WriteString(p.Key + "=" + p.Value + " ")
		}
		if got := b.String() + flaw; got != want {
			t.Errorf("%s: %q, want %q", tag, got, want)
		}
	}
}

// Package reflect finds each pair of ReadTag, and ReadTag each pair that package reflect finds.
func FuzzReadTag(f *testing.F) {
	for _, seed := range []string{`json:"a" validate:"b"`, `json:r validate:"b"`, `a:"b"c:"d"`, `a:"\x00"`, "a:\"\n\"", `  `, `a:"1" a:"2"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, tag string) {
		pairs, flaw := ReadTag(reflect.StructTag(tag))
		for i, p := range pairs {
			first := slices.IndexFunc(pairs, func(q tagPair) bool { return q.Key == p.Key })
			got, ok := reflect.StructTag(tag).Lookup(p.Key)
			if !ok || got != pairs[first].Value {
				t.Fatalf("%q: pair %d is %q, and package reflect finds %q, %v", tag, i, p, got, ok)
			}
		}
		for _, own := range OwnKeys {
			_, ok := reflect.StructTag(tag).Lookup(own)
			if has := slices.ContainsFunc(pairs, func(p tagPair) bool { return p.Key == own }); flaw == "" && ok != has {
				t.Fatalf("%q: %s found by package reflect: %v, here: %v", tag, own, ok, has)
			}
		}
	})
}
