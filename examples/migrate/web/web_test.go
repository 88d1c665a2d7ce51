package web

import (
	"bytes"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	rscors "github.com/rs/cors"

	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/examples/migrate/internal/page"
	"github.com/go-sallyport/sallyport/headers"
)

var ok = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestPage(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	outputs := map[string]string{"headers": secureHeaders(t), "shadow": bodiesShadow(t), "params": params(t), "uploads": uploads(t)}
	for _, part := range []func(*testing.T) map[string]string{crossOrigin, bodies} {
		maps.Copy(outputs, part(t))
	}
	page.Check(t, outputs)
}

func request(method, target, body string, fields ...string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	if body != "" {
		r = httptest.NewRequest(method, target, strings.NewReader(body))
	}
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	return r
}

func crossOrigin(t *testing.T) map[string]string {
	xo := must[*cors.Middleware](t)(corsAfter())
	any1 := rscors.AllowAll().Handler(ok)
	any2 := must[*cors.Middleware](t)(cors.New(cors.Config{AllowAnyOrigin: true})).Handler(ok)
	preflight := func(origin, method, field string) *http.Request {
		return request("OPTIONS", "/", "", "Origin", origin, "Access-Control-Request-Method", method, "Access-Control-Request-Headers", field)
	}
	cell := func(h http.Handler, r *http.Request) string {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r.Clone(r.Context()))
		s := fmt.Sprint(w.Code)
		if allowed := w.Header().Get("Access-Control-Allow-Origin"); allowed != "" {
			s += " `" + allowed + "`"
		}
		if vary := w.Header().Values("Vary"); len(vary) > 0 {
			s += ", Vary: " + strings.Join(vary, ", ")
		}
		return s
	}
	var rows, anyRows [][]string
	for _, x := range []struct {
		name string
		r    *http.Request
	}{
		{"GET of `https://app.example`", request("GET", "/", "", "Origin", "https://app.example")},
		{"GET of `https://a.app.example`", request("GET", "/", "", "Origin", "https://a.app.example")},
		{"GET of `https://evil.example`", request("GET", "/", "", "Origin", "https://evil.example")},
		{"GET of `https://evil.example/.app.example`", request("GET", "/", "", "Origin", "https://evil.example/.app.example")},
		{"GET without Origin", request("GET", "/", "")},
		{"preflight for PUT of `https://app.example`", preflight("https://app.example", "PUT", "content-type")},
		{"preflight for PUT of `https://evil.example`", preflight("https://evil.example", "PUT", "content-type")},
		{"preflight for DELETE", preflight("https://app.example", "DELETE", "content-type")},
		{"preflight with `x-other`", preflight("https://app.example", "PUT", "x-other")},
	} {
		rows = append(rows, []string{x.name, cell(corsBefore(ok), x.r), cell(xo.Handler(ok), x.r)})
	}
	for _, x := range []struct {
		name string
		r    *http.Request
	}{{"GET with Origin", request("GET", "/", "", "Origin", "https://app.example")}, {"GET without Origin", request("GET", "/", "")}} {
		anyRows = append(anyRows, []string{x.name, cell(any1, x.r), cell(any2, x.r)})
	}
	var reported []string
	h := corsBefore(corsShadow(xo, func(s string) { reported = append(reported, s) }, ok))
	for _, r := range []*http.Request{
		request("GET", "/a", "", "Origin", "https://app.example"), request("GET", "/b", "", "Origin", "https://old.example"), request("GET", "/c", ""),
	} {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	return map[string]string{
		"cors":        page.Table([]string{"request", "rs/cors", "here"}, rows...),
		"cors-any":    page.Table([]string{"request", "`rs/cors.AllowAll()`", "`AllowAnyOrigin`"}, anyRows...),
		"cors-shadow": strings.Join(reported, "\n"),
		"cors-faults": faults(),
	}
}

// faults are the errors of New for configurations that rs/cors accepts.
func faults() string {
	var b strings.Builder
	for _, cfg := range []cors.Config{
		{Origins: []string{"*"}, Credentials: true}, {Origins: []string{"https://app.example/"}}, {Origins: []string{"https://app*.example"}},
		{Origins: []string{"http://app.example"}, Credentials: true},
	} {
		rscors.New(rscors.Options{AllowedOrigins: cfg.Origins, AllowCredentials: cfg.Credentials})
		_, err := cors.New(cfg)
		_, _ = fmt.Fprintln(&b, err)
	}
	return b.String()
}

