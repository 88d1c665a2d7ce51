package safelog

import (
	"log/slog"
	"testing"
)

// compileRules returns the rules of cfg.
func compileRules(t testing.TB, cfg Config) *rules {
	t.Helper()
	h, err := New(slog.DiscardHandler, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return h.rules
}

// A record that needs no cleaning is passed on as rebuild would pass it on.
func TestNeedsNoCleaning(t *testing.T) {
	r := compileRules(t, Config{})
	h := &Handler{next: slog.DiscardHandler, rules: r}
	for name, tc := range map[string]struct {
		message string
		attr    slog.Attr
		clean   bool
	}{
		"string":        {"m", slog.String("a", "b"), true},
		"number":        {"m", slog.Int("a", 1), true},
		"long key":      {"m", slog.Int("a_long_name_of_an_attribute", 1), true},
		"message":       {"a@b.cd", slog.Int("a", 1), false},
		"value":         {"m", slog.String("a", "a@b.cd"), false},
		"sensitive key": {"m", slog.Int("pin", 1), false},
		"hidden key":    {"m", slog.Int("p\u200bin", 1), false},
		"key":           {"m", slog.Int("a@b.cd", 1), false},
		"empty key":     {"m", slog.Int("", 1), true},
		"any":           {"m", slog.Any("a", []int{1}), false},
		"group":         {"m", slog.Group("a", "b", 1), false},
	} {
		rec := slog.Record{Message: tc.message}
		rec.AddAttrs(slog.Int("first", 1), tc.attr)
		have, clean := h.needsNoCleaning(&rec)
		if clean != tc.clean || have != (ids{}) {
			t.Errorf("%s: needs no cleaning: %v, want %v", name, clean, tc.clean)
		}
		b := h.budget()
		if a, ok := r.cleanAttr(&b, tc.attr, 0); clean && (!ok || !a.Equal(tc.attr)) {
			t.Errorf("%s: needs no cleaning, but is rebuilt as %v", name, a)
		}
	}
}
