package safelog_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/safelog"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const (
	jwt = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
	re  = "[REDACTED]"
)

// logged is what becomes of a string attribute.
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

func writer(t testing.TB, cfg safelog.Config) (slog.Handler, *bytes.Buffer) {
	t.Helper()
	var buf bytes.Buffer
	h, err := safelog.New(slog.NewJSONHandler(&buf, nil), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return h, &buf
}

// lineTexts are those texts with secrets of which control characters are a part.
var lineTexts = []example{
	{"JWT split by a zero-width space", jwt[:9] + "\u200b" + jwt[9:], re},
	{"JWT split by a control character", jwt[:30] + "\x00" + jwt[30:], re},
	{"private key", "key -----BEGIN RSA PRIVATE KEY-----\nMIIE\nabcd\n-----END RSA PRIVATE KEY-----\nx", "key " + re + " x"},
	{"private key without an end", "-----BEGIN PRIVATE KEY-----\nMIIE", re},
	{"Bearer on a new line", "Bearer\tabc123", "Bearer " + re},
	{"headers", "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Token hunter2\r\nCookie: a=b; c=d\r\nAccept: y\r\n\r\n",
		"GET / HTTP/1.1  Host: x  Authorization: " + re + "  Cookie: " + re + "  Accept: y    "},
	{"headers, quoted by a client", "> GET / HTTP/1.1\n> Proxy-Authorization: Digest a=\"b\", c=d\n> Host: x", "> GET / HTTP/1.1 > Proxy-Authorization: " + re + " > Host: x"},
	{"header, folded", "Set-Cookie: sid=hunter2;\n Path=/\nHost: x", "Set-Cookie: " + re + " Host: x"},
	{"header before a line", "k:Set-Cookie: sid=hunter2\nHost: x", "k:Set-Cookie: " + re + " Host: x"},
	{"hidden header", "a\nAuthori\u200bzation: Token hunter2\nb", "a Authorization: " + re + " b"},
}

// An example is a text with secrets, and what is left of it.
type example struct{ name, in, want string }

// rows are the lines of a table of package detect, which has more of them.
func rows(t testing.TB, file string) []string {
	t.Helper()
	b := mwtest.Must[[]byte](t)(os.ReadFile("internal/detect/testdata/" + file))
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

// patterns are texts with secrets.
func patterns(t testing.TB) []example {
	all := slices.Clone(lineTexts)
	for _, row := range rows(t, "masked.txt") {
		columns := strings.Split(row, "\t")
		all = append(all, example{columns[0], columns[1], columns[2]})
	}
	return all
}

// nearMisses are texts without one.
func nearMisses(t testing.TB) []string { return append(rows(t, "plain.txt"), "") }

func TestPatterns(t *testing.T) {
	h, buf := writer(t, safelog.Config{})
	for _, tc := range patterns(t) {
		if got := logged(t, h, buf, tc.in); got != tc.want {
			t.Errorf("%s: %q\n got %q\nwant %q", tc.name, tc.in, got, tc.want)
		}
		slog.New(h).Info(tc.in)
		if got := buf.String(); len(tc.in) > 12 && tc.in != tc.want && strings.Contains(got, tc.in) {
			t.Errorf("%s: in the message: %s", tc.name, got)
		}
		if got := logged(t, h, buf, []byte(tc.in)); got != tc.want {
			t.Errorf("%s: as bytes: %q, want %q", tc.name, got, tc.want)
		}
		if got := logged(t, h, buf, textError(tc.in)); got != tc.want {
			t.Errorf("%s: as an error: %q, want %q", tc.name, got, tc.want)
		}
		if got := logged(t, h, buf, map[string]any{"a": []string{tc.in}}); strings.Contains(got, `"`+tc.in+`"`) {
			t.Errorf("%s: in a map: %q", tc.name, got)
		}
		// What is clean stays clean: masking is a projection.
		if got := logged(t, h, buf, tc.want); got != tc.want {
			t.Errorf("%s: again: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestNearMisses(t *testing.T) {
	h, buf := writer(t, safelog.Config{})
	discard := safe(t, slog.DiscardHandler).Handler()
	for _, s := range nearMisses(t) {
		if got := logged(t, h, buf, s); got != s {
			t.Errorf("%q became %q", s, got)
		}
		r := slog.Record{Message: s}
		r.AddAttrs(slog.String("v", s), slog.String("w", s))
		mwtest.MaxAllocs(t, s, 0, func() { _ = discard.Handle(t.Context(), r) })
	}
}

type textError string

func (e textError) Error() string { return string(e) }
