package safelog_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/safelog"
)

// words are values without a secret.
var words = []any{
	"plain", "two words", "", "tab-free, \"quoted\" \\ text", "日本語", 0, -7, int64(1 << 62), uint64(1 << 63), 1.5, 1e21, true, nil,
	time.Minute, time.Date(2024, 5, 6, 7, 8, 9, 10, time.UTC), errors.New("an error"), slog.LevelWarn, []byte("bytes"), context.Canceled,
	[]string{"a", "b"}, map[string]int{"y": 2, "x": 1}, struct{ A, B any }{1, "b"}, &base{3, "b"}, []any{nil, 1, "x", []int{}}, "4111111111111112", "a@b",
}

var names = []string{"a", "b_c", "status", "Größe", "with space", "x.y", "client", "a-long-name-of-an-attribute"}

// hollow reports whether a is, or holds at any depth, a group with members of which
// none is printed.
func hollow(a slog.Attr) bool {
	if a.Value.Kind() != slog.KindGroup {
		return false
	}
	printed := len(a.Value.Group()) == 0
	for _, inner := range a.Value.Group() {
		if hollow(inner) {
			return true
		}
		empty := inner.Equal(slog.Attr{}) || inner.Value.Kind() == slog.KindGroup && len(inner.Value.Group()) == 0
		printed = printed || !empty
	}
	return !printed
}

// perform logs records that the bytes of script choose. It returns false if slog
// itself has no right output for them: after a hollow group its JSON is invalid, and
// its text repeats the name of the group.
func perform(ctx context.Context, l *slog.Logger, script []byte) bool {
	next := func() (b int) {
		if len(script) > 0 {
			b, script = int(script[0]), script[1:]
		}
		return b
	}
	var attr func(depth int) slog.Attr
	attr = func(depth int) slog.Attr {
		name := names[next()%len(names)]
		switch b := next(); {
		case b < 40 && depth < 4:
			attrs := make([]any, b%4)
			for i := range attrs {
				attrs[i] = attr(depth + 1)
			}
			if b%8 == 7 {
				name = ""
			}
			return slog.Group(name, attrs...)
		case b == 255:
			return slog.Attr{}
		default:
			return slog.Any(name, words[b%len(words)])
		}
	}
	for range 40 {
		if len(script) == 0 {
			break
		}
		switch b := next(); b % 5 {
		case 0:
			a := attr(0)
			if hollow(a) {
				return false
			}
			l = l.With(a)
		case 1:
			l = l.WithGroup(names[b/5%len(names)])
		default:
			attrs := make([]slog.Attr, b/5%12)
			for i := range attrs {
				attrs[i] = attr(0)
			}
			if slices.ContainsFunc(attrs, hollow) {
				return false
			}
			l.LogAttrs(ctx, slog.Level(b%3*4), "message "+names[b%len(names)], attrs...)
		}
	}
	return true
}

// FuzzSame checks that records without a secret differ only in the IDs.
func FuzzSame(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("00!0\xff00"))    // slog itself writes invalid JSON for this script
	f.Add([]byte("00\"0!0\xff00")) // and a name too often for this one
	f.Add([]byte{0, 1, 50, 1, 2, 60, 12, 1, 41, 2, 42, 3, 43, 57, 4, 44, 5, 45, 6, 3, 46, 47, 48, 49})
	for i := range 8 {
		script := make([]byte, 60)
		for j := range script {
			script[j] = byte(j*j*31 + i*77 + j)
		}
		f.Add(script)
	}
	ctx := within("c-0-1", "6374e0e0d929ec3a6ad43b7753f29fb4")
	f.Fuzz(func(t *testing.T, script []byte) {
		script = script[:min(len(script), 120)] // far from the limits
		for _, make := range []func(io.Writer) slog.Handler{
			func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, noTime) },
			func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, noTime) },
		} {
			var want, got, gotIDs bytes.Buffer
			if !perform(ctx, slog.New(make(&want)), script) {
				return
			}
			deep := safelog.Config{MaxDepth: 100} // a script may open 40 groups
			perform(t.Context(), slog.New(newHandler(t, make(&got), deep)), script)
			perform(ctx, slog.New(newHandler(t, make(&gotIDs), deep)), script)
			if got.String() != want.String() {
				t.Errorf("outside a request\n got %s\nwant %s", &got, &want)
			}
			lines := strings.Count(want.String(), "\n")
			s := gotIDs.String()
			if strings.Count(s, "c-0-1") != lines || strings.Count(s, "6374e0e0d929ec3a6ad43b7753f29fb4") != lines {
				t.Errorf("%d lines, but another number of IDs in\n%s", lines, s)
			}
			for _, id := range []string{`,"correlation_id":"c-0-1"`, `,"trace_id":"6374e0e0d929ec3a6ad43b7753f29fb4"`, ` correlation_id=c-0-1`, ` trace_id=6374e0e0d929ec3a6ad43b7753f29fb4`} {
				s = strings.ReplaceAll(s, id, "")
			}
			if s != want.String() {
				t.Errorf("without the IDs\n got %s\nwant %s", s, &want)
			}
		}
	})
}

// Goroutines share one handler and derive others from it. All log a type for the
// first time, and change the value as soon as the call returns.
func TestRace(t *testing.T) {
	type fresh struct {
		Name     string
		Password string
		Next     *fresh
	}
	var buf bytes.Buffer
	root := safe(t, slog.NewJSONHandler(&buf, nil))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			l := root.With("worker", i).WithGroup("g")
			v := &fresh{Name: "n", Next: &fresh{Password: plantedPass}}
			for range 50 {
				l.With("x", 1).InfoContext(within("c", "t"), "m", "v", v, "s", "Bearer abc123")
				v.Password, v.Name = plantedPass, "changed"
			}
		})
	}
	wg.Wait()
	if n := strings.Count(buf.String(), "\n"); n != 400 || leaked(buf.String()) != "" {
		t.Errorf("%d lines, leaked %q", n, leaked(buf.String()))
	}
}

func TestValuesAreNotReadAfterTheCall(t *testing.T) {
	var buf bytes.Buffer
	j := slog.NewJSONHandler(&buf, nil)
	var kept []slog.Record
	l := safe(t, keeper{j, &kept})
	text, m, b := &wrapText{"early"}, map[string]any{"k": "early"}, []byte("early")
	l.Info("m", "p", text, "m", m, "b", b)
	text.V, m["k"] = "late "+plantedJWT, "late "+plantedJWT
	copy(b, "late!")
	for _, r := range kept {
		_ = j.Handle(t.Context(), r)
	}
	if s := buf.String(); strings.Contains(s, "late") || strings.Contains(s, "bGF0ZS") || !strings.Contains(s, "early") {
		t.Errorf("read after the call: %s", s)
	}
}
