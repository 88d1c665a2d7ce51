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

// A difference is something that jsontext accepts and the scan does not, on
// purpose. There is none the other way round.
type difference struct {
	code, why string
	example   string
	in        func(value []byte) bool // whether the value has one of it
}

var stricter = []difference{
	{
		code: "range", example: `[1,9007199254740992]`,
		why: "a free number beyond 2^53-1 is rounded to a float64, to another one by each of two programs (RFC 7493, section 2.2)",
		in: anyToken(func(raw string, kind jsontext.Kind, _ bool) bool {
			f, err := strconv.ParseFloat(raw, 64)
			return kind == '0' && (err != nil || math.Abs(f) >= 1<<53)
		}),
	},
	{
		code: "number_length", example: `0.` + strings.Repeat("0", 128),
		why: "a number of megabytes is read for nothing: what it says beyond 17 digits a float64 cannot hold",
		in:  anyToken(func(raw string, kind jsontext.Kind, _ bool) bool { return kind == '0' && len(raw) > 128 }),
	},
	{
		code: "name_length", example: `{"` + strings.Repeat("n", 257) + `":0}`,
		why: "nobody calls a member by a name of more than 256 bytes, and names are compared",
		in: anyToken(func(raw string, kind jsontext.Kind, name bool) bool {
			return name && len(raw) > 256+2
		}),
	},
	{
		code: "too_deep", example: strings.Repeat("[", 1000) + strings.Repeat("]", 1000),
		why: "the limit of jsontext is 10 000 and not configured; ours is at most 1000, the object around the value included",
		in: func(value []byte) bool {
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

// anyToken reports whether is holds for a token of the value. raw is as it was
// sent, and name says that it is the name of a member.
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

// Each difference is one: the example is refused for that, and without the
// difference it would be accepted.
func TestDifferences(t *testing.T) {
	free := ours[open[any]](t)
	for _, d := range stricter {
		if !jsontext.Value(d.example).IsValid() {
			t.Errorf("%s: jsontext refuses it as well", d.code)
		}
		if ok, why := free([]byte(d.example)); ok || !slices.Equal(why, []string{d.code}) {
			t.Errorf("%s: accepted: %v, %v", d.code, ok, why)
		}
		for _, other := range stricter {
			if is := other.in([]byte(d.example)); is != (other.code == d.code) {
				t.Errorf("the example of %s has a difference of the kind %s: %v", d.code, other.code, is)
			}
		}
		if d.why == "" {
			t.Errorf("%s: why?", d.code)
		}
	}
}
