//go:build goexperiment.jsonv2

package oracle

import (
	"bytes"
	"encoding/json/jsontext"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A deviation is a class of values that jsontext accepts and the scan refuses, on
// purpose. The scan accepts no value that jsontext refuses.
type deviation struct {
	code, why string
	example   string
	applies   func(value []byte) bool // whether the value belongs to the class
}

var stricterRules = []deviation{
	{
		code: "range", example: `[1,9007199254740992]`,
		why: "a free number beyond 2^53-1 is rounded to a float64, to another one by each of two programs (RFC 7493, section 2.2)",
		applies: anyToken(func(raw string, kind jsontext.Kind, _ bool) bool {
			f, err := strconv.ParseFloat(raw, 64)
			return kind == '0' && (err != nil || math.Abs(f) >= 1<<53)
		}),
	},
	{
		code: "number_length", example: `0.` + strings.Repeat("0", 128),
		why:     "a number of megabytes is read for nothing: what it says beyond 17 digits a float64 cannot hold",
		applies: anyToken(func(raw string, kind jsontext.Kind, _ bool) bool { return kind == '0' && len(raw) > 128 }),
	},
	{
		code: "name_length", example: `{"` + strings.Repeat("n", 257) + `":0}`,
		why: "no real member has a name of more than 256 bytes, and names are compared",
		applies: anyToken(func(raw string, kind jsontext.Kind, name bool) bool {
			return name && len(raw) > 256+2
		}),
	},
	{
		code: "too_deep", example: strings.Repeat("[", 1000) + strings.Repeat("]", 1000),
		why: "the limit of jsontext is 10 000 and not configured; ours is at most 1000, the object around the value included",
		applies: func(value []byte) bool {
			depth, deepest := 0, 0
			d := jsontext.NewDecoder(bytes.NewReader(value))
			for {
				if _, err := d.ReadToken(); err != nil {
					return deepest > 999
				}
				depth = d.StackDepth()
				deepest = max(deepest, depth)
			}
		},
	},
}

// anyToken reports whether is holds for a token of the value. raw is the token as it
// was sent, and name says whether it is the name of a member.
func anyToken(is func(raw string, kind jsontext.Kind, name bool) bool) func([]byte) bool {
	return func(value []byte) bool {
		d := jsontext.NewDecoder(bytes.NewReader(value))
		for {
			start := d.InputOffset()
			token, err := d.ReadToken()
			if err != nil {
				return false
			}
			in, length := d.StackIndex(d.StackDepth())
			raw := strings.TrimLeft(string(value[start:d.InputOffset()]), " \t\r\n,:")
			if is(raw, token.Kind(), in == '{' && length%2 == 1 && token.Kind() == '"') {
				return true
			}
		}
	}
}

// Each deviation is real: the example is refused because of it, and would be accepted
// without it.
func TestDifferences(t *testing.T) {
	free := newScanner[any](t)
	for _, d := range stricterRules {
		if !jsontext.Value(d.example).IsValid() {
			t.Errorf("%s: jsontext refuses it as well", d.code)
		}
		if ok, why := free([]byte(d.example)); ok || !slices.Equal(why, []string{d.code}) {
			t.Errorf("%s: accepted: %v, %v", d.code, ok, why)
		}
		for _, other := range stricterRules {
			if is := other.applies([]byte(d.example)); is != (other.code == d.code) {
				t.Errorf("the example of %s has a difference of the kind %s: %v", d.code, other.code, is)
			}
		}
		if d.why == "" {
			t.Errorf("%s: why?", d.code)
		}
	}
}