func secureHeaders(t *testing.T) string {
	sides := []http.Handler{secureBefore(ok), must[*headers.Middleware](t)(secureAfter()).Handler(ok),
		must[*headers.Middleware](t)(secureReport()).Handler(ok), must[*headers.Middleware](t)(headers.New(headers.API())).Handler(ok)}
	all := map[string][]string{}
	for i, h := range sides {
		r := httptest.NewRequest("GET", "https://app.example/", nil)
		w := httptest.NewRecorder()
		headers.Enforce(h).ServeHTTP(w, r)
		for name, values := range w.Header() {
			if all[name] == nil {
				all[name] = make([]string, len(sides))
			}
			all[name][i] = "`" + nonce(strings.Join(values, ", ")) + "`"
		}
	}
	var rows [][]string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		rows = append(rows, append([]string{"`" + name + "`"}, all[name]...))
	}
	return page.Table([]string{"field", "unrolled/secure", "`secureAfter`", "`secureReport`", "`headers.API()`"}, rows...)
}

// nonce replaces the nonce of a policy.
func nonce(s string) string {
	before, rest, ok := strings.Cut(s, "'nonce-")
	if !ok {
		return s
	}
	_, after, _ := strings.Cut(rest, "'")
	return before + "'nonce-…'" + nonce(after)
}

func cellOf(h http.Handler, r *http.Request) string {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return fmt.Sprint(w.Code)
}

var bodiesTried = [][2]string{
	{"a task", `{"title":"milk","done":true,"tags":["a"]}`}, {"no title", `{"done":true}`}, {"an empty title", `{"title":""}`},
	{"a title too long", `{"title":"` + strings.Repeat("x", 21) + `"}`}, {"an empty tag", `{"title":"milk","tags":[""]}`},
	{"a member that is not known", `{"title":"milk","owner":7}`}, {"`TITLE` for `title`", `{"TITLE":"milk"}`},
	{"`title` twice", `{"title":"milk","title":"` + strings.Repeat("x", 19) + `"}`}, {"null for done", `{"title":"milk","done":null}`},
	{"null for tags", `{"title":"milk","tags":null}`}, {"text for a bool", `{"title":"milk","done":"true"}`},
	{"a brace too many", `{"title":"milk"}}`}, {"no JSON", `{"title":`},
}

func bodies(t *testing.T) map[string]string {
	_, after, err := tasksAfter()
	if err != nil {
		t.Fatal(err)
	}
	named, all := must[http.Handler](t)(ignoring("owner")), must[http.Handler](t)(ignoring("*"))
	sides := []http.Handler{ginBefore(), echoBefore(), humaBefore(), after}
	var rows, ignored [][]string
	for _, x := range bodiesTried {
		row := []string{x[0]}
		for _, h := range sides {
			row = append(row, cellOf(h, request("POST", "/tasks", x[1], "Content-Type", "application/json")))
		}
		rows = append(rows, row)
	}
	row := []string{"a task without Content-Type"}
	for _, h := range sides {
		row = append(row, cellOf(h, request("POST", "/tasks", bodiesTried[0][1])))
	}
	for _, x := range [][2]string{bodiesTried[5], {"another one", `{"title":"milk","ownr":7}`}, bodiesTried[6]} {
		cells := []string{x[0]}
		for _, h := range []http.Handler{after, named, all} {
			cells = append(cells, cellOf(h, request("POST", "/tasks", x[1], "Content-Type", "application/json")))
		}
		ignored = append(ignored, cells)
	}
	return map[string]string{"bodies": page.Table([]string{"body", "gin", "echo", "huma", "here"}, append(rows, row)...),
		"ignored": page.Table([]string{"body", "default", "`ignoring(\"owner\")`", "`ignoring(\"*\")`"}, ignored...), "answers": answers(after)}
}

