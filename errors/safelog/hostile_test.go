package safelog_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/safelog"
)

type zeroPanics struct{ N int }

func (zeroPanics) IsZero() bool { panic("password=" + planted) }

// A method that panics costs only its attribute, and the next line is complete.
func TestPanicCostsOneAttribute(t *testing.T) {
	for range 3 {
		j, x := lines(t, safelog.Config{}, func(l *slog.Logger) {
			l.Info("m", "v", struct {
				A int        `json:"a"`
				Z zeroPanics `json:"z,omitzero"`
			}{1, zeroPanics{2}}, "w", 3)
			l.Info("m", "v", []int{1, 2})
		})
		if want := `{"level":"INFO","msg":"m","v":{"a":1,"z":{"N":2}},"w":3}` + "\n" + `{"level":"INFO","msg":"m","v":[1,2]}` + "\n"; j != want {
			t.Errorf("got %swant %s", j, want)
		}
		if !strings.Contains(x, `v="{A:1 Z:{N:2}}" w=3`) {
			t.Errorf("text: %s", x)
		}
	}
}

// branches is an endless LogValuer: LogValue returns n copies of it.
type branches struct {
	n     int
	calls *int
}

func (b branches) LogValue() slog.Value {
	*b.calls++
	attrs := make([]slog.Attr, b.n)
	for i := range attrs {
		attrs[i] = slog.Any(fmt.Sprint("a", i), b)
	}
	return slog.GroupValue(attrs...)
}

func TestBranchingLogValuers(t *testing.T) {
	for _, n := range []int{1, 2, 3, 4, 50, 200} {
		for name, wrap := range map[string]func(branches) any{
			"alone":    func(b branches) any { return b },
			"inside":   func(b branches) any { return []any{b} },
			"in group": func(b branches) any { return slog.GroupValue(slog.Any("a", b), slog.Any("b", b)) },
		} {
			calls := 0
			start := time.Now()
			j, x := lines(t, safelog.Config{}, func(l *slog.Logger) { l.With("w", wrap(branches{n, &calls})).Info("m", "v", wrap(branches{n, &calls})) })
			if took := time.Since(start); took > 5*time.Second || calls > 5000 || len(j)+len(x) > 200<<10 {
				t.Errorf("%d %s: %v, %d calls, %d bytes", n, name, took, calls, len(j)+len(x))
			}
			if !json.Valid([]byte(j)) {
				t.Errorf("%d %s: %.200s", n, name, j)
			}
		}
	}
}

type tagJSON struct {
	ID  int    `json:"id"`
	Own string `log:"mask"`
	Not string `log:"-"`
}

func (t tagJSON) MarshalJSON() ([]byte, error) { return json.Marshal(t.Own + t.Not) }
func (t tagJSON) String() string               { return t.Own + t.Not }

type tagError struct {
	Code int
	Own  string `log:"mask"`
}

func (e *tagError) Error() string { return "refused " + e.Own }

type tagText struct {
	Own string `log:"mask"`
}

func (t *tagText) MarshalText() ([]byte, error)  { return []byte(t.Own), nil }
func (t *tagText) Format(f fmt.State, verb rune) { _, _ = fmt.Fprint(f, t.Own) }

