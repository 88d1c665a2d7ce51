package internal_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// A refusal is one way in which a package refuses a request. A new declaration of an
// httperr.Error needs a row here: a declared error without a row fails the test.
type refusal struct {
	sentinel string       // package.Name of the declared error
	handler  http.Handler // refuses the request; runs behind the outermost layer
	seal     bool         // put Seal around it
	request  func(t *testing.T, base string) *http.Response
	status   int
	code     string
	headers  map[string]string // by canonical name, beyond those of every refusal; "*" is any value
	events   audit.Events
	noCause  bool // the code is the whole reason
	empty    bool // a denied preflight has no body, because no script can read it
}

// The headers of every refusal, in canonical form.
var everyRefusal = []string{"Content-Type", "Cache-Control", "X-Content-Type-Options", "X-Correlation-Id", "Content-Length", "Date"}

// Secrets that a careless layer would pass on: the text of a database error, a file, a
// frame of a stack, a token and a password.
var planted = []string{"pq: duplicate key", "/srv/notes/store.go", "goroutine 7 [running]", "eyJhbGciOiJFUzI1NiJ9", "hunter2"}

var errPlanted = fmt.Errorf("%s", strings.Join(planted, "; "))

// A recordSink keeps the audit records.
type recordSink struct {
	mu  sync.Mutex
	all []audit.Record
}

func (s *recordSink) Emit(_ context.Context, r audit.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, r)
	return nil
}

func TestEveryRefusal(t *testing.T) {
	// httperr.errClientClosed has no client left to receive it. It has a test of its
	// own below.
	seen := map[string]bool{"httperr.errClientClosed": true}
	for _, row := range refusals(t) {
		seen[row.sentinel] = true
		t.Run(row.sentinel, func(t *testing.T) {
			for _, wrong := range row.findFaults(t) {
				t.Error(wrong)
			}
		})
	}
	for name := range sentinels(t) {
		if !seen[name] {
			t.Errorf("%s is declared, and no row makes a package refuse with it", name)
		}
	}
}

// findFaults makes the package refuse and returns all faults of the refusal.
func (row refusal) findFaults(t *testing.T) (wrong []string) {
	t.Helper()
	fault := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	var records recordSink
	errs, err := httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler), Sink: &records})
	if err != nil {
		t.Fatal(err)
	}
	h := row.handler
	if row.seal {
		h = httperr.Seal(h)
	}
	srv := httptest.NewUnstartedServer(errs.Handler(h))
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	srv.Start()
	defer srv.Close()

	res := row.request(t, srv.URL)
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	said := fmt.Sprintln(res.Header, res.Trailer, string(body))
	for _, secret := range planted {
		if strings.Contains(said, secret) {
			fault("%q leaked: %s", secret, said)
		}
	}
	e := mwtest.Envelope{Code: row.code, CorrelationID: res.Header.Get("X-Correlation-Id")}
	if !row.empty {
		res.Body = io.NopCloser(strings.NewReader(string(body)))
		if e, err = mwtest.ReadEnvelope(res); err != nil {
			fault("%v", err)
		}
	} else if len(body) > 0 || e.CorrelationID == "" {
		fault("body %q, correlation ID %q", body, e.CorrelationID)
	}
	if res.StatusCode != row.status || e.Code != row.code {
		fault("got %d %s, want %d %s", res.StatusCode, e.Code, row.status, row.code)
	}
	for name, values := range res.Header {
		want, expected := row.headers[name]
		switch got := strings.Join(values, "|"); {
		case slices.Contains(everyRefusal, name):
		case !expected:
			fault("unexpected header %s: %s", name, got)
		case want != "*" && got != want:
			fault("%s: %q, want %q", name, got, want)
		}
	}
	for name := range row.headers {
		if len(res.Header[name]) == 0 {
			fault("%s is missing", name)
		}
	}

	srv.Close() // the record comes after the response
	if len(records.all) != 1 {
		fault("%d records, want one", len(records.all))
		return wrong
	}
	r := records.all[0]
	if r.Status != row.status || r.Code != row.code || r.CorrelationID != e.CorrelationID || r.Events != row.events {
		fault("record %d %s %s [%s], want %d %s %s [%s]", r.Status, r.Code, r.CorrelationID, r.Events, row.status, row.code, e.CorrelationID, row.events)
	}
	if row.noCause != (r.Cause == nil) {
		fault("the record has the cause %v", r.Cause)
	}
	return wrong
}

