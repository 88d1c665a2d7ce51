package compose

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/felixge/httpsnoop"
)

// opaque hides every optional method of a writer.
type opaque struct{ w http.ResponseWriter }

func (o opaque) Header() http.Header         { return o.w.Header() }
func (o opaque) Write(p []byte) (int, error) { return o.w.Write(p) }
func (o opaque) WriteHeader(status int)      { o.w.WriteHeader(status) }

// unwrapped hides them from type assertions alone.
type unwrapped struct{ http.ResponseWriter }

func (u unwrapped) Unwrap() http.ResponseWriter { return u.ResponseWriter }

// editing changes the headers before they are sent, and keeps every method.
func editing(edit func(http.Header)) func(http.ResponseWriter) http.ResponseWriter {
	return func(w http.ResponseWriter) http.ResponseWriter {
		begun := false
		begin := func() {
			if !begun {
				begun = true
				edit(w.Header())
			}
		}
		return httpsnoop.Wrap(w, httpsnoop.Hooks{
			WriteHeader: func(next httpsnoop.WriteHeaderFunc) httpsnoop.WriteHeaderFunc {
				return func(status int) {
					if status >= 200 {
						begin()
					}
					next(status)
				}
			},
			Write: func(next httpsnoop.WriteFunc) httpsnoop.WriteFunc {
				return func(p []byte) (int, error) { begin(); return next(p) }
			},
			ReadFrom: func(next httpsnoop.ReadFromFunc) httpsnoop.ReadFromFunc {
				return func(src io.Reader) (int64, error) { begin(); return next(src) }
			},
			Flush: func(next httpsnoop.FlushFunc) httpsnoop.FlushFunc {
				return func() { begin(); next() }
			},
		})
	}
}

// late keeps the flushes until the handler returns, and drops them.
func late(w http.ResponseWriter) http.ResponseWriter {
	return httpsnoop.Wrap(w, httpsnoop.Hooks{
		Flush: func(httpsnoop.FlushFunc) httpsnoop.FlushFunc { return func() {} },
	})
}

// brokenChains are chains with one fault each.
func brokenChains(good middleware) map[string]middleware {
	wrapping := func(wrap func(http.ResponseWriter) http.ResponseWriter) middleware {
		return func(next http.Handler) http.Handler {
			return good(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(wrap(w), r) }))
		}
	}
	without := func(names ...string) middleware {
		return wrapping(editing(func(h http.Header) {
			for _, n := range names {
				delete(h, n)
			}
		}))
	}
	return map[string]middleware{
		"hides the optional methods":     wrapping(func(w http.ResponseWriter) http.ResponseWriter { return opaque{w} }),
		"hides them from assertions":     wrapping(func(w http.ResponseWriter) http.ResponseWriter { return unwrapped{w} }),
		"removes Content-Encoding":       without("Content-Encoding"),
		"removes Trailer":                without("Trailer"),
		"removes ETag and Last-Modified": without("Etag", "Last-Modified"),
		"adds a header":                  wrapping(editing(func(h http.Header) { h.Set("X-Debug", "1") })),
		"replaces Vary":                  wrapping(editing(func(h http.Header) { h.Set("Vary", "Origin") })),
		"answers 200 for 404": wrapping(func(w http.ResponseWriter) http.ResponseWriter {
			return httpsnoop.Wrap(w, httpsnoop.Hooks{WriteHeader: func(next httpsnoop.WriteHeaderFunc) httpsnoop.WriteHeaderFunc {
				return func(status int) {
					if status == 404 {
						status = 200
					}
					next(status)
				}
			}})
		}),
		"does not flush": wrapping(late),
		"drops informational responses": wrapping(func(w http.ResponseWriter) http.ResponseWriter {
			return httpsnoop.Wrap(w, httpsnoop.Hooks{WriteHeader: func(next httpsnoop.WriteHeaderFunc) httpsnoop.WriteHeaderFunc {
				return func(status int) {
					if status >= 200 || status == 101 {
						next(status)
					}
				}
			}})
		}),
		"hides CloseNotify alone": wrapping(func(w http.ResponseWriter) http.ResponseWriter {
			if h, ok := w.(http.Hijacker); ok {
				return struct {
					unwrapped
					http.Flusher
					http.Hijacker
					io.ReaderFrom
					io.StringWriter
				}{unwrapped{w}, w.(http.Flusher), h, w.(io.ReaderFrom), w.(io.StringWriter)}
			}
			return w
		}),
		"swallows an abort": func(next http.Handler) http.Handler {
			return good(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer func() { _ = recover() }()
				next.ServeHTTP(w, r)
			}))
		},
		"reads the body first": func(next http.Handler) http.Handler {
			return good(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.Body = http.NoBody
				next.ServeHTTP(w, r)
			}))
		},
	}
}

// The comparison finds each fault of a chain that is broken on purpose.
func TestBrokenChainsAreFound(t *testing.T) {
	rows := append(standardLibrary(t), foreign()...)
	rows = append(rows, pages())
	compressed := func(h http.Handler) http.Handler { return compressors()["chi Compress"](h) }
	for name, broken := range brokenChains(chain(t)) {
		t.Run(name, func(t *testing.T) {
			for _, r := range rows {
				for _, protocol := range protocols {
					if r.protocol != "" && r.protocol != protocol || strings.Contains(r.name, "optional") && !strings.HasPrefix(name, "hides") {
						continue
					}
					layers := none
					if r.name == "pages" {
						layers = compressed
					}
					found := differences(transcribe(t, protocol, layers, r), transcribe(t, protocol, func(h http.Handler) http.Handler { return broken(layers(h)) }, r))
					if found = undocumented(r.name, found); len(found) > 0 {
						t.Logf("found by %s, %s: %s", r.name, protocol, found[0])
						return
					}
				}
			}
			t.Error("not found")
		})
	}
}

// A refusal without its Content-Encoding, or with the page that Seal replaces, is
// found.
func TestBrokenRefusalsAreFound(t *testing.T) {
	good := outermost(t)
	noEncoding := func(next http.Handler) http.Handler {
		return good(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(editing(func(h http.Header) { delete(h, "Content-Encoding") })(w), r)
		}))
	}
	for name, found := range map[string][]string{
		"no Content-Encoding": checkRefusals(t, noEncoding, func(h http.Handler) http.Handler { return h }),
		"nothing is sealed":   checkRefusals(t, good, none),
	} {
		if len(found) == 0 {
			t.Errorf("%s: not found", name)
		}
	}
}
