package httperr_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// ErrSoldOut is declared once, with the texts that clients may see.
var ErrSoldOut = &httperr.Error{Status: http.StatusConflict, Code: "sold_out", Message: "No ticket is left."}

// serveExample serves one request and prints the response without its
// correlation ID, which differs from run to run.
func serveExample(h http.Handler, method, target string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, nil))
	body, _, _ := strings.Cut(strings.TrimSpace(w.Body.String()), `,"correlation_id"`)
	fmt.Println(w.Code, body)
}

// A handler answers with an error. The cause goes only into the log.
func ExampleWrite() {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		httperr.Write(w, r, ErrSoldOut.With(errors.New("row 17 of table seats")))
	})
	serveExample(h, "POST", "/tickets")
	// Output: 409 {"code":"sold_out","message":"No ticket is left."
}

// The outermost layer answers a panic like any other error of the program.
func ExampleNew() {
	m, err := httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	h := m.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a nil map") }))
	serveExample(h, "GET", "/")
	// Output: 500 {"code":"internal_error","message":"The server failed to handle the request. Try again later, or report the correlation ID."
}

// A handler returns its errors. An error that is not an Error becomes a 500, and
// its text goes only into the log.
func ExampleHandlerFunc() {
	h := httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		switch r.URL.Path {
		case "/tickets":
			return ErrSoldOut
		case "/seats":
			return errors.New("pq: relation seats does not exist")
		}
		_, err := io.WriteString(w, "hello")
		return err
	})
	serveExample(h, "GET", "/")
	serveExample(h, "GET", "/tickets")
	serveExample(h, "GET", "/seats")
	// Output:
	// 200 hello
	// 409 {"code":"sold_out","message":"No ticket is left."
	// 500 {"code":"internal_error","message":"The server failed to handle the request. Try again later, or report the correlation ID."
}

// Declare one variable for each kind of refusal, and compare with errors.Is.
func ExampleError() {
	cause := errors.New("row 17 of table seats")
	err := fmt.Errorf("reserve: %w", ErrSoldOut.With(cause).WithHeader("Retry-After", "60"))
	fmt.Println(errors.Is(err, ErrSoldOut), errors.Is(err, cause))
	fmt.Println(err)
	// Output:
	// true true
	// reserve: sold_out: row 17 of table seats
}

// Classify gives the errors of another package a response.
func ExampleConfig_classify() {
	m, err := httperr.New(httperr.Config{
		Logger: slog.New(slog.DiscardHandler),
		Classify: []func(error) *httperr.Error{func(err error) *httperr.Error {
			if errors.Is(err, sql.ErrNoRows) {
				return httperr.ErrNotFound.With(err)
			}
			return nil
		}},
	})
	if err != nil {
		panic(err)
	}
	h := m.Handler(httperr.HandlerFunc(func(http.ResponseWriter, *http.Request) error {
		return fmt.Errorf("load note: %w", sql.ErrNoRows)
	}))
	serveExample(h, "GET", "/notes/7")
	// Output: 404 {"code":"not_found","message":"There is no such resource. Check the address."
}

// plainText is an Encoder that writes the message alone.
type plainText struct{}

func (plainText) ContentType() string { return "text/plain; charset=utf-8" }

func (plainText) Append(b []byte, r httperr.Refusal) []byte {
	return fmt.Appendf(b, "%s (%s)\n", r.Message, r.Code)
}

// An Encoder of the program decides the format of every refusal.
func ExampleEncoder() {
	m, err := httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler), Encoder: plainText{}})
	if err != nil {
		panic(err)
	}
	h := m.Handler(httperr.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return ErrSoldOut }))
	serveExample(h, "POST", "/tickets")
	// Output: 409 No ticket is left. (sold_out)
}

// ProblemJSON writes every refusal as problem details.
func ExampleProblemJSON() {
	enc, err := httperr.ProblemJSON("https://errors.example/")
	if err != nil {
		panic(err)
	}
	m, err := httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler), Encoder: enc})
	if err != nil {
		panic(err)
	}
	serveExample(m.Handler(httperr.WrapMux(http.NewServeMux())), "GET", "/nowhere")
	// Output: 404 {"type":"https://errors.example/not_found","title":"There is no such resource. Check the address.","status":404,"code":"not_found"
}

