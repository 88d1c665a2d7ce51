package validate_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

// money decodes itself, and its error quotes its input.
type money struct{ Cents int }

func (m *money) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	if string(b) != `"1.00"` {
		return errors.New("bad money: " + string(b))
	}
	m.Cents = 100
	return nil
}

type level string

func (l *level) UnmarshalText(b []byte) error {
	if *l = level(b); *l != "low" {
		return errors.New("bad level: " + string(b))
	}
	return nil
}

type secretive struct {
	Name    string           `json:"name" validate:"max=3"`
	Pass    string           `json:"pass" validate:"omitempty,min=100,alpha"`
	Kind    string           `json:"kind" validate:"omitempty,oneof=a b"`
	N       int              `json:"n" validate:"max=5"`
	Small   int8             `json:"small"`
	List    []string         `json:"list" validate:"dive,email"`
	Map     map[string]int   `json:"map" validate:"dive,keys,max=2,endkeys,max=3"`
	Money   money            `json:"money"`
	Monies  map[string]money `json:"monies"`
	Levels  []level          `json:"levels"`
	Bytes   []byte           `json:"bytes"`
	Free    any              `json:"free" free:"true"`
	Numbers json.Number      `json:"numbers"`
}

// No text of a client is in an answer, whichever layer refuses: the text may be a password, and
// a log or a browser may keep it.
func TestNothingIsEchoed(t *testing.T) {
	const planted, number = "hunter2", "4242424242"
	s := kit.MustNew[secretive](t, validate.Config{})
	for _, body := range []string{
		`{"hunter2":1}`, `{"name":"hunter2"}`, `{"name":{"hunter2":"hunter2"}}`, `{"pass":"hunter2"}`, `{"kind":"hunter2"}`,
		`{"n":4242424242}`, `{"n":"hunter2"}`, `{"small":4242424242}`, `{"list":["hunter2"]}`, `{"list":{"hunter2":1}}`,
		`{"map":{"hunter2":1}}`, `{"map":{"hunter2":"hunter2"}}`, `{"map":{"hunter2":1,"hunter2":2}}`, `{"map":{"a":4242424242}}`,
		`{"money":"hunter2"}`, `{"money":4242424242}`, `{"monies":{"hunter2":"hunter2"}}`, `{"levels":["low","hunter2"]}`, `{"bytes":"hunter2"}`,
		`{"free":{"hunter2":1,"hunter2":4242424242}}`, `{"free":{"hunter2":4242424242424242424242}}`, `{"numbers":"hunter2"}`,
		`{"name":hunter2}`, `{"name":"hunter2"`, `{"name":"hunter2\q"}`, `hunter2`, `{"name":"hunter2"}hunter2`, `{hunter2}`,
		`{"name":"hunter2` + "\xff" + `"}`, `{"hunter2":"\ud800"}`, `"hunter2"`, `[4242424242]`, strings.Repeat(`{"hunter2":`, 40),
		`{"NAME":"hunter2","n":6,"money":"hunter2","list":["hunter2","hunter2"]}`,
	} {
		res, spy := kit.Send(s, kit.Post(body))
		answer, _ := io.ReadAll(res.Body)
		if res.StatusCode != 400 || spy.Calls() != 0 {
			t.Errorf("%q: status %d", body, res.StatusCode)
		}
		for _, p := range []string{planted, number, "secretive", "money:", "validate_test", "int8"} {
			if strings.Contains(string(answer), p) {
				t.Errorf("%q is answered with %q in %s", body, p, answer)
			}
		}
		for name, values := range res.Header {
			if strings.Contains(name+strings.Join(values, ""), planted) {
				t.Errorf("%q is echoed in %s", body, name)
			}
		}
		_, err := s.Decode(nil, kit.Post(body))
		if e, ok := errors.AsType[*httperr.Error](err); !ok || strings.Contains(e.Error(), planted) || strings.Contains(e.Error(), number) {
			t.Errorf("%q is logged as %v", body, err)
		}
	}
}

func TestSelfDecoded(t *testing.T) {
	s := kit.MustNew[secretive](t, validate.Config{})
	v, err := s.Decode(nil, kit.Post(`{"money":"1.00","monies":{"a":"1.00"},"levels":["low"],"numbers":1e5}`))
	if err != nil || v.Money.Cents != 100 || v.Monies["a"].Cents != 100 || v.Levels[0] != "low" || v.Numbers != "1e5" {
		t.Errorf("%+v %v", v, err)
	}
	_, err = s.Decode(nil, kit.Post(`{"money":[{"a":1,"a":2}],"monies":{"a":"1.00","b":"2.00"},"levels":["low","high",5],"n":7}`))
	e, _ := errors.AsType[*httperr.Error](err)
	var got []string
	for _, f := range e.Faults {
		got = append(got, *f.Pointer+" "+f.Code)
	}
	if want := "/money invalid,/money duplicate_member,/monies invalid,/levels/1 invalid,/levels/2 type,/n max"; strings.Join(got, ",") != want {
		t.Errorf("faults %q, want %s", got, want)
	}
}

