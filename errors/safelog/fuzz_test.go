package safelog_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/safelog"
)

const (
	plantedJWT  = jwt
	plantedCard = "4539 1488 0343 6467"
	plantedPass = "zq9hunter2"
	plantedOwn  = "zq9ownSecret"
)

// leaked returns the planted secret that out contains, in any form that a handler
// may give it.
func leaked(out string) string {
	for _, s := range []string{plantedJWT, plantedCard, "4539148803436467", plantedPass, plantedOwn, "enE5aHVudGVyMg", "enE5b3duU2VjcmV0"} {
		if strings.Contains(out, s) {
			return s
		}
	}
	return ""
}

// The wrap types put a value into another value. wrapString and wrapError print
// the value with the names of its fields: if a program puts a secret into text
// without a word that names it, no handler can find it.

type wrapText struct{ V any }
type wrapEmbedded struct {
	wrapText
	Note string
}
type wrapTagged struct {
	V any `json:"renamed,omitempty"`
	W any `json:"-"`
}
type wrapHidden struct{ v any }
type wrapPointer struct{ P *any }
type wrapJSON struct{ v any }
type wrapString struct{ v any }
type wrapLog struct{ v any }
type wrapError struct{ v any }
type wrapDump struct{ v any }
type wrapLines struct{ v any }
type wrapQuoted struct{ v any }

func (w wrapJSON) MarshalJSON() ([]byte, error) { return json.Marshal(w.v) }
func (w wrapString) String() string             { return fmt.Sprintf("<%+v>", w.v) }
func (w wrapLog) LogValue() slog.Value          { return slog.AnyValue(w.v) }
func (w wrapError) Error() string               { return fmt.Sprintf("failed: %+v", w.v) }

// asText returns v as text, like a program that puts v into a longer text.
func asText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return fmt.Sprintf("%+v", v)
}

func (w wrapDump) String() string {
	return "GET / HTTP/1.1\r\nHost: x\r\nX-Note: " + asText(w.v) + "\r\nAuthorization: Token " + plantedPass + " " + plantedOwn +
		"\r\nCookie: a=" + plantedPass + "; b=" + plantedOwn + "\r\n\r\n"
}
func (w wrapLines) Error() string {
	return "note: " + asText(w.v) + "\ndb:\n  url: redis://u:" + plantedPass + "@h/0" +
		"\n  dsn: root:" + plantedPass + "@tcp6(h:1)/db\n  cache: default:" + plantedPass + "@redis:6379\n"
}
func (w wrapQuoted) String() string {
	inner, _ := json.Marshal(map[string]any{"credentials": map[string]string{"a": "}", "b": plantedPass}, "note": asText(w.v)})
	outer, _ := json.Marshal(map[string]string{"body": string(inner)})
	return string(outer)
}

// shapes is the number of shapes in plant.
const shapes = 21

// plant builds a value around a secret: each byte of shape wraps it once more.
func plant(which byte, shape []byte) any {
	var v any
	switch which % 6 {
	case 0:
		v = "got " + plantedJWT + " here"
	case 1:
		v = map[string]any{"user_password": plantedPass, "n": 1}
	case 2:
		v = "card " + plantedCard
	case 3:
		v = safelog.NewSecret(plantedOwn)
	case 4:
		v = []byte("Bearer " + plantedJWT)
	case 5:
		v = struct {
			ID    int
			Token []string
		}{1, []string{plantedPass}}
	}
	quoted := 0
	for _, b := range shape[:min(len(shape), 14)] {
		if b%shapes == 20 {
			if quoted++; quoted > 4 {
				continue // each quoting has four times as many backslashes as the one inside
			}
		}
		if which%6 == 5 && (b%shapes == 14 || b%shapes >= 17) {
			continue // these print structs by %v, without the names
		}
		switch inner := v; b % shapes {
		case 0:
			v = map[string]any{"k": inner, "other": int(b)}
		case 1:
			v = []any{int(b), inner}
		case 2:
			v = &inner
		case 3:
			v = wrapText{inner}
		case 4:
			v = &wrapEmbedded{wrapText{inner}, "note"}
		case 5:
			v = wrapTagged{inner, 7}
		case 6:
			v = wrapHidden{inner}
		case 7:
			v = wrapPointer{&inner}
		case 8:
			v = wrapJSON{inner}
		case 9:
			v = wrapString{inner}
		case 10:
			v = wrapLog{inner}
		case 11:
			v = wrapError{inner}
		case 12:
			v = [1]any{inner}
		case 13:
			v = map[any]any{int(b): inner}
		case 14:
			v = slog.GroupValue(slog.Any("g", inner))
		case 15:
			v = []map[string]*any{{"p": &inner}}
		case 16:
			v = errors.Join(errors.New("one"), wrapError{inner})
		case 17:
			v = slog.Any("attr", inner)
		case 18:
			v = wrapDump{inner}
		case 19:
			v = wrapLines{inner}
		case 20:
			v = wrapQuoted{inner}
		}
	}
	return v
}

