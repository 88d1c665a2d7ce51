package safelog_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/safelog"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const (
	jwt      = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
	redacted = "[REDACTED]"
	planted  = "hunter2" // a secret that must not be logged
)

// within returns the context of a request with the given IDs.
func within(correlation, trace string) context.Context {
	rec, r := carrier.Ensure(httptest.NewRequest("GET", "/", nil))
	rec.Update(func(f *carrier.Facts) {
		if f.CorrelationID = correlation; trace != "" {
			f.Traceparent = "00-" + trace + "-00f067aa0ba902b7-01"
		}
	})
	return r.Context()
}

func newHandler(t testing.TB, next slog.Handler, cfg safelog.Config) *safelog.Handler {
	t.Helper()
	h, err := safelog.New(next, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// safe returns a logger with a handler of the zero Config in front of next.
func safe(t testing.TB, next slog.Handler) *slog.Logger {
	t.Helper()
	return slog.New(newHandler(t, next, safelog.Config{}))
}

// writer returns a handler that writes JSON, and the buffer that it writes to.
func writer(t testing.TB, cfg safelog.Config) (slog.Handler, *bytes.Buffer) {
	t.Helper()
	var buf bytes.Buffer
	return newHandler(t, slog.NewJSONHandler(&buf, nil), cfg), &buf
}

// noTime leaves out the time, so that lines can be compared.
var noTime = &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}}

// lines returns the output of f as JSON and as text.
func lines(t testing.TB, cfg safelog.Config, f func(*slog.Logger)) (asJSON, asText string) {
	t.Helper()
	var j, x bytes.Buffer
	for _, next := range []slog.Handler{slog.NewJSONHandler(&j, noTime), slog.NewTextHandler(&x, noTime)} {
		f(slog.New(newHandler(t, next, cfg)))
	}
	return j.String(), x.String()
}

// logged returns the JSON string that h writes for the attribute v, or the JSON
// text if it is no string.
func logged(t testing.TB, h slog.Handler, buf *bytes.Buffer, v any) string {
	t.Helper()
	buf.Reset()
	slog.New(h).Info("m", "v", v)
	var line struct{ V any }
	if err := json.Unmarshal(buf.Bytes(), &line); err != nil {
		t.Fatalf("%q: %v", buf.String(), err)
	}
	s, ok := line.V.(string)
	if !ok {
		b, _ := json.Marshal(line.V)
		s = string(b)
	}
	return s
}

// An example is a text with secrets, and the masked text.
type example struct{ name, in, want string }

// lineTexts are examples with control characters or line ends.
var lineTexts = []example{
	{"JWT split by a zero-width space", jwt[:9] + "\u200b" + jwt[9:], redacted},
	{"JWT split by a control character", jwt[:30] + "\x00" + jwt[30:], redacted},
	{"private key", "key -----BEGIN RSA PRIVATE KEY-----\nMIIE\nabcd\n-----END RSA PRIVATE KEY-----\nx", "key " + redacted + " x"},
	{"private key without an end", "-----BEGIN PRIVATE KEY-----\nMIIE", redacted},
	{"Bearer on a new line", "Bearer\tabc123", "Bearer " + redacted},
	{"headers", "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Token hunter2\r\nCookie: a=b; c=d\r\nAccept: y\r\n\r\n",
		"GET / HTTP/1.1  Host: x  Authorization: " + redacted + "  Cookie: " + redacted + "  Accept: y    "},
	{"headers, quoted by a client", "> GET / HTTP/1.1\n> Proxy-Authorization: Digest a=\"b\", c=d\n> Host: x", "> GET / HTTP/1.1 > Proxy-Authorization: " + redacted + " > Host: x"},
	{"header, folded", "Set-Cookie: sid=hunter2;\n Path=/\nHost: x", "Set-Cookie: " + redacted + " Host: x"},
	{"header before a line", "k:Set-Cookie: sid=hunter2\nHost: x", "k:Set-Cookie: " + redacted + " Host: x"},
	{"hidden header", "a\nAuthori\u200bzation: Token hunter2\nb", "a Authorization: " + redacted + " b"},
}

// rows returns the lines of a table of examples that package detect has as well.
func rows(t testing.TB, file string) []string {
	t.Helper()
	b := mwtest.Must[[]byte](t)(os.ReadFile("internal/detect/testdata/" + file))
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

// patterns returns texts with secrets.
func patterns(t testing.TB) []example {
	all := slices.Clone(lineTexts)
	for _, row := range rows(t, "masked.txt") {
		columns := strings.Split(row, "\t")
		all = append(all, example{columns[0], columns[1], columns[2]})
	}
	return all
}

// nearMisses returns texts without a secret.
func nearMisses(t testing.TB) []string { return append(rows(t, "plain.txt"), "") }

// textError is an error with this text.
type textError string

func (e textError) Error() string { return string(e) }

// keeper is a handler that keeps records and writes them later, like a batching
// handler.
type keeper struct {
	slog.Handler
	kept *[]slog.Record
}

func (k keeper) Handle(_ context.Context, r slog.Record) error {
	*k.kept = append(*k.kept, r.Clone())
	return nil
}
