package view_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz/view"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

type wire struct {
	res  *http.Response
	body string
}

// serve runs next behind the whole chain on a server. The header X-User has the subject,
// and X-Roles its role.
func serve(t *testing.T, next http.Handler) func(method string, headers ...string) wire {
	t.Helper()
	errs := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler)}))
	srv := httptest.NewServer(errs.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user := r.Header.Get("X-User"); user != "" {
			r = r.WithContext(authn.NewContext(r.Context(), &authn.Principal{Issuer: issuer, Subject: user, Roles: r.Header["X-Role"]}))
		}
		next.ServeHTTP(w, r)
	})))
	t.Cleanup(srv.Close)
	return func(method string, headers ...string) wire {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, srv.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", "identity")
		for i := 0; i < len(headers); i += 2 {
			r.Header.Add(headers[i], headers[i+1])
		}
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return wire{res, string(body)}
	}
}

func (w wire) header(name string) string { return strings.Join(w.res.Header[name], ", ") }

func writes(status int, body string, headers ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func gzipped(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, s)
	_ = z.Close()
	return b.String()
}

// A response that cannot be filtered is 500, and nothing of it is sent.
func TestHandlerFailsClosed(t *testing.T) {
	const secret = `{"id":"u1","password":"SECRET"}`
	for name, next := range map[string]http.Handler{
		"no JSON":         writes(200, "SECRET"),
		"two values":      writes(200, secret+secret),
		"unfinished":      writes(200, `{"id":"u1","password":"SECRET"`),
		"mark in front":   writes(200, "\ufeff"+secret),
		"no UTF-8":        writes(200, `{"id":"SECRET`+"\xff"+`"}`),
		"text":            writes(200, secret, "Content-Type", "text/plain"),
		"JSON lines":      writes(200, secret, "Content-Type", "application/x-ndjson"),
		"another charset": writes(200, secret, "Content-Type", "application/json; charset=utf-16"),
		"an error page":   writes(400, "SECRET", "Content-Type", "text/html"),
		"gzip":            writes(200, gzipped(secret), "Content-Encoding", "gzip"),
		"gzip, not said":  writes(200, gzipped(secret)),
		"said gzip":       writes(200, secret, "Content-Encoding", "gzip"),
		"206":             writes(206, secret, "Content-Range", "bytes 0-30/31"),
		"206, no range":   writes(206, secret),
		"an earlier refusal": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			httperr.Write(httptest.NewRecorder(), r, httperr.ErrNotFound)
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, "SECRET")
		}),
		"a range":         writes(200, secret, "Content-Range", "bytes 0-30/31"),
		"1 MiB + 1":       writes(200, `{"password":"SECRET`+strings.Repeat("x", 1<<20-20)+`"}`),
		"an array":        writes(200, `[`+secret+`]`),
		"20 deep":         writes(200, `{"name":`+strings.Repeat("[", 20)+`"SECRET"`+strings.Repeat("]", 20)+`}`),
		"an object":       writes(200, `{"name":{"password":"SECRET"}}`),
		"list for object": writes(200, `{"home":["SECRET"],"comments":"SECRET"}`),
		"text for root":   writes(200, `"SECRET"`),
		"more than a refusal": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			httperr.Write(w, r, httperr.ErrNotFound)
			_, _ = io.WriteString(w, "SECRET")
		}),
		"before a refusal": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "SECRET")
			httperr.Write(w, r, httperr.ErrNotFound)
		}),
		"flush": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "SECRET")
			if http.NewResponseController(w).Flush() == nil {
				t.Error("the handler could flush")
			}
			if _, _, err := http.NewResponseController(w).Hijack(); err == nil {
				t.Error("the handler could take over the connection")
			}
		}),
	} {
		t.Run(name, func(t *testing.T) {
			debug := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X-Debug", "SECRET")
				next.ServeHTTP(w, r)
			})
			outer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X-Outer", "stays")
				users(t).Handler(debug).ServeHTTP(w, r)
			})
			got := serve(t, outer)("GET", "X-User", "ann")
			if got.header("X-Outer") != "stays" {
				t.Errorf("the header of an outer layer: %v", got.res.Header)
			}
			if strings.Contains(got.body, "SECRET") || got.header("X-Debug") != "" || got.header("Content-Encoding") != "" {
				t.Errorf("sent %.200q %v", got.body, got.res.Header)
			}
			got.res.Body = io.NopCloser(strings.NewReader(got.body))
			mwtest.Refused(t, got.res, 500, "internal_error")
		})
	}
}

