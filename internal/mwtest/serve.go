package mwtest

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Must returns a function that takes the result of a constructor, and fails t
// if there is an error: Must[*cors.Middleware](t)(cors.New(cfg)).
func Must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// Do serves one request and returns the response.
func Do(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// Log returns a logger, and a function that returns the records logged since its last
// call, each as a map.
func Log() (*slog.Logger, func() []map[string]any) {
	var b Buffer
	return slog.New(slog.NewJSONHandler(&b, nil)), b.records
}

// Buffer collects the output of one goroutine for another goroutine to read.
type Buffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// String returns the collected output.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func (b *Buffer) records() (all []map[string]any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	dec := json.NewDecoder(&b.buf)
	for {
		var m map[string]any
		if dec.Decode(&m) != nil {
			b.buf.Reset()
			return all
		}
		all = append(all, m)
	}
}