// A log tag decides even if the type has methods, its own or from an embedded
// type.
func TestLogTagsBeforeMethods(t *testing.T) {
	v := tagJSON{1, planted, planted}
	for name, tc := range map[string]struct {
		v              any
		asJSON, asText string
	}{
		"value":           {v, `{"id":1,"Own":"[REDACTED]"}`, `"{ID:1 Own:[REDACTED]}"`},
		"pointer":         {&v, `{"id":1,"Own":"[REDACTED]"}`, `"&{ID:1 Own:[REDACTED]}"`},
		"inside":          {[]any{v, &v}, `[{"id":1,"Own":"[REDACTED]"},{"id":1,"Own":"[REDACTED]"}]`, ""},
		"key of a map":    {map[tagJSON]int{v: 1}, "", ""},
		"embedded":        {struct{ tagJSON }{v}, `{"id":1,"Own":"[REDACTED]"}`, ""},
		"embedded twice":  {&struct{ *wrapTag }{&wrapTag{&v}}, `{"id":1,"Own":"[REDACTED]"}`, ""},
		"error":           {&tagError{2, planted}, `{"Code":2,"Own":"[REDACTED]"}`, `"&{Code:2 Own:[REDACTED]}"`},
		"error inside":    {[]error{&tagError{2, planted}}, `[{"Code":2,"Own":"[REDACTED]"}]`, ""},
		"text":            {&tagText{planted}, `{"Own":"[REDACTED]"}`, ""},
		"text inside":     {map[string]*tagText{"a": {planted}}, `{"a":{"Own":"[REDACTED]"}}`, ""},
		"LogValuer of it": {wrapLog{&tagError{2, planted}}, `{"Code":2,"Own":"[REDACTED]"}`, ""},
		"cookie":          {&http.Cookie{Name: "session", Value: planted, Raw: planted, Unparsed: []string{planted}}, "", ""},
		"cookies":         {[]*http.Cookie{{Name: "x", Value: planted}}, "", ""},
	} {
		j, x := lines(t, safelog.Config{}, func(l *slog.Logger) { l.Info("m", "v", tc.v) })
		if want := `{"level":"INFO","msg":"m","v":` + tc.asJSON + "}\n"; tc.asJSON != "" && j != want {
			t.Errorf("%s:\n got %swant %s", name, j, want)
		}
		if want := "level=INFO msg=m v=" + tc.asText + "\n"; tc.asText != "" && x != want {
			t.Errorf("%s, text:\n got %swant %s", name, x, want)
		}
		if strings.Contains(j+x, planted) || !json.Valid([]byte(j)) {
			t.Errorf("%s leaks: %s%s", name, j, x)
		}
	}
}

type wrapTag struct{ *tagJSON }