// The names decide, however they are written.
func TestHandlerFilters(t *testing.T) {
	deep := strings.Repeat("[", 20) + `{"k":1}` + strings.Repeat("]", 20)
	for body, want := range map[string]string{
		`{"id":"u1","pass\u0077ord":"SECRET","\u0070assword":1}`:     `{"id":"u1"}`,
		`{"\u0069d":"u1","NAME":"SECRET","nam\u0065":"Ann"}`:         `{"\u0069d":"u1","nam\u0065":"Ann"}`,
		`{"password":"SECRET","password":{"id":1}}`:                  `{}`,
		`{"id":"1","id":"2"}`:                                        `{"id":"1","id":"2"}`,
		` { "id" : 1e400 , "x" : [ { } ] } ` + "\n":                  `{"id":1e400}`,
		`{"\ud800":"SECRET","id":"\ud800"}`:                          `{"id":"\ud800"}`,
		`{"labels":{"team":"a","password":"SECRET"},"raw":null}`:     `{"labels":{"team":"a"},"raw":null}`,
		`{"raw":{"a":` + deep + `}}`:                                 `{"raw":{"a":` + strings.Replace(deep, `"k":1`, "", 1) + `}}`,
		`{"comments":[{"ip":"SECRET"},{"text":"x"}],"any":"SECRET"}`: `{"comments":[{},{"text":"x"}]}`,
		`null`: `null`,
	} {
		got := serve(t, users(t).Handler(writes(200, body)))("GET")
		if got.res.StatusCode != 200 || got.body != want {
			t.Errorf("%s\n got %d %s\nwant %s", body, got.res.StatusCode, got.body, want)
		}
	}
	over := strings.Repeat("[", 1100) + strings.Repeat("]", 1100)
	if got := serve(t, users(t).Handler(writes(200, `{"raw":`+over+`}`)))("GET"); got.res.StatusCode != 500 {
		t.Errorf("1100 deep: %d", got.res.StatusCode)
	}
}

func TestHandlerPasses(t *testing.T) {
	v := users(t)
	refusal := httperr.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return httperr.ErrNotFound })
	for _, method := range []string{"GET", "HEAD"} {
		if got := serve(t, v.Handler(refusal))(method); got.res.StatusCode != 404 || got.header("Cache-Control") != "no-store" ||
			method == "GET" && !strings.Contains(got.body, `"code":"not_found"`) {
			t.Errorf("%s: %d %s", method, got.res.StatusCode, got.body)
		}
	}
	if got := serve(t, v.Handler(writes(409, `{"password":"SECRET","id":"u1"}`)))("GET"); got.res.StatusCode != 409 || got.body != `{"id":"u1"}` {
		t.Errorf("an error of the handler: %d %s", got.res.StatusCode, got.body)
	}
	if got := serve(t, v.Handler(writes(204, ``)))("DELETE"); got.res.StatusCode != 204 || got.header("Content-Length") != "" {
		t.Errorf("204: %d %v", got.res.StatusCode, got.res.Header)
	}
	redirect := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/other", http.StatusFound) })
	if got := serve(t, v.Handler(redirect))("GET"); got.res.StatusCode != 302 || got.header("Location") != "/other" || got.body != "" {
		t.Errorf("redirect: %d %v %q", got.res.StatusCode, got.res.Header, got.body)
	}
	zip := func(next http.Handler) http.Handler { // a compressor outside announces itself before the handler
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "identity")
			next.ServeHTTP(w, r)
		})
	}
	if got := serve(t, zip(v.Handler(writes(200, `{"id":"u1"}`))))("GET"); got.body != `{"id":"u1"}` {
		t.Errorf("behind a compressor: %d %q", got.res.StatusCode, got.body)
	}
}

// A handler that panics has sent nothing.
func TestHandlerPanics(t *testing.T) {
	got := serve(t, users(t).Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "SECRET")
		panic("SECRET")
	})))("GET")
	if got.res.StatusCode != 500 || strings.Contains(got.body, "SECRET") {
		t.Errorf("%d %s", got.res.StatusCode, got.body)
	}
}

// Both forms answer alike, except that the middleware form knows no owners.
func TestFormsAgree(t *testing.T) {
	v := build[address](t, view.Config{Views: admin})
	value := &address{"Bonn", "ADMIN 1"}
	bytesForm := v.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(value)
	}))
	valueForm := httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error { return v.Write(w, r, 200, value) })
	for _, method := range []string{"GET", "HEAD", "POST"} {
		for _, role := range []string{"admin", "none"} {
			a := serve(t, bytesForm)(method, "X-User", "ann", "X-Role", role)
			b := serve(t, valueForm)(method, "X-User", "ann", "X-Role", role)
			for _, h := range []http.Header{a.res.Header, b.res.Header} {
				delete(h, "X-Correlation-Id")
				delete(h, "Date")
			}
			x, _ := json.Marshal(a.res.Header)
			y, _ := json.Marshal(b.res.Header)
			if a.body != b.body || !bytes.Equal(x, y) {
				t.Errorf("%s %s:\n%s %s\n%s %s", method, role, a.body, x, b.body, y)
			}
		}
	}
}

// The description of the handler inside is found through the filter, and through the check of
// a body.
func TestHandlersUnwrap(t *testing.T) {
	next := &mwtest.Spy{}
	input := mwtest.Must[*view.Input[struct {
		A int `json:"a" write:"public"`
	}]](t)(view.NewInput[struct {
		A int `json:"a" write:"public"`
	}](view.Config{}))
	for _, h := range []http.Handler{users(t).Handler(next), input.Handler(next)} {
		outer, ok := h.(interface{ Unwrap() http.Handler })
		if !ok || outer.Unwrap() != http.Handler(next) {
			t.Errorf("%T: %v", h, ok)
		}
	}
}