// Seal replaces the failures of a handler that the program does not control.
func ExampleSeal() {
	legacy := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Debug-Query", "SELECT * FROM seats")
		http.Error(w, "pq: relation seats does not exist", http.StatusInternalServerError)
	})
	serveExample(legacy, "GET", "/")
	serveExample(httperr.Seal(legacy), "GET", "/")
	// Output:
	// 500 pq: relation seats does not exist
	// 500 {"code":"internal_error","message":"The server failed to handle the request. Try again later, or report the correlation ID."
}

// WrapMux gives the router's own 404 and 405 the envelope.
func ExampleWrapMux() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /notes", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "[]") })
	h := httperr.WrapMux(mux)
	serveExample(h, "GET", "/notes")
	serveExample(h, "GET", "/nowhere")
	serveExample(h, "DELETE", "/notes")
	// Output:
	// 200 []
	// 404 {"code":"not_found","message":"There is no such resource. Check the address."
	// 405 {"code":"method_not_allowed","message":"The resource does not support this method. Use a method that the Allow header lists."
}

// transport stands for the network.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Propagate sends the correlation ID to the services of the program, and to no
// other host.
func ExamplePropagate() {
	m, err := httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	var id string
	network := transport(func(r *http.Request) (*http.Response, error) {
		fmt.Println(r.URL.Host, r.Header.Get("X-Correlation-ID") == id)
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	})
	passOn, err := httperr.Propagate(network, "billing.internal")
	if err != nil {
		panic(err)
	}
	client := &http.Client{Transport: passOn}
	h := m.Handler(httperr.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
		id = httperr.CorrelationID(r.Context())
		for _, target := range []string{"https://billing.internal/invoices", "https://weather.example/"} {
			req, err := http.NewRequestWithContext(r.Context(), "GET", target, nil)
			if err != nil {
				return err
			}
			res, err := client.Do(req)
			if err != nil {
				return err
			}
			res.Body.Close()
		}
		return nil
	}))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	// Output:
	// billing.internal true
	// weather.example false
}

// A router that keeps its pattern to itself tells the record with NoteRoute. Otherwise the record
// has the route "unmatched".
func ExampleNoteRoute() {
	m, err := httperr.New(httperr.Config{Observe: func(r audit.Record) { fmt.Println(r.Route) }, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	router := func(pattern string) http.Handler { // stands for a router of another project
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/notes/") {
				httperr.NoteRoute(r.Context(), pattern)
			}
		})
	}
	h := m.Handler(router("/notes/{id}"))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/notes/7", nil))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/favicon.ico", nil))
	// Output:
	// /notes/{id}
	// unmatched
}

// A gateway of yours may choose the correlation ID, and other peers may not.
func ExampleTrustPeers() {
	m, err := httperr.New(httperr.Config{
		TrustInbound: httperr.TrustPeers(netip.MustParsePrefix("10.1.2.0/28")),
		Logger:       slog.New(slog.DiscardHandler),
	})
	if err != nil {
		panic(err)
	}
	h := m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println(r.RemoteAddr, httperr.CorrelationID(r.Context()) == "gateway-1")
	}))
	for _, peer := range []string{"10.1.2.3:4000", "203.0.113.7:4000"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = peer
		r.Header.Set("X-Correlation-ID", "gateway-1")
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	// Output:
	// 10.1.2.3:4000 true
	// 203.0.113.7:4000 false
}

// The text of an error is for the log. A handler that sends it shows the client the tables, files
// and addresses of the service. Return the error, and the client receives its code alone.
func Example_incorrect() {
	load := func() error { return errors.New("dial tcp 10.0.0.7:5432: connection refused") }
	wrong := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if err := load(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	right := httperr.HandlerFunc(func(http.ResponseWriter, *http.Request) error {
		return load()
	})
	serveExample(wrong, "GET", "/")
	serveExample(right, "GET", "/")
	// Output:
	// 500 dial tcp 10.0.0.7:5432: connection refused
	// 500 {"code":"internal_error","message":"The server failed to handle the request. Try again later, or report the correlation ID."
}
