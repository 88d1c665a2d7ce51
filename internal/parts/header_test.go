package parts_test

import (
	"testing"

	"github.com/go-sallyport/sallyport/internal/parts"
)

type header = parts.Header

type reader struct{ header }

type wrapped struct{ *reader }

type stranger struct{}

func (stranger) header() string { return "X-Stranger" }

func TestHeaderOf(t *testing.T) {
	for v, want := range map[any]string{
		reader{"X-Key"}:             "X-Key",
		&reader{"X-Key"}:            "X-Key",
		wrapped{&reader{"X-Other"}}: "X-Other",
		stranger{}:                  "", // a method of that name, but of another package
		"X-Key":                     "",
	} {
		if got, ok := parts.HeaderOf(v); got != want || ok != (want != "") {
			t.Errorf("%T: %q, %v, want %q", v, got, ok, want)
		}
	}
	if _, ok := parts.HeaderOf(nil); ok || (stranger{}).header() == "" {
		t.Error("nil has a header")
	}
}
