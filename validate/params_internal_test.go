package validate

import (
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// A bit of one word stands for each parameter, so there are 64 at most.
func TestTooManyDeclared(t *testing.T) {
	fields := make([]reflect.StructField, 64)
	for i := range fields {
		n := strconv.Itoa(i)
		fields[i] = reflect.StructField{Name: "F" + n, Type: reflect.TypeFor[int](), Tag: reflect.StructTag(`query:"f` + n + `"`)}
	}
	c, err := newCore(Config{}, reflect.StructOf(fields))
	if err != nil {
		t.Fatal(err)
	}
	v := reflect.New(c.root.Node.Typ)
	r := httptest.NewRequest("GET", "/", nil)
	for i := range 64 {
		r.URL.RawQuery += "&f" + strconv.Itoa(i) + "=" + strconv.Itoa(i+1)
	}
	r.URL.RawQuery = r.URL.RawQuery[1:]
	if _, err := c.decode(nil, r, v.Interface()); err != nil || v.Elem().Field(63).Int() != 64 || v.Elem().Field(0).Int() != 1 {
		t.Errorf("%v, %v", err, v.Elem())
	}
	fields = append(fields, reflect.StructField{Name: "G", Type: reflect.TypeFor[int](), Tag: `query:"g"`})
	if _, err := newCore(Config{}, reflect.StructOf(fields)); err == nil || !strings.Contains(err.Error(), "is one parameter too many") {
		t.Errorf("%v", err)
	}
}
