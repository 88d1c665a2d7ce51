package bench

import (
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-chi/chi/v5/middleware"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// outermostLayers returns the outermost layer of each candidate: a request identifier,
// recovery of panics and one log record.
func outermostLayers(t testing.TB) map[string]func(http.Handler) http.Handler {
	ours, err := httperr.New(httperr.Config{Logger: slog.New(slog.NewJSONHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	chiLogger := middleware.RequestLogger(&middleware.DefaultLogFormatter{Logger: log.New(io.Discard, "", 0), NoColor: true})
	return map[string]func(http.Handler) http.Handler{
		"sallyport": ours.Handler,
		"chi": func(h http.Handler) http.Handler {
			return middleware.RequestID(chiLogger(middleware.Recoverer(h)))
		},
	}
}

// outermostScenario has each candidate serve one request.
func outermostScenario(t *testing.T) scenario {
	sc := scenario{name: "outermost layer: ID, recovery, record", workers: 1, keys: 1, names: []string{"/"}, admit: true}
	candidates := outermostLayers(t)
	for _, name := range []string{"sallyport", "chi"} {
		h, w, r := candidates[name](&mwtest.Spy{}), mwtest.NewDiscard(), httptest.NewRequest("GET", "/", nil)
		sc.field = append(sc.field, contender{name, func(int, int) (bool, error) {
			w.Reset()
			h.ServeHTTP(w, r)
			return w.Code == http.StatusOK && w.Bytes == 2, nil
		}})
	}
	return sc
}

func TestOutermostLayersAnswerAlike(t *testing.T) {
	for name, mw := range outermostLayers(t) {
		spy := &mwtest.Spy{}
		w := httptest.NewRecorder()
		mw(spy).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if spy.Calls() != 1 || w.Code != 200 || w.Body.String() != "ok" {
			t.Errorf("%s: %d calls, %d %q", name, spy.Calls(), w.Code, w.Body)
		}
	}
}

func BenchmarkOutermost(b *testing.B) {
	for name, mw := range outermostLayers(b) {
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