// stubborn refuses even null, so that the members after it cannot be decoded. The rules of
// those members are not run, because the client did not send their zero.
type stubborn struct{}

func (*stubborn) UnmarshalJSON([]byte) error { return errors.New("never") }

func TestNoRuleOnMembersThatWereNotDecoded(t *testing.T) {
	type held struct {
		S stubborn `json:"s"`
		N int      `json:"n" validate:"min=1"`
	}
	res, _ := kit.Send(kit.MustNew[held](t, validate.Config{}), kit.Post(`{"s":1,"n":5}`))
	if got := kit.Faults(mwtest.Refused(t, res, 400, "validation_failed")); len(got) != 1 || got[0] != "/s invalid" {
		t.Errorf("faults %q", got)
	}
}

// page answers with headers of its own.
type page struct {
	Title  string `json:"title"`
	Fail   any    `json:"fail,omitempty" free:"true"`
	status int
	set    map[string]string
}

func (p *page) StatusCode() int { return p.status }

func (p *page) SetHeader(h http.Header) {
	for name, value := range p.set {
		h.Set(name, value)
	}
	h.Add("Vary", "Accept-Language")
}

type getPage struct {
	Known string `header:"If-None-Match"`
}

func paged(p page) http.Handler {
	h := validate.Handler(func(_ context.Context, in *getPage) (*page, error) {
		answer := p
		if in.Known == `"7"` {
			answer.status = http.StatusNotModified
		}
		return &answer, nil
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Origin") // as a middleware in front would
		h.ServeHTTP(w, r)
	})
}

func TestResultSetsHeaders(t *testing.T) {
	wrong := map[string]string{"Content-Type": "text/html", "Content-Length": "3", "X-Content-Type-Options": "sniff", "Transfer-Encoding": "chunked"}
	srv := func(p page, known string) (*http.Response, string) {
		s := httptest.NewServer(paged(p))
		defer s.Close()
		r, _ := http.NewRequestWithContext(t.Context(), "GET", s.URL, nil)
		if known != "" {
			r.Header.Set("If-None-Match", known)
		}
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res, string(body)
	}
	res, body := srv(page{Title: "a", status: 201, set: map[string]string{"Location": "/pages/1", "ETag": `"7"`}}, `"6"`)
	if res.StatusCode != 201 || body != "{\"title\":\"a\"}\n" || res.Header.Get("Location") != "/pages/1" || res.Header.Get("ETag") != `"7"` || !slices.Equal(res.Header["Vary"], []string{"Origin", "Accept-Language"}) {
		t.Errorf("created: %d %q %v", res.StatusCode, body, res.Header)
	}
	mwtest.OnlyHeaders(t, res.Header, "Content-Type", "X-Content-Type-Options", "Content-Length", "Location", "Etag", "Vary", "Date")

	res, body = srv(page{Title: "a", status: 200, set: wrong}, "")
	if h := res.Header; body != "{\"title\":\"a\"}\n" || h.Get("Content-Type") != "application/json; charset=utf-8" || res.ContentLength != 14 || h.Get("X-Content-Type-Options") != "nosniff" || len(res.TransferEncoding) > 0 {
		t.Errorf("its own headers: %q %v %d %q", body, h, res.ContentLength, res.TransferEncoding)
	}

	for status, known := range map[int]string{304: `"7"`, 204: "", 205: ""} {
		res, body = srv(page{Title: "a", status: status, set: map[string]string{"ETag": `"7"`, "Content-Type": "text/html", "Content-Length": "3", "Transfer-Encoding": "chunked"}}, known)
		if res.StatusCode != status || body != "" || res.Header.Get("ETag") != `"7"` || res.Header.Get("Content-Type") != "" || res.ContentLength > 0 {
			t.Errorf("%d: %d %q %v", status, res.StatusCode, body, res.Header)
		}
	}

	// An error as the answer does not have them.
	for _, p := range []page{{status: 200, Fail: make(chan int)}, {status: 302}, {status: 199}, {status: 305}} {
		p.set = map[string]string{"ETag": `"7"`, "Location": "/"}
		res := mwtest.Do(paged(p), httptest.NewRequest("GET", "/", nil))
		mwtest.Refused(t, res, 500, "internal_error")
		if res.Header.Get("ETag") != "" || res.Header.Get("Location") != "" || len(res.Header["Vary"]) != 1 {
			t.Errorf("%d: %v", p.status, res.Header)
		}
	}
}

