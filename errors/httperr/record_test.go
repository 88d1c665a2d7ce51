package httperr_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// The record has the status and the bytes that were sent, and not the output of
// the handler.
func TestRecordOfUnsentOutput(t *testing.T) {
	spy := &mwtest.Spy{}
	if r := recorded(t, httperr.Config{}, spy, httptest.NewRequest("HEAD", "/", nil)); r.Bytes != 0 || r.Status != 200 {
		t.Errorf("HEAD: %d with %d bytes", r.Status, r.Bytes)
	}
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("panic %v", p)
		}
	}()
	recorded(t, httperr.Config{Sink: audit.Func(func(_ context.Context, r audit.Record) error {
		if r.Status != 0 || !r.Aborted {
			t.Errorf("aborted before the response: %d, aborted: %v", r.Status, r.Aborted)
		}
		return nil
	})}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), httptest.NewRequest("GET", "/", nil))
}

func TestRecord(t *testing.T) {
	logger, records := mwtest.Log()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /notes/{id}", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "12345") })
	mux.Handle("GET /taken", httperr.HandlerFunc(func(http.ResponseWriter, *http.Request) error {
		return errTaken.With(errors.New("line\r\nforged\u202e" + strings.Repeat("x", 4000)))
	}))
	h := newMiddleware(t, logger).Handler(httperr.WrapMux(mux))
	for _, target := range []string{"/notes/hunter2?token=hunter2", "/taken", "/nowhere/hunter2"} {
		h.ServeHTTP(mwtest.NewDiscard(), httptest.NewRequest("GET", target, nil))
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Method = "HUNTER2"
	h.ServeHTTP(mwtest.NewDiscard(), r)

	all := records()
	want := []map[string]any{
		{"method": "GET", "route": "/notes/{id}", "status": 200.0, "bytes": 5.0, "level": "INFO", "code": nil, "cause": nil},
		{"method": "GET", "route": "/taken", "status": 409.0, "level": "INFO", "code": "name_taken"},
		{"method": "GET", "route": "unmatched", "status": 404.0, "code": "not_found", "cause": nil},
		{"method": "other", "route": "unmatched", "status": 404.0, "code": "not_found"},
	}
	if len(all) != len(want) {
		t.Fatalf("%d records: %v", len(all), all)
	}
	for i, w := range want {
		for k, v := range w {
			if all[i][k] != v {
				t.Errorf("record %d: %s = %v, want %v", i, k, all[i][k], v)
			}
		}
		if s, _ := json.Marshal(all[i]); bytes.Contains(bytes.ToLower(s), []byte("hunter2")) {
			t.Errorf("record %d holds input of the client: %s", i, s)
		}
	}
	cause := all[1]["cause"].(string)
	if strings.ContainsAny(cause, "\r\n\u202e") || len(cause) > 2200 || !strings.HasSuffix(cause, "(truncated)") {
		t.Errorf("cause %q", cause)
	}
}
