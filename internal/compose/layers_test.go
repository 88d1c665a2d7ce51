package compose

import (
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/NYTimes/gziphandler"
	"github.com/alexedwards/scs/v2"
	"github.com/felixge/httpsnoop"
	chimw "github.com/go-chi/chi/v5/middleware"
	"github.com/gorilla/csrf"
	"github.com/gorilla/handlers"
	"github.com/klauspost/compress/gzhttp"
	"github.com/urfave/negroni/v3"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
)

// compressors are the layers that change the encoding of a body.
func compressors() map[string]middleware {
	return map[string]middleware{
		"chi Compress":                     chimw.Compress(5),
		"gorilla/handlers CompressHandler": handlers.CompressHandler,
		"klauspost gzhttp":                 func(h http.Handler) http.Handler { return gzhttp.GzipHandler(h) },
		"NYTimes gziphandler":              gziphandler.GzipHandler,
	}
}

// recoverers are the layers that recover a panic and answer it themselves.
func recoverers() map[string]middleware {
	return map[string]middleware{
		"chi Recoverer":                    silently(chimw.Recoverer),
		"gorilla/handlers RecoveryHandler": handlers.RecoveryHandler(handlers.RecoveryLogger(log.New(io.Discard, "", 0))),
		"negroni Recovery": func(h http.Handler) http.Handler {
			recovery := negroni.NewRecovery()
			recovery.Logger = log.New(io.Discard, "", 0)
			n := negroni.New(recovery)
			n.UseHandler(h)
			return n
		},
	}
}

// silently gives a layer of chi a log entry that prints nothing.
func silently(m middleware) middleware {
	logger := chimw.RequestLogger(noLog{})
	return func(h http.Handler) http.Handler { return logger(m(h)) }
}

type noLog struct{}

func (noLog) NewLogEntry(*http.Request) chimw.LogEntry                { return noLog{} }
func (noLog) Write(int, int, http.Header, time.Duration, interface{}) {}
func (noLog) Panic(interface{}, []byte)                               {}

// others are the layers that do neither.
func others() map[string]middleware {
	sessions := scs.New()
	return map[string]middleware{
		"chi Timeout":         chimw.Timeout(time.Hour),
		"chi Logger":          chimw.RequestLogger(&chimw.DefaultLogFormatter{Logger: log.New(io.Discard, "", 0)}),
		"chi StripSlashes":    chimw.StripSlashes,
		"chi Heartbeat":       chimw.Heartbeat("/ping"),
		"chi Throttle":        chimw.Throttle(10),
		"chi RequestID":       chimw.RequestID,
		"chi NoCache":         chimw.NoCache,
		"chi URLFormat":       chimw.URLFormat,
		"gorilla logging":     func(h http.Handler) http.Handler { return handlers.CombinedLoggingHandler(io.Discard, h) },
		"gorilla/csrf":        csrf.Protect([]byte(strings.Repeat("k", 32)), csrf.Secure(false)),
		"otelhttp":            otelhttp.NewMiddleware("server"),
		"scs LoadAndSave":     func(h http.Handler) http.Handler { return sessions.LoadAndSave(remember(sessions, h)) },
		"negroni":             func(h http.Handler) http.Handler { n := negroni.New(); n.UseHandler(h); return n },
		"httpsnoop":           snoop,
		"MaxBytesHandler":     func(h http.Handler) http.Handler { return http.MaxBytesHandler(h, 1<<20) },
		"CrossOrigin":         http.NewCrossOriginProtection().Handler,
		"http.TimeoutHandler": func(h http.Handler) http.Handler { return http.TimeoutHandler(h, time.Hour, "late") },
	}
}

func remember(sessions *scs.SessionManager, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sessions.Put(r.Context(), "visits", sessions.GetInt(r.Context(), "visits")+1)
		h.ServeHTTP(w, r)
	})
}

func snoop(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { httpsnoop.CaptureMetrics(h, w, r) })
}

// pages are handlers of an ordinary service, which a layer in front changes.
func pages() row {
	mux := http.NewServeMux()
	long := strings.Repeat(`{"title":"note"},`, 2000)
	mux.HandleFunc("GET /short", ok)
	mux.HandleFunc("GET /long", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", fmt.Sprint(len(long)))
		io.WriteString(w, long)
	})
	mux.HandleFunc("GET /copied", func(w http.ResponseWriter, _ *http.Request) { io.Copy(w, strings.NewReader(long)) })
	mux.HandleFunc("GET /empty", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })
	mux.HandleFunc("GET /forbidden", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) })
	mux.HandleFunc("GET /fails", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "pq: failed", http.StatusInternalServerError)
	})
	mux.HandleFunc("GET /hints", hints)
	mux.HandleFunc("GET /trailers", trailers)
	mux.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })
	zip := "Accept-Encoding: gzip"
	return plain("pages", mux, get("/short"), get("/short", zip), get("/long"), get("/long", zip), get("/copied", zip), get("/empty", zip),
		get("/forbidden", zip), get("/fails", zip), get("/hints", zip), get("/trailers", zip), get("/nothing", zip), get("/short/", zip),
		get("/ping"), get("/short.json"), request{method: "HEAD", path: "/long", header: zip}, request{method: "POST", path: "/echo", body: "text"})
}

// Each layer of another project works in front of the chain and behind it, as it
// does without the chain.
func TestForeignLayers(t *testing.T) {
	ours := chain(t)
	for _, kind := range []map[string]middleware{compressors(), recoverers(), others()} {
		for name, layer := range kind {
			rows := []row{pages()}
			if name != "http.TimeoutHandler" { // it buffers
				rows = append(rows, lockstep("flush", func(w http.ResponseWriter, part string) {
					io.WriteString(w, part)
					_ = http.NewResponseController(w).Flush()
				}))
			}
			compare(t, named(name+" behind", rows), layer, func(h http.Handler) http.Handler { return ours(layer(h)) })
			compare(t, named(name+" in front", rows), layer, func(h http.Handler) http.Handler { return layer(ours(h)) })
		}
	}
}

// named returns the rows with a prefix in their names.
func named(prefix string, rows []row) []row {
	rows = slices.Clone(rows)
	for i := range rows {
		rows[i].name = prefix + ", " + rows[i].name
	}
	return rows
}

func init() { slog.SetDefault(slog.New(slog.DiscardHandler)) }
