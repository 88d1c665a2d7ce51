package safelog_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"testing/slogtest"

	"github.com/go-sallyport/sallyport/errors/safelog"
)

func TestSlogtest(t *testing.T) {
	var buf bytes.Buffer
	slogtest.Run(t, func(t *testing.T) slog.Handler {
		buf.Reset()
		return newHandler(t, slog.NewJSONHandler(&buf, nil), safelog.Config{})
	}, func(t *testing.T) map[string]any {
		var m map[string]any
		if err := json.Unmarshal(buf.Bytes(), &m); err != nil {
			t.Fatalf("%q: %v", buf.String(), err)
		}
		return m
	})
}

func TestIDsAtTheRoot(t *testing.T) {
	ctx := within("c-1", "4bf92f3577b34da6a3ce929d0e0e4736")
	for name, tc := range map[string]struct {
		log  func(*slog.Logger)
		want string
	}{
		"no attributes": {
			func(l *slog.Logger) { l.InfoContext(ctx, "m") },
			`{"level":"INFO","msg":"m","correlation_id":"c-1","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}`},
		"attributes": {
			func(l *slog.Logger) { l.With("w", 1).InfoContext(ctx, "m", "a", 2) },
			`{"level":"INFO","msg":"m","w":1,"a":2,"correlation_id":"c-1","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}`},
		"groups": {
			func(l *slog.Logger) {
				l.With("w", 1).WithGroup("g").With("x", 2).WithGroup("h").InfoContext(ctx, "m", "a", 3)
			},
			`{"level":"INFO","msg":"m","w":1,"correlation_id":"c-1","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","g":{"x":2,"h":{"a":3}}}`},
		"empty groups": {
			func(l *slog.Logger) { l.WithGroup("g").With("x", 2).WithGroup("h").InfoContext(ctx, "m") },
			`{"level":"INFO","msg":"m","correlation_id":"c-1","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","g":{"x":2}}`},
		"nothing in groups": {
			func(l *slog.Logger) { l.WithGroup("g").WithGroup("h").InfoContext(ctx, "m", slog.Group("e")) },
			`{"level":"INFO","msg":"m","correlation_id":"c-1","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}`},
		"already there": {
			func(l *slog.Logger) { l.InfoContext(ctx, "m", "a", 1, "correlation_id", "own") },
			`{"level":"INFO","msg":"m","a":1,"correlation_id":"own","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}`},
		"both already there": {
			func(l *slog.Logger) { l.InfoContext(ctx, "m", "trace_id", "own", "correlation_id", "own") },
			`{"level":"INFO","msg":"m","trace_id":"own","correlation_id":"own"}`},
		"already there by With": {
			func(l *slog.Logger) { l.With("correlation_id", "own").WithGroup("g").InfoContext(ctx, "m", "a", 1) },
			`{"level":"INFO","msg":"m","correlation_id":"own","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","g":{"a":1}}`},
		"already there in an inlined group": {
			func(l *slog.Logger) { l.InfoContext(ctx, "m", slog.Group("", "correlation_id", "own")) },
			`{"level":"INFO","msg":"m","correlation_id":"own","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}`},
		"one inside a group is not at the root": {
			func(l *slog.Logger) { l.WithGroup("g").InfoContext(ctx, "m", "correlation_id", "own") },
			`{"level":"INFO","msg":"m","correlation_id":"c-1","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","g":{"correlation_id":"own"}}`},
		"no request": {
			func(l *slog.Logger) { l.WithGroup("g").Info("m", "a", 1) },
			`{"level":"INFO","msg":"m","g":{"a":1}}`},
		"no trace": {
			func(l *slog.Logger) { l.InfoContext(within("c-2", ""), "m", "a", 1) },
			`{"level":"INFO","msg":"m","a":1,"correlation_id":"c-2"}`},
	} {
		if got, _ := lines(t, safelog.Config{}, tc.log); got != tc.want+"\n" {
			t.Errorf("%s:\n got %swant %s", name, got, tc.want)
		}
	}
}

func TestDerivedHandlersAreIndependent(t *testing.T) {
	asJSON, _ := lines(t, safelog.Config{}, func(l *slog.Logger) {
		g := l.WithGroup("g").With("a", 1)
		b, c := g.With("b", 2), g.With("c", 3)
		b.Info("b")
		c.WithGroup("h").Info("c", "d", 4)
		g.Info("g")
	})
	want := `{"level":"INFO","msg":"b","g":{"a":1,"b":2}}
{"level":"INFO","msg":"c","g":{"a":1,"c":3,"h":{"d":4}}}
{"level":"INFO","msg":"g","g":{"a":1}}
`
	if asJSON != want {
		t.Errorf("got\n%swant\n%s", asJSON, want)
	}
}

func TestSensitiveGroups(t *testing.T) {
	asJSON, asText := lines(t, safelog.Config{}, func(l *slog.Logger) {
		l.WithGroup("card").With("no", "x1secret").WithGroup("deep").Info("m", "a", "x2secret")
		l.Info("m", slog.Group("Set-Cookie", "a", "x3secret"), slog.Group("g", slog.Group("h", "user_password", "x4secret")))
	})
	want := `{"level":"INFO","msg":"m","card":"[REDACTED]"}
{"level":"INFO","msg":"m","Set-Cookie":"[REDACTED]","g":{"h":{"user_password":"[REDACTED]"}}}
`
	if asJSON != want {
		t.Errorf("got\n%swant\n%s", asJSON, want)
	}
	if strings.Contains(asText, "secret") {
		t.Errorf("text: %s", asText)
	}
}
