package validate

import (
	"encoding/json"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// Keeper keeps the bytes that it is given to decode, as UnmarshalJSON may not.
type Keeper []byte

func (k *Keeper) UnmarshalJSON(b []byte) error { *k = b; return nil }

// TextKeeper does so by UnmarshalText.
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

// What a value keeps of its body is not overwritten by the next body.
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
		c, err := newCore(Config{}, tc.t)
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

// The test above would see the bytes change: without the guard they do.
func TestKeptBytesChangeWithoutTheGuard(t *testing.T) {
	c, err := newCore(Config{}, reflect.TypeFor[named]())
	if err != nil {
		t.Fatal(err)
	}
	c.keepsBytes = false
	for range 1000 { // the pool may forget
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
	t.Error("the pool never gave the same bytes to two requests, so no test here shows anything")
}

// Which types are trusted does not depend on the path of a package: that of the
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
			D any
			E []byte
		}](): false,
	} {
		c, err := newCore(Config{AllowFree: true}, typ)
		if err != nil {
			t.Fatal(err)
		}
		if c.keepsBytes != want {
			t.Errorf("%v: foreign is %v", typ, c.keepsBytes)
		}
	}
}
