package nilcheck_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

func TestNil(t *testing.T) {
	var (
		reader io.Reader
		buffer *strings.Reader
		direct http.HandlerFunc
		proxy  func(*http.Request) (*url.URL, error)
		names  http.Header
		list   []string
	)
	for name, tc := range map[string]struct {
		v    any
		want bool
	}{
		"nil":                     {nil, true},
		"a nil interface":         {reader, true},
		"a nil pointer":           {buffer, true},
		"a nil pointer, inside":   {io.Reader(buffer), true},
		"a nil function":          {proxy, true},
		"a nil function, inside":  {http.Handler(direct), true},
		"a nil map can be read":   {names, false},
		"a nil slice is empty":    {list, false},
		"a value":                 {0, false},
		"a pointer":               {new(strings.Reader), false},
		"a pointer to nil":        {&buffer, false},
		"a function":              {http.NotFoundHandler(), false},
		"a struct with nil in it": {struct{ io.Reader }{}, false},
	} {
		if nilcheck.Nil(tc.v) != tc.want {
			t.Errorf("%s: %v", name, !tc.want)
		}
	}
}
