//go:build goexperiment.jsonv2

package oracle

import (
	"bytes"
	"encoding/json"
	jsonv2 "encoding/json/v2"
	"fmt"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/validate"
)

// decodesAlike returns an error if an accepted value differs from the content of the
// body.
func decodesAlike[T any](v *T, in []byte) error {
	var one, two T
	if err := json.Unmarshal(in, &one); err != nil {
		return fmt.Errorf("encoding/json: %w", err)
	}
	if err := jsonv2.Unmarshal(in, &two); err != nil {
		return fmt.Errorf("encoding/json/v2: %w", err)
	}
	switch {
	case !reflect.DeepEqual(*v, one):
		return fmt.Errorf("encoding/json decodes %+v, not %+v", one, *v)
	case !reflect.DeepEqual(*v, two):
		return fmt.Errorf("encoding/json/v2 decodes %+v, not %+v", two, *v)
	}
	out, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if !isContained(tree(in), tree(out)) {
		return fmt.Errorf("encoded again it is %s", out)
	}
	return nil
}

func tree(in []byte) (v any) {
	d := json.NewDecoder(bytes.NewReader(in))
	d.UseNumber()
	_ = d.Decode(&v)
	return v
}

// isContained reports whether all of in is in out, which has the absent members too.
func isContained(in, out any) bool {
	switch in := in.(type) {
	case map[string]any:
		o, ok := out.(map[string]any)
		for name := range in {
			inner, has := o[name]
			ok = ok && has && isContained(in[name], inner)
		}
		return ok
	case []any:
		o, ok := out.([]any)
		ok = ok && len(o) == len(in)
		for i := range in {
			ok = ok && isContained(in[i], o[i])
		}
		return ok
	case json.Number:
		o, ok := out.(json.Number)
		return ok && sameNumber(string(in), string(o))
	case string:
		o, ok := out.(string)
		return ok && (in == o || sameTime(in, o))
	}
	return in == out
}

func sameNumber(a, b string) bool {
	if a == b {
		return true
	}
	x, _ := strconv.ParseFloat(a, 64)
	y, _ := strconv.ParseFloat(b, 64)
	return x == y || float32(x) == float32(y)
}

func sameTime(a, b string) bool {
	x, bad := time.Parse(time.RFC3339, a)
	y, worse := time.Parse(time.RFC3339, b)
	return bad == nil && worse == nil && x.Equal(y)
}

// A decoder returns the accepted value, or nil.
type decoder func(in []byte) *Plain

func FuzzDecode(f *testing.F) {
	for i := range uint64(400) {
		f.Add(i, uint8(i%5)*25)
	}
	s, err := validate.New[Plain](validate.Config{AllowFree: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, seed uint64, wild uint8) {
		in := body[Plain](seed, int(wild))
		v, err := s.Decode(nil, request(in))
		if err != nil {
			return
		}
		if err := decodesAlike(v, in); err != nil {
			t.Errorf("%s: %v", in, err)
		}
	})
}

func TestDecodeDetectsMistakes(t *testing.T) {
	s, err := validate.New[Plain](validate.Config{AllowFree: true})
	if err != nil {
		t.Fatal(err)
	}
	sound := func(in []byte) *Plain {
		v, err := s.Decode(nil, request(in))
		if err != nil {
			return nil
		}
		return v
	}
	for name, broken := range map[string]decoder{
		"folds case, and takes the last of two": func(in []byte) *Plain {
			v := new(Plain)
			if json.Unmarshal(in, v) != nil {
				return nil
			}
			return v
		},
		"drops a member": func(in []byte) *Plain {
			v := sound(in)
			if v != nil {
				v.U = 0
			}
			return v
		},
	} {
		if n := countMistakes(broken); n == 0 {
			t.Errorf("%s: not detected", name)
		}
	}
	if n := countMistakes(sound); n != 0 {
		t.Errorf("%d mistakes of the correct decoder", n)
	}
}

func countMistakes(decode decoder) (n int) {
	for seed := range uint64(300) {
		in := body[Plain](seed, int(seed%3)*40)
		if v := decode(in); v != nil && decodesAlike(v, in) != nil {
			n++
		}
	}
	return n
}