// answers are the bodies of two refusals.
func answers(after http.Handler) string {
	var b strings.Builder
	for _, r := range []*http.Request{
		request("POST", "/tasks", `{"title":"","tags":["",7],"owner":7}`, "Content-Type", "application/json"),
		request("POST", "/tasks", `{"title":"milk"}`),
	} {
		w := httptest.NewRecorder()
		after.ServeHTTP(w, r)
		body, rest, _ := strings.Cut(strings.TrimSpace(w.Body.String()), `"correlation_id":"`)
		_, rest, _ = strings.Cut(rest, `"`)
		fmt.Fprintf(&b, "%d %s…%s\n", w.Code, body, rest)
		if accept := w.Header().Get("Accept"); accept != "" {
			fmt.Fprintf(&b, "Accept: %s\n", accept)
		}
	}
	return b.String()
}

func bodiesShadow(t *testing.T) string {
	s, _, err := tasksAfter()
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for _, x := range bodiesTried {
		reported := "nothing"
		h := shadow(s, func(s string) { reported = "`" + s + "`" }, ginBefore())
		if status := cellOf(h, request("POST", "/tasks", x[1], "Content-Type", "application/json")); status == "200" {
			rows = append(rows, []string{x[0], status, reported})
		}
	}
	return page.Table([]string{"body", "answer of gin", "reported"}, rows...)
}

func params(t *testing.T) string {
	list := must[http.Handler](t)(show(func(l *listTasks) string { return fmt.Sprint(l.Offset, " ", l.Limit, " ", l.Folders, " ", l.Sort) }))
	patch := must[http.Handler](t)(show(func(p *patchTask) string {
		return fmt.Sprint("title changed: ", p.Title != nil, ", room changed: ", p.Room.Set, ", removed: ", p.Room.Null)
	}))
	var rows [][]string
	for _, target := range []string{"/", "/?offset=20&limit=10", "/?folder_id[]=1&folder_id[]=2", "/?folder_id%5B%5D=1", "/?limit=101", "/?limit=", "/?offset=",
		"/?limt=1", "/?utm_source=mail&_=17", "/?sort=id"} {
		rows = append(rows, []string{"GET `" + target + "`", answer(list, request("GET", target, ""))})
	}
	for _, body := range []string{`{}`, `{"title":"milk"}`, `{"title":null}`, `{"title":""}`, `{"room":null}`, `{"room":"a"}`} {
		rows = append(rows, []string{"PATCH `" + body + "`", answer(patch, request("PATCH", "/", body, "Content-Type", "application/json"))})
	}
	return page.Table([]string{"request", "answer"}, rows...)
}

func answer(h http.Handler, r *http.Request) string {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		return fmt.Sprint(w.Code)
	}
	return fmt.Sprintf("200 `%s`", w.Body)
}

func uploads(t *testing.T) string {
	h := must[http.Handler](t)(show(func(u *upload) string { return fmt.Sprint(u.Picture.ContentType, " ", u.Picture.Size) }))
	png := "\x89PNG\r\n\x1a\n" + strings.Repeat("x", 24)
	var rows [][]string
	for _, x := range []struct{ name, content string }{
		{"a picture", png}, {"a page that calls itself a picture", "<html><script>alert(1)</script>"}, {"no picture", ""},
	} {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		_ = w.WriteField("title", "milk")
		if x.content != "" {
			f := must[interface{ Write([]byte) (int, error) }](t)(w.CreateFormFile("picture", "milk.png"))
			_, _ = f.Write([]byte(x.content))
		}
		_ = w.Close()
		rows = append(rows, []string{x.name, answer(h, request("POST", "/", b.String(), "Content-Type", w.FormDataContentType()))})
	}
	return page.Table([]string{"upload", "answer"}, rows...)
}

// The shadow hands the whole body on, also one that is too long for it.
func TestShadowKeepsTheBody(t *testing.T) {
	s, _, err := tasksAfter()
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{`{"title":"milk"}`, "no JSON"} {
		var got bytes.Buffer
		next := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = got.ReadFrom(r.Body) })
		r := request("POST", "/tasks", body, "Content-Type", "application/json")
		shadow(s, func(string) {}, next).ServeHTTP(httptest.NewRecorder(), r)
		if got.String() != body {
			t.Errorf("%q became %q", body, got.String())
		}
	}
}
