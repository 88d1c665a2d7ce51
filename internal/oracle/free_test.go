//go:build goexperiment.jsonv2

package oracle

import (
	"bytes"
	"encoding/json"
	"encoding/json/jsontext"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate"
)

const most = 1 << 30

// unlimitedConfig is the Config without the limits that jsontext does not have.
var unlimitedConfig = validate.Config{
	MaxBody: most, MaxDepth: 1000, MaxItems: most, MaxString: most, MaxMemory: most, AllowFree: true,
}

// request returns a request with a JSON body.
func request(body []byte) *http.Request {
	r := httptest.NewRequest("POST", "/", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return r
}

// codesOf returns the codes of the faults of a refusal, or the code of the refusal
// itself.
func codesOf(err error) (list []string) {
	e, ok := errors.AsType[*httperr.Error](err)
	if !ok {
		return []string{err.Error()}
	}
	for _, f := range e.Faults {
		list = append(list, f.Code)
	}
	if len(list) == 0 {
		list = append(list, e.Code)
	}
	return list
}

// A scanner says whether it accepts a value, and if not, why.
type scanner func(value []byte) (accepted bool, why []string)

// A rawCapture decodes itself, so that the scan is the only check of its value.
type rawCapture struct{ raw []byte }

func (o *rawCapture) UnmarshalJSON(b []byte) error { o.raw = b; return nil }

// newScanner returns a scanner that scans the value of a member.
func newScanner[T any](t testing.TB) scanner {
	s, err := validate.New[struct {
		V T `json:"v"`
	}](unlimitedConfig)
	if err != nil {
		t.Fatal(err)
	}
	return func(value []byte) (bool, []string) {
		if _, err := s.Decode(nil, request([]byte(`{"v":`+string(value)+`}`))); err != nil {
			return false, codesOf(err)
		}
		return true, nil
	}
}

// disagreement returns an error if a scanner and jsontext disagree about a value and no
// listed deviation explains it.
func disagreement(scan scanner, value []byte) error {
	valid := jsontext.Value(value).IsValid()
	accepted, why := scan(value)
	switch {
	case accepted && !valid:
		return errors.New("accepted, and jsontext refuses it")
	case accepted || !valid:
		return nil
	}
	for _, code := range why {
		found := false
		for _, d := range stricterRules {
			found = found || d.code == code && d.applies(value)
		}
		if !found {
			return fmt.Errorf("refused as %s, and jsontext accepts it", code)
		}
	}
	return nil
}

// hostileValues are values for which scanners differ, or might differ.
var hostileValues = []string{
	`{}`, `[]`, `""`, `0`, `-0`, `true`, `null`, ` [ 1 , 2 ] `, `{"a":{"b":[null,false,1.5e-3]}}`, "\t\r\n1\n",
	``, ` `, `[`, `]`, `{`, `}`, `[1`, `[1,]`, `[,1]`, `[1 2]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{a:1}`, `{'a':1}`, `{1:1}`, `{"a" 1}`,
	`{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"a":1,"A":2}`, `[{"a":1,"b":{"c":1,"c":1}}]`, `{"":1,"":1}`, `{"é":1,"\u00e9":2}`, `{"\ud83d\ude00":1,"😀":2}`,
	`01`, `-`, `+1`, `1.`, `.5`, `1e`, `1e+`, `0x1`, `1_0`, `NaN`, `Infinity`, `-Infinity`, `1.0`, `1E5`, `-1e-5`, `0e0`, `00`, `-01`, `1e400`, `1e-400`,
	`9007199254740991`, `9007199254740992`, `-9007199254740993`, `9007199254740991.0`, `9.007199254740993e15`, `1e20`, `18446744073709551616`,
	`"\u0000"`, `"\ud800"`, `"\udc00\ud800"`, `"\ud83d\ude00"`, `"\ud83dx"`, `"\x"`, `"\u12"`, `"\u12G4"`, "\"\x00\"", "\"\x1f\"", "\"\x7f\"", "\"\n\"", `"\/\b\f\n\r\t\"\\"`, `"`, `"\`, `"\"`,
	"\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "{\"\xff\":1}", "\xef\xbb\xbf1", "1\xff", "\u00a01", "1\u2028", "\x0b1", "\x0c1",
	`tru`, `truE`, `nul`, `falsey`, `True`, `1 1`, `1}`, `{}{}`, `[]]`, `1,`, `//1`, `/**/1`, `1#`, `1,"w":2`, `1}{"v":1`,
	strings.Repeat("[", 998) + strings.Repeat("]", 998), strings.Repeat("[", 999) + strings.Repeat("]", 999), strings.Repeat("[", 1000) + strings.Repeat("]", 1000),
	strings.Repeat(`{"a":`, 1000) + "1" + strings.Repeat("}", 1000),
	`1` + strings.Repeat("0", 200), `0.` + strings.Repeat("1", 126), `0.` + strings.Repeat("1", 127), `{"` + strings.Repeat("a", 256) + `":1}`, `{"` + strings.Repeat("a", 257) + `":1}`,
	`"` + strings.Repeat("a", 100_000) + `"`, `[` + strings.Repeat("0,", 60_000) + `0]`, manyNames(3000), `{"a":` + manyNames(10) + `,"b":` + manyNames(10) + `}`,
}

func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"n%d":%d`, i, i)
	}
	return "{" + b.String()[1:] + "}"
}

func FuzzFree(f *testing.F) {
	for _, value := range hostileValues {
		f.Add([]byte(value))
	}
	free, raw, unread := newScanner[any](f), newScanner[json.RawMessage](f), newScanner[*rawCapture](f) // behind a pointer null is a value too
	f.Fuzz(func(t *testing.T, value []byte) {
		for name, scan := range map[string]scanner{"any": free, "json.RawMessage": raw, "json.Unmarshaler": unread} {
			if err := disagreement(scan, value); err != nil {
				t.Errorf("%s: %.200q: %v", name, value, err)
			}
		}
	})
}

func TestFreeDetectsMistakes(t *testing.T) {
	free := newScanner[any](t)
	for name, broken := range map[string]scanner{
		"encoding/json": func(value []byte) (bool, []string) {
			var v any
			err := json.Unmarshal(value, &v)
			return err == nil, []string{"syntax"}
		},
		"takes broken UTF-8": func(value []byte) (bool, []string) { return free(bytes.ToValidUTF8(value, []byte("?"))) },
		"takes what comes behind": func(value []byte) (bool, []string) {
			raw, err := jsontext.NewDecoder(bytes.NewReader(value)).ReadValue()
			return err == nil && raw != nil, []string{"syntax"}
		},
		"refuses fractions": func(value []byte) (bool, []string) {
			if bytes.ContainsRune(value, '.') {
				return false, []string{"range"}
			}
			return free(value)
		},
		"gives another reason": func(value []byte) (bool, []string) {
			ok, why := free(value)
			for i := range why {
				why[i] = strings.Replace(why[i], "too_deep", "syntax", 1)
			}
			return ok, why
		},
	} {
		found := 0
		for _, value := range hostileValues {
			if disagreement(broken, []byte(value)) != nil {
				found++
			}
		}
		if found == 0 {
			t.Errorf("%s: not detected", name)
		}
	}
}
