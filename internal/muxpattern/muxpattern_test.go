package muxpattern_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/muxpattern"
)

func TestAdd(t *testing.T) {
	for _, tc := range []struct {
		first, second string
		want          string // part of the refusal of second; "" if it is accepted
	}{
		{"/a", "/b", ""},
		{"GET /a", "GET /a", "matches the same requests as"},
		{"/a/{x}", "/{y}/b", "both match some paths"},
		{"/a", "/{b", "bad wildcard"},
		{"/a", "", "invalid pattern"},
	} {
		mux := http.NewServeMux()
		if refusal := muxpattern.Add(mux, tc.first, http.NotFoundHandler()); refusal != "" {
			t.Fatal(refusal)
		}
		got := muxpattern.Add(mux, tc.second, http.NotFoundHandler())
		if (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
			t.Errorf("%q after %q: %q, want %q", tc.second, tc.first, got, tc.want)
		}
		if strings.Contains(got, ".go:") || strings.Contains(got, "\n") {
			t.Errorf("a place in the source, or two lines: %q", got)
		}
	}
}
