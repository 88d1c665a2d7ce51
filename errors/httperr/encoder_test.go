package httperr_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func quiet(cfg httperr.Config) httperr.Config {
	cfg.Logger = slog.New(slog.DiscardHandler)
	return cfg
}

func build(t *testing.T, cfg httperr.Config) *httperr.Middleware {
	t.Helper()
	m, err := httperr.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// refuse answers one request with err behind a Middleware of cfg.
func refuse(t *testing.T, cfg httperr.Config, err error) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	build(t, cfg).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { httperr.Write(w, r, err) })).
		ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	return w.Result()
}

func TestProblemJSON(t *testing.T) {
	pointer := "/a b/é~1\"%"
	e := &httperr.Error{Status: 409, Code: "name_taken", Message: "The name is taken.", Truncated: true, Cause: errPrivate,
		Faults: []httperr.Fault{{Pointer: &pointer, Code: "enum", Message: "m"}, {In: "query", Name: "page", Code: "type", Message: "m"}}}
	faults := []any{
		map[string]any{"pointer": "#/a%20b/%C3%A9~1%22%25", "code": "enum", "message": "m"},
		map[string]any{"in": "query", "name": "page", "code": "type", "message": "m"},
	}
	for base, want := range map[string]map[string]any{
		"":                        {"title": "Conflict", "detail": "The name is taken."},
		"https://errors.example/": {"type": "https://errors.example/name_taken", "title": "The name is taken."},
	} {
		enc, err := httperr.ProblemJSON(base)
		if err != nil {
			t.Fatal(err)
		}
		res := refuse(t, quiet(httperr.Config{Encoder: enc}), e)
		var got map[string]any
		if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
			t.Fatal(err)
		}
		want["status"], want["code"], want["truncated"], want["errors"] = 409.0, "name_taken", true, faults
		want["correlation_id"] = res.Header.Get("X-Correlation-ID")
		if !reflect.DeepEqual(got, want) {
			t.Errorf("base %q:\ngot  %v\nwant %v", base, got, want)
		}
		if ct := res.Header.Get("Content-Type"); ct != "application/problem+json" || res.StatusCode != 409 {
			t.Errorf("%d %s", res.StatusCode, ct)
		}
		if pointer != "/a b/é~1\"%" {
			t.Error("the faults of the caller were changed")
		}
	}
	for _, base := range []string{"errors.example/", "https://errors.example", "ftp://errors.example/", "https:///", "https://e.example/?x=/", "https://e.example/#/", "https://e.example/\x00/"} {
		if _, err := httperr.ProblemJSON(base); err == nil {
			t.Errorf("base %q is accepted", base)
		} else {
			mwtest.Faults(t, err, "httperr: base: ")
		}
	}
}

type encoder struct {
	contentType string
	panics      bool
	saw         *httperr.Refusal
}

func (e encoder) ContentType() string { return e.contentType }

func (e encoder) Append(b []byte, r httperr.Refusal) []byte {
	*e.saw = r
	if e.panics {
		_ = append(b, "half a body"...)
		panic("encoder")
	}
	return append(b, "<error/>"...)
}

func TestEncoderSeesOnlyThePublicView(t *testing.T) {
	var saw httperr.Refusal
	res := refuse(t, quiet(httperr.Config{Encoder: encoder{"application/xml", false, &saw}}), errPrivate)
	want := httperr.Refusal{Status: 500, Code: "internal_error", Message: httperr.ErrInternal.Message, CorrelationID: res.Header.Get("X-Correlation-ID")}
	if !reflect.DeepEqual(saw, want) {
		t.Errorf("saw %+v, want %+v", saw, want)
	}
	if body := readAll(t, res); body != "<error/>" || res.Header.Get("Content-Type") != "application/xml" {
		t.Errorf("%q as %s", body, res.Header.Get("Content-Type"))
	}
}

func TestEncoderThatPanicsIsReplaced(t *testing.T) {
	var saw httperr.Refusal
	mwtest.Refused(t, refuse(t, quiet(httperr.Config{Encoder: encoder{"application/xml", true, &saw}}), errTaken), 409, "name_taken")
}

var errNoRows = errors.New("sql: no rows")

func TestClassifiers(t *testing.T) {
	store := &httperr.Error{Status: 503, Code: "store_unavailable", Message: "m"}
	cfg := quiet(httperr.Config{Classify: []func(error) *httperr.Error{
		func(err error) *httperr.Error {
			if errors.Is(err, errNoRows) {
				return httperr.ErrNotFound.With(err)
			}
			return nil
		},
		func(err error) *httperr.Error {
			if strings.Contains(err.Error(), "LOADING") {
				return store.WithHeader("Retry-After", "2").With(err)
			}
			return nil
		},
		func(err error) *httperr.Error {
			if err.Error() == "faulty" {
				return &httperr.Error{Status: 1, Code: "X"}
			}
			return nil
		},
	}})
	mwtest.Refused(t, refuse(t, cfg, errNoRows), 404, "not_found")
	res := refuse(t, cfg, errors.New("LOADING Redis is loading the dataset in memory"))
	if res.Header.Get("Retry-After") != "2" {
		t.Errorf("headers %v", res.Header)
	}
	mwtest.Refused(t, res, 503, "store_unavailable")
	mwtest.Refused(t, refuse(t, cfg, errors.New("faulty")), 500, "internal_error")
	mwtest.Refused(t, refuse(t, cfg, errTaken.With(errNoRows)), 409, "name_taken")
	mwtest.Refused(t, refuse(t, cfg, errPrivate), 500, "internal_error")
}

func TestNewReportsAllFaults(t *testing.T) {
	var saw httperr.Refusal
	_, err := httperr.New(httperr.Config{
		Encoder:       encoder{"not a type\r\n", false, &saw},
		Classify:      []func(error) *httperr.Error{nil, func(error) *httperr.Error { return nil }, nil},
		CredentialKey: []byte("hunter2"),
	})
	mwtest.Faults(t, err, "httperr: Classify[0]: ", "httperr: Classify[2]: ", "httperr: Encoder: ", "httperr: CredentialKey: ")
	if strings.Contains(err.Error(), "hunter2") {
		t.Error("the key is in the error")
	}
	_, err = httperr.New(httperr.Config{Sink: audit.Func(nil), Encoder: (*encoder)(nil)})
	mwtest.Faults(t, err, "httperr: Sink: is a nil pointer or function; ", "httperr: Encoder: is a nil pointer or function; ")
	_, err = httperr.New(httperr.Config{Sink: (*audit.AsyncSink)(nil), CredentialKey: []byte("hunter2")})
	mwtest.Faults(t, err, "httperr: Sink: is a nil pointer", "httperr: CredentialKey: ")
}