// logPlanted logs v in every position of a record.
func logPlanted(l *slog.Logger, v any) {
	l.Info("m", "v", v)
	l.Info(fmt.Sprintf("%+v", v), slog.Group("a", slog.Group("b", "v", v)))
	l.With("v", v).WithGroup("g").With("w", v).Info("m", slog.Any("x", []any{v}))
}

// leakBehind logs v through the handler that wrap returns, as JSON and as text.
// It returns a description of the first leak or of a line that is not JSON, or "".
func leakBehind(wrap func(slog.Handler) slog.Handler, v any) string {
	var j, x bytes.Buffer
	logPlanted(slog.New(wrap(slog.NewJSONHandler(&j, nil))), v)
	logPlanted(slog.New(wrap(slog.NewTextHandler(&x, nil))), v)
	for line := range strings.Lines(j.String()) {
		if !json.Valid([]byte(line)) {
			return "no JSON: " + line
		}
	}
	if s := leaked(j.String() + x.String()); s != "" {
		return s + " in\n" + j.String() + x.String()
	}
	return ""
}

func FuzzPlantedSecret(f *testing.F) {
	for which := range byte(6) {
		f.Add(which, []byte{})
		for a := range byte(shapes) {
			f.Add(which, []byte{a})
			f.Add(which, []byte{a, 0, shapes - 1 - a, 9})
		}
		f.Add(which, []byte{0, 1, 2, 3, 4, 5, 7, 12, 13, 15, 2, 2, 2})
	}
	f.Fuzz(func(t *testing.T, which byte, shape []byte) {
		wrap := func(next slog.Handler) slog.Handler { return newHandler(t, next, safelog.Config{}) }
		if found := leakBehind(wrap, plant(which, shape)); found != "" {
			t.Errorf("shape %v: %s", shape, found)
		}
	})
}

// naive masks only by key, like the common use of ReplaceAttr.
type naive struct{ slog.Handler }

func (n naive) Handle(ctx context.Context, r slog.Record) error {
	out := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		if k := strings.ToLower(a.Key); strings.Contains(k, "password") || strings.Contains(k, "token") {
			a.Value = slog.StringValue(redacted)
		}
		out.AddAttrs(a)
		return true
	})
	return n.Handler.Handle(ctx, out)
}

// FuzzPlantedSecret can fail: a handler that masks only by key leaks each of the
// secrets except the Secret, which masks itself.
func TestNaiveMaskerLeaks(t *testing.T) {
	wrap := func(next slog.Handler) slog.Handler { return naive{next} }
	for which := range byte(6) {
		if found := leakBehind(wrap, plant(which, nil)); (found == "") != (which == 3) {
			t.Errorf("secret %d: a naive masker leaks: %v", which, found != "")
		}
	}
}

// FuzzText checks relations that hold for every text: its length is limited, it
// has no control characters, and a secret between two copies of it is masked.
func FuzzText(f *testing.F) {
	for _, tc := range patterns(f) {
		f.Add(tc.in)
		f.Add(tc.want)
	}
	for _, s := range nearMisses(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		h, buf := writer(t, safelog.Config{})
		once := logged(t, h, buf, s)
		if len(once) > 2<<10+len(" (truncated)") {
			t.Errorf("%d bytes", len(once))
		}
		for _, c := range once {
			if c < 0x20 || 0x7f <= c && c < 0xa0 || c == '\u200b' || c == '\u202e' || c == '\u2028' {
				t.Errorf("%q has %U", once, c)
			}
		}
		// A secret between spaces is found in every text.
		for _, secret := range []string{plantedJWT, plantedCard, "a.b@example.com", "a://u:zq9@h"} {
			if got := logged(t, h, buf, s+"  ,  "+secret+"  ,  "+s); strings.Contains(got, secret) {
				t.Errorf("%q survives in %q", secret, got)
			}
		}
	})
}