// The table detects the faults for which it was written.
func TestFaultyRefusalsAreDetected(t *testing.T) {
	good := refusal{handler: failingHandler(errPlanted), request: get, status: 500, code: "internal_error"}
	if wrong := good.findFaults(t); len(wrong) > 0 {
		t.Fatalf("a good refusal is faulty: %q", wrong)
	}
	for fault, bad := range map[string]func(*refusal){
		"leaked: ":       func(r *refusal) { r.handler = writingHandler(500) },
		"an envelope":    func(r *refusal) { r.handler = writingHandler(500) },
		"header X-Debug": func(r *refusal) { r.handler = writingHandler(500) },
		"want 501":       func(r *refusal) { r.status = 501 },
		"want 500 other": func(r *refusal) { r.code = "other" },
		"is missing":     func(r *refusal) { r.headers = map[string]string{"Allow": "*"} },
		"[panic]":        func(r *refusal) { r.events = audit.Panic },
		"the cause":      func(r *refusal) { r.noCause = true },
	} {
		row := good
		bad(&row)
		if wrong := row.findFaults(t); !strings.Contains(strings.Join(wrong, "; "), fault) {
			t.Errorf("%q is not detected: %q", fault, wrong)
		}
	}
}

// A client that disconnects gets no response, and the record says that the client did
// it.
func TestClientThatDisconnects(t *testing.T) {
	var records recordSink
	errs, err := httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler), Sink: &records})
	if err != nil {
		t.Fatal(err)
	}
	waiting := make(chan struct{})
	srv := httptest.NewServer(errs.Handler(httperr.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
		close(waiting)
		<-r.Context().Done()
		return authn.ErrUnavailable.With(r.Context().Err()) // the error of a store in this case
	})))
	defer srv.Close()
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		<-waiting
		leave()
	}()
	req, err := http.NewRequestWithContext(ctx, "GET", srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := http.DefaultClient.Do(req); err == nil {
		res.Body.Close()
		t.Error("the client got a response")
	}
	srv.Close()
	if len(records.all) != 1 || records.all[0].Status != 499 || records.all[0].Code != "client_closed_request" || records.all[0].Events != 0 {
		t.Errorf("records %+v", records.all)
	}
}

// sentinels finds every package variable of this module that is declared as an
// httperr.Error, exported or not.
func sentinels(t *testing.T) map[string]declaredError {
	t.Helper()
	found := make(map[string]declaredError)
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == "examples" || path == "../internal" || strings.HasPrefix(name, ".") && name != ".." {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			vars, ok := decl.(*ast.GenDecl)
			if !ok || vars.Tok != token.VAR {
				continue
			}
			for _, spec := range vars.Specs {
				v := spec.(*ast.ValueSpec)
				for i, value := range v.Values {
					if e, ok := declaration(file.Name.Name, value); ok {
						found[file.Name.Name+"."+v.Names[i].Name] = e
					}
				}
			}
		}
		return nil
	})
	if err != nil || len(found) < 25 {
		t.Fatalf("found only %v (%v)", found, err)
	}
	return found
}

// A declaredError has the literals of the declaration of an httperr.Error.
type declaredError struct{ code, message string }

// declaration reports whether e is &httperr.Error{…}, or &Error{…} in package httperr,
// and returns its literals.
func declaration(pkg string, e ast.Expr) (found declaredError, ok bool) {
	addr, ok := e.(*ast.UnaryExpr)
	if !ok {
		return found, false
	}
	lit, ok := addr.X.(*ast.CompositeLit)
	if !ok {
		return found, false
	}
	switch typ := lit.Type.(type) {
	case *ast.Ident:
		ok = typ.Name == "Error" && pkg == "httperr"
	case *ast.SelectorExpr:
		x, isName := typ.X.(*ast.Ident)
		ok = isName && x.Name == "httperr" && typ.Sel.Name == "Error"
	}
	for _, element := range lit.Elts {
		kv, isField := element.(*ast.KeyValueExpr)
		if !isField {
			continue
		}
		switch fmt.Sprint(kv.Key) {
		case "Code":
			found.code, _ = strconv.Unquote(kv.Value.(*ast.BasicLit).Value)
		case "Message":
			found.message, _ = strconv.Unquote(kv.Value.(*ast.BasicLit).Value)
		}
	}
	return found, ok
}

// A code means one thing. Two declarations of it would drift apart, in their message or
// in the result of errors.Is.
func TestEveryCodeIsDeclaredOnce(t *testing.T) {
	declared := map[string][]string{}
	for name, e := range sentinels(t) {
		declared[e.code] = append(declared[e.code], name)
	}
	for code, names := range declared {
		if len(names) > 1 {
			t.Errorf("%s is the code of %v", code, names)
		}
	}
}