// The headers that the library sets share no memory with those of the result, nor
// with those of another response, also with a record of the request.
func TestHeadersOfResultsAreUnshared(t *testing.T) {
	logger, _ := mwtest.Log()
	errs := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: logger}))
	for _, outer := range []func(http.Handler) http.Handler{func(h http.Handler) http.Handler { return h }, errs.Handler} {
		h := paged(page{Title: "a", status: 200, set: map[string]string{"ETag": `"7"`, "Content-Type": "text/html"}})
		mwtest.Unshared(t, func(next http.Handler) http.Handler {
			return outer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r); next.ServeHTTP(w, r) }))
		}, func() *http.Request { return httptest.NewRequest("GET", "/", nil) })
	}
}

type made struct {
	Sum    int `json:"sum"`
	status int
	Fail   any `json:"fail,omitempty" free:"true"`
}

func (m *made) StatusCode() int { return m.status }

func TestHandler(t *testing.T) {
	h := validate.Handler(func(ctx context.Context, in *period) (*made, error) {
		switch in.From {
		case 0:
			return nil, nil
		case 1:
			return nil, errConflict.With(errors.New("secret"))
		case 2:
			return nil, errors.New("secret")
		case 3:
			return &made{status: 404}, nil
		case 4:
			return &made{status: 204}, nil
		case 5:
			return &made{status: 200, Fail: make(chan int)}, nil
		}
		return &made{Sum: in.From + in.To, status: 201}, nil
	})
	for _, tc := range []struct {
		from, status int
		code         string
	}{{0, 204, ""}, {1, 409, "taken"}, {2, 500, "internal_error"}, {3, 500, "internal_error"}, {4, 204, ""}, {5, 500, "internal_error"}, {-1, 400, "validation_failed"}} {
		res := kit.Serve(h, kit.Post(fmt.Sprintf(`{"from":%d,"to":6}`, tc.from)))
		if tc.code != "" {
			mwtest.Refused(t, res, tc.status, tc.code)
			continue
		}
		body, _ := io.ReadAll(res.Body)
		if res.StatusCode != tc.status || len(body) > 0 || len(res.Header) > 0 {
			t.Errorf("from %d: %d %q %v", tc.from, res.StatusCode, body, res.Header)
		}
	}

	res := kit.Serve(h, kit.Post(`{"from":6,"to":7}`))
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode != 201 || string(body) != "{\"sum\":13}\n" || res.ContentLength != int64(len(body)) {
		t.Errorf("%d %q, length %d", res.StatusCode, body, res.ContentLength)
	}
	mwtest.OnlyHeaders(t, res.Header, "Content-Type", "X-Content-Type-Options", "Content-Length")

	r := kit.Post(`{"from":6,"to":7}`)
	r.Method = "HEAD"
	res = kit.Serve(h, r)
	if body, _ := io.ReadAll(res.Body); res.StatusCode != 201 || len(body) > 0 || res.Header.Get("Content-Length") != "11" {
		t.Errorf("HEAD: %d %q %v", res.StatusCode, body, res.Header)
	}
}

func TestNoInput(t *testing.T) {
	calls := 0
	h := validate.Handler(func(context.Context, *struct{}) (*map[string]int, error) {
		calls++
		return &map[string]int{"a": 1}, nil
	})
	if res := kit.Serve(h, httptest.NewRequest("GET", "/", nil)); res.StatusCode != 200 || calls != 1 {
		t.Errorf("no body: %d", res.StatusCode)
	}
	if res := kit.Serve(h, kit.Post(`{}`)); res.StatusCode != 200 || calls != 2 {
		t.Errorf("an empty object: %d", res.StatusCode)
	}
	mwtest.Refused(t, kit.Serve(h, kit.Post(`{"x":1}`)), 400, "validation_failed")
	mwtest.Refused(t, kit.Serve(h, httptest.NewRequest("POST", "/", strings.NewReader("x"))), 415, "unsupported_media_type")

	need := validate.Middleware[period]()(&mwtest.Spy{})
	r := httptest.NewRequest("POST", "/", nil)
	mwtest.Refused(t, kit.Serve(need, r), 415, "unsupported_media_type")
	r = httptest.NewRequest("POST", "/", nil)
	r.Header.Set("Content-Type", "application/json")
	mwtest.Refused(t, kit.Serve(need, r), 400, "body_required")
	r.Body = nil
	mwtest.Refused(t, kit.Serve(need, r), 400, "body_required")
}

