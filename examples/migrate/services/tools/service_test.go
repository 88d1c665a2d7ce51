package tools_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/authn/authntest"
	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/examples/migrate/internal/page"
	"github.com/go-sallyport/sallyport/examples/migrate/services/internal/script"
	"github.com/go-sallyport/sallyport/examples/migrate/services/tools"
)

var secret = []byte("a secret of thirty-two bytes, or more")

const issuer = "https://id.example"

func old(t *testing.T, user string) string {
	t.Helper()
	claims := jwt.RegisteredClaims{Subject: user, ExpiresAt: jwt.NewNumericDate(time.Now().Add(time.Hour))}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(secret)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// A journal keeps the routes and the statuses of the records.
type journal struct {
	mu  sync.Mutex
	all map[string]int
}

func (j *journal) emit(_ context.Context, r audit.Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.all[r.Route]++
	if r.Status == 0 || r.Bytes == 0 && r.Status != http.StatusNoContent {
		j.all["a record without a status or a body"]++
	}
	return nil
}

func TestBothSides(t *testing.T) {
	iss := authntest.NewIssuer(t, issuer, "https://tools.example")
	j := &journal{all: map[string]int{}}
	after, err := tools.After(tools.NewStore(), tools.Settings{
		Issuer: issuer, Keys: iss, OldSecret: secret, Until: time.Now().Add(24 * time.Hour), Sink: audit.Func(j.emit),
	})
	if err != nil {
		t.Fatal(err)
	}
	ann, bob := []string{"Authorization", old(t, "ann")}, []string{"Authorization", old(t, "bob")}
	table := script.Sides{Before: tools.Before(tools.NewStore(), secret), After: after}.Run(t, []script.Step{
		{Name: "no token", Target: "/tools", Body: `{"name":"saw","days":3}`, Want: `401 {"error":"un`},
		{Name: "a token without a scheme", Target: "/tools", Header: ann, Body: `{"name":"saw","days":3}`, Want: `201 {"id":1,"name":"saw","days":3}`},
		{Name: "a token in the query", Target: "/tools?access_token=" + old(t, "ann"), Body: `{"name":"axe","days":3}`, Want: `201 {"id":2,`},
		{Name: "no name", Target: "/tools", Header: ann, Body: `{"days":3}`, Want: `422 {"fields":{"Name":"required"}`},
		{Name: "an empty name", Target: "/tools", Header: ann, Body: `{"name":"","days":3}`, Want: `422 {"fields":{"Name":"required"}`},
		{Name: "too many days", Target: "/tools", Header: ann, Body: `{"name":"saw","days":31}`, Want: `422 {"fields":{"Days":"lte"}`},
		{Name: "a page", Target: "/tools?offset=1&limit=1", Want: `200 [{"id":2,"name":"axe","days":3}]`},
		{Name: "the first page", Target: "/tools", Want: `200 [{"id":1,`},
		{Name: "a page too large", Target: "/tools?limit=101", Want: `422 {"fields":{"Limit":"lte"}`},
		{Name: "change one member", Method: "PUT", Target: "/tools/1", Header: ann, Body: `{"days":5}`, Want: `200 {"id":1,"name":"saw","days":5}`},
		{Name: "missing", Method: "PUT", Target: "/tools/9", Header: ann, Body: `{"days":5}`, Want: "404"},
		{Name: "no such route", Target: "/screws", Want: "404"},

		{Name: "another user changes the tool", Method: "PUT", Target: "/tools/1", Header: bob, Body: `{"days":7}`,
			Want: `200 {"id":1,"name":"saw","days":7}`, Differ: `404 {"error":"not_found"`},
		{Name: "another method", Method: "DELETE", Target: "/tools", Want: "404", Differ: `405 {"error":"method_not_allowed"`},
		{Name: "a brace too many", Target: "/tools", Header: ann, Body: `{"name":"rake","days":3}}`, Want: `201 {"id":3`, Differ: "400"},
		{Name: "a member that is not known", Target: "/tools", Header: ann, Body: `{"name":"rake","days":3,"id":1}`, Want: `201 {"id":4`, Differ: "422"},
		{Name: "a parameter that is not known", Target: "/tools?limt=1", Want: `200 [{"id":1`, Differ: "422"},
		{Name: "an empty parameter", Target: "/tools?limit=", Want: `200 [{"id":1`},
	})
	for route, want := range map[string]bool{"/tools": true, "/tools/:id": true, "unmatched": true, "a record without a status or a body": false} {
		if (j.all[route] > 0) != want {
			t.Errorf("%s: %d records", route, j.all[route])
		}
	}
	page.Check(t, map[string]string{"differences": table})
}

// A token of the identity provider passes after the move.
func TestNewTokens(t *testing.T) {
	iss := authntest.NewIssuer(t, issuer, "https://tools.example")
	after, err := tools.After(tools.NewStore(), tools.Settings{
		Issuer: issuer, Keys: iss, OldSecret: secret, Until: time.Now().Add(-time.Hour),
		Sink: audit.Func(func(context.Context, audit.Record) error { return nil }),
	})
	if err != nil {
		t.Fatal(err)
	}
	script.Sides{Before: after, After: after}.Run(t, []script.Step{
		{Name: "new", Target: "/tools", Header: []string{"Authorization", "Bearer " + iss.Token("ann")}, Body: `{"name":"saw","days":3}`, Want: "201"},
		{Name: "old, after the date", Target: "/tools", Header: []string{"Authorization", old(t, "ann")}, Body: `{"name":"saw","days":3}`, Want: "401"},
	})
}
