package mwtest

import "net/http"

// Discard is a response writer for benchmarks and allocation gates. It can be used
// again after Reset. An httptest.NewRecorder inside a timed loop would cost three
// allocations before the code under test has run.
type Discard struct {
	Code  int // status of the last response, 0 if no response was written
	Bytes int
	h     http.Header
}

// NewDiscard returns an empty Discard.
func NewDiscard() *Discard { return &Discard{h: make(http.Header, 32)} }

// Header implements http.ResponseWriter.
func (d *Discard) Header() http.Header { return d.h }

// WriteHeader implements http.ResponseWriter.
func (d *Discard) WriteHeader(code int) {
	if d.Code == 0 {
		d.Code = code
	}
}

// Write implements http.ResponseWriter.
func (d *Discard) Write(p []byte) (int, error) {
	d.WriteHeader(http.StatusOK)
	d.Bytes += len(p)
	return len(p), nil
}

// WriteString implements io.StringWriter.
func (d *Discard) WriteString(s string) (int, error) {
	d.WriteHeader(http.StatusOK)
	d.Bytes += len(s)
	return len(s), nil
}

// Reset empties the writer and keeps its memory.
func (d *Discard) Reset() {
	clear(d.h)
	d.Code, d.Bytes = 0, 0
}
