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

// outermost is what each candidate offers for the outermost layer: an
// identifier of the request, recovery of panics and one record of it.
func outermost(t testing.TB) map[string]func(http.Handler) http.Handler {
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

// outermostScenario has one request served by each candidate.
func outermostScenario(t *testing.T) scenario {
	sc := scenario{name: "outermost layer: ID, recovery, record", workers: 1, keys: 1, names: []string{"/"}, admit: true}
	candidates := outermost(t)
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

func TestOutermostAnswersAlike(t *testing.T) {
	for name, mw := range outermost(t) {
		spy := &mwtest.Spy{}
		w := httptest.NewRecorder()
		mw(spy).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if spy.Calls() != 1 || w.Code != 200 || w.Body.String() != "ok" {
			t.Errorf("%s: %d calls, %d %q", name, spy.Calls(), w.Code, w.Body)
		}
	}
}

func BenchmarkOutermost(b *testing.B) {
	for name, mw := range outermost(b) {
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
