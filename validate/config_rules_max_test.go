package validate_test

import (
	"testing"

	"github.com/go-sallyport/sallyport/validate"
)

// A rule of the Config that stands behind max is not asked about what is
// longer: it may take its time, or count on the length.
func TestOwnRuleBehindMax(t *testing.T) {
	type short struct {
		Text string   `json:"text" validate:"max=3,brief"`
		List []string `json:"list" validate:"max=2,dive,max=3,brief"`
	}
	s := mustNew[short](t, validate.Config{Rules: map[string]validate.Rule{"brief": func(v any, _ string) bool {
		if text := v.(string); len(text) > 3 {
			t.Errorf("asked about %d bytes", len(text))
		}
		return true
	}}})
	for body, ok := range map[string]bool{`{"text":"abc","list":["abc"]}`: true, `{"text":"abcd"}`: false, `{"list":["abcd"]}`: false} {
		if _, err := s.Decode(nil, post(body)); (err == nil) != ok {
			t.Errorf("%s: %v", body, err)
		}
	}
}
