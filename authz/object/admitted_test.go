package object_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// Two guards of one type on one route keep their objects apart.
func TestTwoGuardsOfOneType(t *testing.T) {
	source, target := newShelf(annsNote()), newShelf(&note{ID: "2", Issuer: issuer, Subject: "ann", Tenant: "acme"})
	to := target.config()
	to.Name, to.Wildcard = "target", "to"
	a, b := build(t, source.config()), build(t, to)
	spy := &mwtest.Spy{}
	r := request(ann(), "POST", "1")
	r.SetPathValue("to", "2")
	a.Handler(b.Handler(spy)).ServeHTTP(httptest.NewRecorder(), r)
	if spy.Calls() != 1 {
		t.Fatal("the handler did not run")
	}
	ctx := spy.Last().Context()
	first, _ := a.From(ctx)
	second, _ := b.From(ctx)
	if first != source.notes["1"] || second != target.notes["2"] {
		t.Errorf("%v and %v", first, second)
	}
	if other, ok := build(t, source.config()).From(ctx); ok {
		t.Errorf("a guard that did not run returns %v", other)
	}
}

func TestFromOutsideOfTheGuard(t *testing.T) {
	notes := build(t, newShelf(annsNote()).config())
	for name, ctx := range map[string]context.Context{
		"nothing":     context.Background(),
		"a principal": authn.NewContext(context.Background(), ann()),
	} {
		if got, ok := notes.From(ctx); got != nil || ok {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// An object was checked for one caller. After an inner authn has replaced the caller, it is
// not handed out.
func TestFromForAnotherCaller(t *testing.T) {
	notes := build(t, newShelf(annsNote()).config())
	for name, tc := range map[string]struct {
		p  *authn.Principal
		ok bool
	}{
		"the same caller, authenticated again": {changed(func(p *authn.Principal) { p.TokenID = "2" }), true},
		"another subject":                      {changed(func(p *authn.Principal) { p.Subject = "bob" }), false},
		"another issuer":                       {changed(func(p *authn.Principal) { p.Issuer = "https://other.example" }), false},
		"another tenant":                       {changed(func(p *authn.Principal) { p.Tenant = "other" }), false},
	} {
		spy := &mwtest.Spy{Respond: func(_ http.ResponseWriter, r *http.Request) {
			if got, ok := notes.From(r.Context()); ok != tc.ok || (got != nil) != tc.ok {
				t.Errorf("%s: %v, %v", name, got, ok)
			}
		}}
		notes.Handler(as(tc.p, spy)).ServeHTTP(httptest.NewRecorder(), request(ann(), "GET", "1"))
		if spy.Calls() != 1 {
			t.Errorf("%s: the handler did not run", name)
		}
	}
}

// The context prints no member of the object, and passes on the values, the end and the record
// of the context around it.
func TestContextOfTheHandler(t *testing.T) {
	secret := annsNote()
	secret.List = "s3cret"
	notes := build(t, newShelf(secret).config())
	spy := &mwtest.Spy{}
	r := request(ann(), "GET", "1")
	ctx, cancel := context.WithCancel(r.Context())
	r = r.WithContext(ctx)
	notes.Handler(spy).ServeHTTP(httptest.NewRecorder(), r)
	got := spy.Last().Context()
	for _, verb := range []string{"%v", "%+v", "%s", "%#v"} {
		if s := fmt.Sprintf(verb, got); strings.Contains(s, "s3cret") || strings.Contains(s, "acme") {
			t.Errorf("%s printed %s", verb, s)
		}
	}
	if carrier.From(got) == nil || carrier.From(got) != carrier.From(r.Context()) {
		t.Error("the record is another one")
	}
	cancel()
	if got.Err() == nil {
		t.Error("the end of the request does not pass through")
	}
}

// A mux inside the guard notes its pattern in the copy, and outer layers read it from their own
// request.
func TestPatternOfAnInnerMux(t *testing.T) {
	notes := build(t, newShelf(annsNote()).config())
	mux := http.NewServeMux()
	mux.Handle("GET /notes/x", &mwtest.Spy{})
	r := request(ann(), "GET", "1")
	notes.Handler(mux).ServeHTTP(httptest.NewRecorder(), r)
	if r.Pattern != "GET /notes/x" {
		t.Errorf("pattern %q", r.Pattern)
	}
}
