package httperr_test

import (
	"compress/gzip"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// announce compresses like gorilla/handlers.CompressHandler: it sets
// Content-Encoding before the handler runs.
func announce(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Add("Vary", "Accept-Encoding")
		z := gzip.NewWriter(w)
		next.ServeHTTP(announced{w, z}, r)
		z.Close() // not after a panic
	})
}

type announced struct {
	http.ResponseWriter
	z *gzip.Writer
}

func (a announced) WriteHeader(status int) {
	a.Header().Del("Content-Length")
	a.ResponseWriter.WriteHeader(status)
}
func (a announced) Write(p []byte) (int, error) { return a.z.Write(p) }
func (a announced) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// readable replaces the body of res by the text that a client reads, and fails t
// if the body is not what Content-Encoding says.
func readable(t *testing.T, res *http.Response) {
	t.Helper()
	switch encoding := res.Header.Values("Content-Encoding"); {
	case len(encoding) == 0:
	case len(encoding) == 1 && encoding[0] == "gzip":
		z, err := gzip.NewReader(res.Body)
		if err != nil {
			t.Errorf("Content-Encoding gzip, and the body is not: %v", err)
			return
		}
		res.Body = io.NopCloser(z)
	default:
		t.Errorf("Content-Encoding %q", encoding)
	}
}

// A refusal has the encoding that its Content-Encoding says, however a compressor,
// Seal, WrapMux and layers that wrap the writer stand to each other.
func TestContentEncodingOfARefusal(t *testing.T) {
	returns := func(err error) http.Handler {
		return httperr.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return err })
	}
	writes := func(err error) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { httperr.Write(w, r, err) })
	}
	encoded := func(w http.ResponseWriter) { w.Header().Set("Content-Encoding", "br") }
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, errPrivate.Error(), http.StatusServiceUnavailable)
	})
	chain := newMiddleware(t, nil).Handler
	for name, tc := range map[string]struct {
		h      http.Handler
		status int
		code   string
	}{
		"between, returned":            {chain(announce(returns(errTaken))), 409, "name_taken"},
		"between, written":             {chain(announce(writes(errTaken))), 409, "name_taken"},
		"between, failed":              {chain(announce(returns(errUnavailable))), 503, "unavailable"},
		"between, of the mux":          {chain(announce(httperr.WrapMux(http.NewServeMux()))), 404, "not_found"},
		"between, sealed inside":       {chain(announce(httperr.Seal(returns(errUnavailable)))), 503, "unavailable"},
		"between, sealed page":         {chain(announce(httperr.Seal(page))), 503, "unavailable"},
		"between, sealed outside":      {chain(httperr.Seal(announce(returns(errUnavailable)))), 503, "unavailable"},
		"between, page sealed outside": {chain(httperr.Seal(announce(page))), 503, "unavailable"},
		"between, panic":               {chain(announce(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(errPrivate) }))), 500, "internal_error"},
		"between, behind a wrapper":    {chain(announce(rewrap(returns(errTaken)))), 409, "name_taken"},
		"between, own encoding": {chain(announce(httperr.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) error {
			encoded(w)
			return errTaken
		}))), 409, "name_taken"},
		"outside, returned": {announce(chain(returns(errTaken))), 409, "name_taken"},
		"outside, written":  {announce(chain(writes(errTaken))), 409, "name_taken"},
		"outside, sealed":   {announce(chain(httperr.Seal(page))), 503, "unavailable"},
		"outside, panic":    {announce(chain(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(errPrivate) }))), 500, "internal_error"},
		"no chain":          {announce(returns(errTaken)), 409, "name_taken"},
		"no chain, written": {announce(writes(errTaken)), 409, "name_taken"},
		"none, own encoding": {chain(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			encoded(w)
			httperr.Write(w, r, errTaken)
		})), 409, "name_taken"},
		"none, own encoding behind a wrapper": {chain(rewrap(httperr.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) error {
			encoded(w)
			return errTaken
		}))), 409, "name_taken"},
		"none, own encoding and a panic": {chain(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			encoded(w)
			panic(errors.New("x"))
		})), 500, "internal_error"},
	} {
		t.Run(name, func(t *testing.T) {
			serve(t, tc.h, func(t *testing.T, srv *httptest.Server) {
				srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
				req, err := http.NewRequest("GET", srv.URL, nil)
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Accept-Encoding", "gzip") // else the client decodes by itself
				res, err := srv.Client().Do(req)
				if err != nil {
					t.Fatal(err)
				}
				readable(t, res)
				mwtest.Refused(t, res, tc.status, tc.code)
			})
		})
	}
}
