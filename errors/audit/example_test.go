package audit_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// serveWith serves one request for an unknown page behind an outermost layer
// with this sink.
func serveWith(sink audit.Sink) {
	m, err := httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler), Sink: sink})
	if err != nil {
		panic(err)
	}
	h := m.Handler(http.NotFoundHandler())
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/nothing", nil))
}

// A function gets one Record of each request.
func ExampleFunc() {
	serveWith(audit.Func(func(_ context.Context, r audit.Record) error {
		fmt.Println(r.Method, r.Status)
		return nil
	}))
	// Output: GET 404
}

// eventPrinter is a Sink that prints the security events of each request.
type eventPrinter struct{}

func (eventPrinter) Emit(_ context.Context, r audit.Record) error {
	for name := range r.Events.All() {
		fmt.Println(name, r.Principal, r.Route)
	}
	return nil
}

// A type of the program with an Emit method is a Sink.
func ExampleSink() {
	var sink audit.Sink = eventPrinter{}
	err := sink.Emit(context.Background(), audit.Record{
		Principal: "ann",
		Route:     "/notes/{id}",
		Events:    audit.AuthSucceeded | audit.AuthzDenied,
	})
	fmt.Println(err)
	// Output:
	// auth.succeeded ann /notes/{id}
	// authz.denied ann /notes/{id}
	// <nil>
}

// Async takes a slow sink out of the request.
func ExampleAsync() {
	slow := audit.Func(func(_ context.Context, r audit.Record) error {
		fmt.Println(r.Method, r.Status)
		return nil
	})
	queue, err := audit.Async(slow, 4096)
	if err != nil {
		panic(err)
	}
	serveWith(queue)
	if err := queue.Close(context.Background()); err != nil { // after the server has shut down
		panic(err)
	}
	fmt.Println(queue.Dropped(), "dropped,", queue.Failed(), "failed")
	// Output:
	// GET 404
	// 0 dropped, 0 failed
}

// Log writes a line for each record.
func ExampleLog() {
	withoutTime := &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}
	sink := audit.Log(slog.New(slog.NewTextHandler(os.Stdout, withoutTime)))
	_ = sink.Emit(context.Background(), audit.Record{
		CorrelationID: "0190163d",
		Method:        "GET",
		Route:         "/notes/{id}",
		Status:        http.StatusForbidden,
		Code:          "forbidden",
	})
	// Output: level=INFO msg=request correlation_id=0190163d method=GET route=/notes/{id} status=403 bytes=0 duration=0s code=forbidden
}