func TestFrom(t *testing.T) {
	s := kit.MustNew[period](t, validate.Config{})
	h := s.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, ok := validate.From[period](r)
		if !ok || v.From != 1 || v.To != 2 {
			t.Errorf("From: %v %v", v, ok)
		}
		v.From = 9
		if again, _ := validate.From[period](r); again.From != 1 {
			t.Error("a handler has changed the value of the next handler")
		}
		if _, ok := validate.From[order](r); ok {
			t.Error("From of another type")
		}
		for _, verb := range []string{"%v", "%+v", "%s", "%#v"} {
			if s := fmt.Sprintf(verb, r.Context()); s != "sallyport validated value" {
				t.Errorf("the context prints %q", s)
			}
		}
	}))
	if res := kit.Serve(h, kit.Post(`{"from":1,"to":2}`)); res.StatusCode != 200 {
		t.Errorf("status %d", res.StatusCode)
	}
	if _, ok := validate.From[period](kit.Post("")); ok {
		t.Error("From without a value")
	}
}

func TestDenyAndObserve(t *testing.T) {
	var seen []validate.Decision
	var denied error
	s := kit.MustNew[period](t, validate.Config{
		Deny:    func(w http.ResponseWriter, _ *http.Request, err error) { denied = err; w.WriteHeader(418) },
		Observe: func(_ *http.Request, d validate.Decision) { seen = append(seen, d) },
	})
	spy := &mwtest.Spy{}
	h := s.Middleware(spy)
	kit.Serve(h, kit.Post(`{"from":1,"to":2}`))
	res := kit.Serve(h, kit.Post(`{"x":1}`))
	if res.StatusCode != 418 || spy.Calls() != 1 || !errors.Is(denied, validate.ErrInvalid) {
		t.Errorf("%d, %d calls, %v", res.StatusCode, spy.Calls(), denied)
	}
	fn := validate.Handle(s, func(context.Context, *period) (*period, error) { t.Error("fn was called"); return nil, nil })
	if res := kit.Serve(fn, kit.Post(`[]`)); res.StatusCode != 418 {
		t.Errorf("Handle: %d", res.StatusCode)
	}
	if len(seen) != 3 || !seen[0].Accepted || seen[0].Err != nil || seen[0].Bytes != 17 || seen[1].Accepted || seen[1].Err != denied && seen[1].Err == nil {
		t.Errorf("decisions %+v", seen)
	}
}

func TestUnshared(t *testing.T) {
	s := kit.MustNew[period](t, validate.Config{})
	mwtest.Unshared(t, s.Middleware, func() *http.Request { return kit.Post(`{}`) })
	mwtest.Unshared(t, s.Middleware, func() *http.Request { return kit.Post(`{"x":1}`) })
	h := validate.Handle(s, func(context.Context, *period) (*period, error) { return &period{}, nil })
	mwtest.Unshared(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r); next.ServeHTTP(w, r) })
	}, func() *http.Request { return kit.Post(`{}`) })
}

// One Schema serves many requests at once, good and bad. Run under -race.
func TestConcurrent(t *testing.T) {
	s := kit.MustNew[order](t, validate.Config{})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 50 {
				email := fmt.Sprintf("u%d-%d@example.com", i, n)
				v, err := s.Decode(nil, kit.Post(strings.Replace(`{`+good+`}`, "a@example.com", email, 1)))
				if err != nil || v.Email != email {
					t.Errorf("%v %v", v, err)
				}
				if _, err := s.Decode(nil, kit.Post(`{"email":"x","labels":{"a":"b","a":"c"}}`)); !errors.Is(err, validate.ErrInvalid) {
					t.Errorf("error %v", err)
				}
			}
		})
	}
	wg.Wait()
}

type namedFile struct {
	File validate.File `form:"file" validate:"required"`
}

// The comment of File.Name is true, also about the names that it does not make safe.
func TestFileNamesAreAsDocumented(t *testing.T) {
	s := kit.MustNew[namedFile](t, validate.Config{})
	for sent, want := range map[string]string{
		"NUL": "NUL", "-rf": "-rf", "~": "~", "../..": "", "a/b\u202ec": "bc", "..a. .": "a", "<>:|?*&%;'`": "", "a\u0085b": "ab",
		strings.Repeat("é", 90): strings.Repeat("é", 50),
	} {
		r := kit.Post("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + sent + "\"\r\n\r\nx\r\n--b--\r\n")
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		v, err := s.Decode(nil, r)
		if err != nil || v.File.Name != want {
			t.Errorf("%q: %v, want %q", sent, err, want)
		}
	}
}

// Without content, Handle sets no header, and SetHeader cannot set headers of content.
func TestHeadersWithoutContent(t *testing.T) {
	for _, status := range []int{204, 205, 304} {
		w := httptest.NewRecorder()
		paged(page{status: status, set: map[string]string{"Content-Type": "a/b", "Content-Length": "7", "X-Content-Type-Options": "nosniff"}}).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if h := w.Header(); w.Code != status || h["Content-Type"] != nil || h["Content-Length"] != nil || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%d: %v", w.Code, h)
		}
		w = httptest.NewRecorder()
		paged(page{status: status}).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if h := w.Header(); h["X-Content-Type-Options"] != nil {
			t.Errorf("%d: %v", status, h)
		}
	}
}
