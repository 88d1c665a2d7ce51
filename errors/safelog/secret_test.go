package safelog_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/safelog"
)

type account struct {
	Name   string
	Public safelog.Secret[string]
	hidden safelog.Secret[string]
	ptr    *safelog.Secret[string]
	number safelog.Secret[int]
}

type derived safelog.Secret[string]

func TestSecretNeverPrints(t *testing.T) {
	s := safelog.NewSecret(planted)
	n := safelog.NewSecret(31337)
	a := account{Name: "n", Public: s, hidden: s, ptr: &s, number: n}
	values := []any{s, &s, n, a, &a, []safelog.Secret[string]{s}, map[string]safelog.Secret[string]{"k": s},
		[]any{s, a}, map[string]any{"k": a, "l": &a}, derived(s), struct{ d derived }{derived(s)},
		safelog.NewSecret([]byte(planted)), safelog.NewSecret(map[string]string{planted: planted}), [1]account{a}}
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%o", "%T", "%10.3s", "%!"} {
			noLeak(t, fmt.Sprintf("%T with %s", v, verb), fmt.Sprintf(verb, v))
		}
		if b, err := json.Marshal(v); err == nil {
			noLeak(t, fmt.Sprintf("%T in JSON", v), string(b))
		}
		if b, err := xml.Marshal(v); err == nil {
			noLeak(t, fmt.Sprintf("%T in XML", v), string(b))
		}
		var buf bytes.Buffer
		slog.New(slog.NewJSONHandler(&buf, nil)).Info("m", "v", v)
		slog.New(slog.NewTextHandler(&buf, nil)).Info("m", "v", v, slog.Any("g", []any{v}))
		noLeak(t, fmt.Sprintf("%T in slog", v), buf.String())
		buf.Reset()
		if err := gob.NewEncoder(&buf).Encode(v); err == nil && strings.Contains(fmt.Sprintf("%T", v), "Secret") {
			t.Errorf("gob encoded %T", v)
		}
		noLeak(t, fmt.Sprintf("%T in gob", v), buf.String())
	}
}

func noLeak(t *testing.T, name, out string) {
	t.Helper()
	for _, form := range []string{planted, "31337", "7a69", "7A69", fmt.Sprintf("%x", planted), fmt.Sprintf("%d", []byte(planted)), "aHVudGVyMg"} {
		if strings.Contains(out, form) {
			t.Errorf("%s: %s", name, out)
		}
	}
}

func TestSecretIsUseful(t *testing.T) {
	if s := safelog.NewSecret(planted); s.Reveal() != planted {
		t.Errorf("Reveal = %q", s.Reveal())
	}
	var zero safelog.Secret[int]
	if zero.Reveal() != 0 || fmt.Sprint(zero) != redacted {
		t.Errorf("zero: %d, prints %v", zero.Reveal(), zero)
	}
	var cfg struct{ Key safelog.Secret[string] }
	if err := json.Unmarshal([]byte(`{"Key":"hunter2"}`), &cfg); err != nil || cfg.Key.Reveal() != planted {
		t.Errorf("read %q, %v", cfg.Key.Reveal(), err)
	}
	for _, in := range []string{`"[REDACTED]"`, `31337`, `{`} {
		var s safelog.Secret[string]
		if err := json.Unmarshal([]byte(in), &s); err == nil || strings.Contains(err.Error(), "31337") {
			t.Errorf("%s: error %v", in, err)
		}
	}
	if _, err := zero.GobEncode(); err == nil || errors.Unwrap(err) != nil {
		t.Errorf("gob: %v", err)
	}
}
