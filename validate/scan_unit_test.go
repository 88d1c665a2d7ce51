package validate

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// More members than fit into one word of the bit set, and into two.
func TestManyMembers(t *testing.T) {
	const n = 200
	fields := make([]reflect.StructField, n)
	for i := range fields {
		fields[i] = reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: tInt, Tag: reflect.StructTag(fmt.Sprintf(`json:"f%d" validate:"required"`, i))}
	}
	c, err := newCore(Config{}, reflect.StructOf(fields))
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
		err := c.parse(t.Context(), body, reflect.New(c.root.Node.Typ).Interface())
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

// Names in a map are compared as what they mean, however they are written.
func TestDuplicateNames(t *testing.T) {
	c, err := newCore(Config{MaxItems: 5000}, typeWith(reflect.TypeFor[map[string]int](), ""))
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
