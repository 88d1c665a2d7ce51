package bench

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/go-chi/chi/v5/middleware"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// outermostLayers returns the outermost layer of each candidate: a request identifier,
// recovery of panics and one log record.
func outermostLayers() map[string]func(http.Handler) http.Handler {
	logging := must(httperr.New(httperr.Config{Logger: slog.New(slog.NewJSONHandler(io.Discard, nil))}))
	silent := must(httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler)}))
	chiLogger := middleware.RequestLogger(&middleware.DefaultLogFormatter{Logger: log.New(io.Discard, "", 0), NoColor: true})
	return map[string]func(http.Handler) http.Handler{
		ours:       logging.Handler,
		oursSilent: silent.Handler,
		"chi": func(h http.Handler) http.Handler {
			return middleware.RequestID(chiLogger(middleware.Recoverer(h)))
		},
	}
}

const (
	lineAlone  = "the JSON line alone"
	oursSilent = "sallyport, record discarded"
)

// writeLine writes the line of such a request, with the attributes that ours has.
func writeLine(h slog.Handler, now time.Time) error {
	line := slog.NewRecord(now, slog.LevelInfo, "request", 0)
	line.AddAttrs(
		slog.String("correlation_id", "019ab0c4-8a3f-7d5e-9c1b-0f2e6a7b8c9d"), slog.String("method", "GET"), slog.String("route", "unmatched"),
		slog.Int("status", 200), slog.Int64("bytes", 2), slog.Duration("duration", 1234), slog.String("path", "/"), slog.String("peer", "192.0.2.1"),
	)
	return h.Handle(background, line)
}

// outermostScenario has each candidate serve one request, and measures two parts of ours alone.
func outermostScenario(t *testing.T) scenario {
	sc := scenario{name: "outermost layer: ID, recovery, record", workers: 1, keys: 1, names: []string{"/"}, admit: true}
	candidates := outermostLayers()
	for _, name := range []string{ours, "chi", oursSilent} {
		h, w, r := candidates[name](&mwtest.Spy{}), mwtest.NewDiscard(), httptest.NewRequest("GET", "/", nil)
		sc.field = append(sc.field, contender{name, func(int, int) (bool, error) {
			w.Reset()
			h.ServeHTTP(w, r)
			return w.Code == http.StatusOK && w.Bytes == 2, nil
		}})
	}
	handler, now := slog.NewJSONHandler(io.Discard, nil), time.Now()
	sc.field = append(sc.field, contender{lineAlone, func(int, int) (bool, error) { return true, writeLine(handler, now) }})
	return sc
}

// The line of the floor has the attributes of a line of ours.
func TestLineAlone(t *testing.T) {
	attributes := func(write func(slog.Handler)) (names []string) {
		var out bytes.Buffer
		write(slog.NewJSONHandler(&out, nil))
		line := make(map[string]any)
		if err := json.Unmarshal(out.Bytes(), &line); err != nil {
			t.Fatalf("%v: %s", err, out.Bytes())
		}
		return slices.Sorted(maps.Keys(line))
	}
	floor := attributes(func(h slog.Handler) {
		if err := writeLine(h, time.Now()); err != nil {
			t.Error(err)
		}
	})
	mine := attributes(func(h slog.Handler) {
		errs := must(httperr.New(httperr.Config{Logger: slog.New(h)}))
		errs.Handler(&mwtest.Spy{}).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	})
	if !slices.Equal(floor, mine) {
		t.Errorf("the floor has %v, ours %v", floor, mine)
	}
}

func TestOutermostLayersAnswerAlike(t *testing.T) {
	for name, mw := range outermostLayers() {
		spy := &mwtest.Spy{}
		w := httptest.NewRecorder()
		mw(spy).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if spy.Calls() != 1 || w.Code != 200 || w.Body.String() != "ok" {
			t.Errorf("%s: %d calls, %d %q", name, spy.Calls(), w.Code, w.Body)
		}
	}
}

func BenchmarkOutermost(b *testing.B) {
	for name, mw := range outermostLayers() {
		b.Run(name, func(b *testing.B) {
			spy := &mwtest.Spy{}
			h, w, r := mw(spy), mwtest.NewDiscard(), httptest.NewRequest("GET", "/", nil)
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				w.Reset()
				h.ServeHTTP(w, r)
				n++
			}
			if spy.Calls() != n || w.Code != 200 || w.Bytes != 2 {
				b.Fatalf("%d calls for %d requests, status %d, %d bytes", spy.Calls(), n, w.Code, w.Bytes)
			}
		})
	}
}
