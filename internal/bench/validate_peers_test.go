package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/go-playground/validator/v10"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
)

// A taker is a server of orders. It decodes and validates the body, and answers 204 if
// the body is valid.
type taker struct {
	name string
	h    http.Handler
}

func takers(t *testing.T) []taker {
	huma := humaTaker(1<<20, func(in *order) {
		if len(in.Items) == 0 {
			panic("not decoded")
		}
	})
	return []taker{{ours, ourTaker()}, {"huma", huma}, {"kin-openapi", kinTaker[order](t, openAPI("order"))}, {plainName, plainTaker[order](1 << 20)}}
}

func ourTaker() http.Handler {
	orders, err := validate.New[order](validate.Config{IgnoreTags: []string{"pattern"}}) // a rule of huma
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /orders", validate.Handle(orders, func(_ context.Context, in *order) (*struct{}, error) {
		if len(in.Items) == 0 {
			panic("not decoded")
		}
		return nil, nil
	}))
	return mux
}

func humaTaker[T any](most int64, look func(*T)) http.Handler {
	mux := http.NewServeMux()
	huma.Post(humago.New(mux, huma.DefaultConfig("orders", "1")), "/orders", func(_ context.Context, in *struct{ Body T }) (*struct{}, error) {
		look(&in.Body)
		return nil, nil
	}, func(o *huma.Operation) { o.MaxBodyBytes = most })
	return mux
}

// kinTaker validates the body as the documentation shows it, and decodes it once more,
// because the filter keeps no value.
func kinTaker[T any](t *testing.T, spec string) http.Handler {
	doc, err := openapi3.NewLoader().LoadFromData([]byte(spec))
	if err != nil {
		t.Fatal(err)
	}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		route, params, err := router.FindRoute(r)
		if err == nil {
			err = openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route})
		}
		var in T
		if err == nil {
			err = json.NewDecoder(r.Body).Decode(&in)
		}
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// plainTaker is the code of a team that uses no library but the validator.
func plainTaker[T any](most int64) http.Handler {
	v := validator.New(validator.WithRequiredStructEnabled())
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders", func(w http.ResponseWriter, r *http.Request) {
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, most))
		d.DisallowUnknownFields()
		var in T
		if d.Decode(&in) != nil || v.Struct(&in) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

// rewindable is a body that can be read again.
type rewindable struct{ strings.Reader }

func (*rewindable) Close() error { return nil }

// contend sends the body repeatedly.
func (k taker) contend(body string) contender {
	b, w := &rewindable{}, mwtest.NewDiscard()
	r := &http.Request{
		Method: "POST", URL: &url.URL{Path: "/orders"}, Host: "api.example", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: int64(len(body)), RemoteAddr: "10.0.0.1:4711",
	}
	return contender{k.name, func(int, int) (bool, error) {
		b.Reset(body)
		r.Body = b
		w.Reset()
		k.h.ServeHTTP(w, r)
		if w.Code != http.StatusNoContent && w.Code/100 != 4 {
			return false, fmt.Errorf("status %d", w.Code)
		}
		return w.Code == http.StatusNoContent, nil
	}}
}
