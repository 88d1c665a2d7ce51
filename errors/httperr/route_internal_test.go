package httperr

import (
	"strings"
	"testing"
)

// FuzzMaskedPath compares maskedPath with a slower way to write it.
func FuzzMaskedPath(f *testing.F) {
	for _, s := range []string{"", "/", "//", "/v1/users/7", "*", "/a/" + strings.Repeat("b/", 100), strings.Repeat("/segment", 20), "/%2f/\u202e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		got := maskedPath(path)
		segments := strings.Split(path[:min(len(path), 128)], "/")
		for i, s := range segments {
			last := i == len(segments)-1 && len(path) > 128 && s != ""
			if !isPlainSegment(s) || last {
				segments[i] = "*"
			}
		}
		if want := strings.Join(segments, "/"); got != want || len(got) > 128 {
			t.Errorf("%q: got %q, want %q", path, got, want)
		}
		if again := maskedPath(got); again != got {
			t.Errorf("%q: %q is masked again as %q", path, got, again)
		}
	})
}