// Config.Keys may hold many long keys.
func TestManyKeys(t *testing.T) {
	var keys []string
	for i := range 3000 {
		keys = append(keys, fmt.Sprintf("k%.30x", sha256.Sum256([]byte{byte(i), byte(i >> 8)}))) // keys with different endings
	}
	done := make(chan error, 1)
	var buf bytes.Buffer
	go func() {
		h, err := safelog.New(slog.NewJSONHandler(&buf, nil), safelog.Config{Keys: keys})
		if err == nil {
			slog.New(h).Info("m", keys[0], planted, keys[2999], planted, "password", planted, "plain", "kept")
		}
		done <- err
	}()
	select {
	case err := <-done:
		if s := buf.String(); err != nil || strings.Contains(s, planted) || !strings.Contains(s, "kept") {
			t.Errorf("%v: %s", err, s)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("New, or the first line, does not end")
	}
}

// The whole key decides, even if the logged key is cut.
func TestLongKeys(t *testing.T) {
	for _, n := range []int{40, 5000, 100_000} {
		key := strings.Repeat("x_", n) + "password"
		j, x := lines(t, safelog.Config{MaxString: 32}, func(l *slog.Logger) {
			l.Info("m", key, planted, slog.Group("g", key+"\u200b", planted))
			l.WithGroup(key).Info("m", "a", planted)
			l.Info("m", "v", map[string]string{key: planted}, "w", map[any]any{key: planted})
			l.Info("m", "v", json.RawMessage(`{"`+key+`":"`+planted+`"}`), "e", errors.New("x"))
			l.Info("m", "v", slog.GroupValue(slog.Any("a", []any{slog.String(key, planted)})))
		})
		if strings.Contains(j+x, planted) {
			t.Errorf("%d: %s%s", n, j, x)
		}
	}
}

type env struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A sensitive name beside a value masks the value, like a sensitive key.
func TestNamedValues(t *testing.T) {
	for name, tc := range map[string]struct {
		v    any
		want string
	}{
		"struct":        {[]env{{"DB_PASSWORD", planted}, {"PORT", "1"}}, `[{"name":"DB_PASSWORD","value":"[REDACTED]"},{"name":"PORT","value":"1"}]`},
		"map":           {map[string]any{"name": "password", "value": planted, "x": 1}, `{"name":"password","value":"[REDACTED]","x":1}`},
		"map of many":   {map[string][]string{"Key": {"a"}, "values": {"b"}}, `{"Key":["a"],"values":["b"]}`},
		"map of values": {map[string]any{"Key": "X-Api-Key", "Values": []string{planted}}, `{"Key":"X-Api-Key","Values":"[REDACTED]"}`},
		"quoted": {struct {
			Key   string
			Value int `json:",string"`
		}{"pin", 31337}, `{"Key":"pin","Value":"[REDACTED]"}`},
		"nil name": {map[string]*string{"name": nil, "value": nil}, `{"name":null,"value":null}`},
	} {
		j, x := lines(t, safelog.Config{}, func(l *slog.Logger) { l.Info("m", "v", tc.v) })
		if want := `{"level":"INFO","msg":"m","v":` + tc.want + "}\n"; j != want || strings.Contains(x, planted) || strings.Contains(x, "31337") {
			t.Errorf("%s:\n got %s%swant %s", name, j, x, want)
		}
	}
}

// The time for a hostile text is linear in its length. If a pattern started a new
// search at each byte, these texts would take minutes.
func TestHostileText(t *testing.T) {
	h, buf := writer(t, safelog.Config{MaxString: 1 << 19})
	for _, part := range []string{
		"eyJ", "eyJhbGciOiJI", "eyJhbGciOiJI.", "eyJhbGciOiJI.x ", "eyJhbGciOiJI..", "@", "a@", "a@b.", "%40", "a%40b", "://", "a://b:c", "a://b:c/", "://a:b ",
		"1", "1 ", "1-1", "4111 ", "411111 1", "0", "Bearer ", "Basic ", "Basic A", "password=", "password={", `"password":"`, `password=\"`, `\\\`, "=", ":", "pin=[", "token:map[",
		"@tcp(", "a@tcp(", "Cookie: ", "Cookie:x,", "Cookie: [REDACTED] ", "pin:\n", "pin: x\n", "pin:\n\n  \n", "\n", "pin:x,", "pin:x y ", "pin=a&", "pin=[", "pin=[]", "pin=a[",
		`\u0070":`, `"pin\u":`, `\npin: `, `'pin: "`, "a:b@", "a:b@c", "a:b@c/", "://a:1/", "://a:b @", "4111.", "4111.1111/", "Bearer%20", "Bearer\u00a0", "ewo9.", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "?key=", "\x00", "\u200b", "\xff", "é", " ", ".",
	} {
		for _, end := range []string{"", ".x y\""} {
			if short, long, linear := growth(func(size int) { logged(t, h, buf, strings.Repeat(part, size/len(part))+end) }); !linear {
				t.Errorf("%q again and again, then %q: %v, and %v for sixteen times as much", part, end, short, long)
			}
		}
	}
}

// growth measures f for 16 KiB and for 256 KiB, and reports whether the time grows about in
// proportion. It compares times of one run, and takes the best of some tries: a busy machine
// may delay one of them.
func growth(f func(size int)) (short, long time.Duration, linear bool) {
	fastest := func(size int, than time.Duration) time.Duration {
		start := time.Now()
		f(size)
		return min(than, time.Since(start))
	}
	short, long = time.Hour, time.Hour
	for try := 0; try < 10 && !linear; try++ {
		short, long = fastest(1<<14, short), fastest(1<<18, long)
		linear = long <= 16*6*max(short, 100*time.Microsecond) // the square would be 256 times the time
	}
	return short, long, linear
}

// growth itself is tested: it must tell the square of the size from the size.
func TestGrowthFindsSquares(t *testing.T) {
	sum := 0
	work := func(n int) {
		for i := range n {
			sum += i ^ n
		}
	}
	if short, long, linear := growth(func(size int) { work(size * 64) }); !linear {
		t.Errorf("the size: %v, %v", short, long)
	}
	if short, long, linear := growth(func(size int) { work(size * (size / 64)) }); linear {
		t.Errorf("the square of the size: %v, %v", short, long)
	}
}
