package recipes_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/examples/migrate/internal/page"
	"github.com/go-sallyport/sallyport/examples/migrate/services/internal/script"
	"github.com/go-sallyport/sallyport/examples/migrate/services/recipes"
)

var secret = []byte("a secret of thirty-two bytes, or more")

// old is a token of before.
func old(t *testing.T, user string, life time.Duration) []string {
	t.Helper()
	claims := jwt.RegisteredClaims{Subject: user, ExpiresAt: jwt.NewNumericDate(time.Now().Add(life))}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(secret)
	if err != nil {
		t.Fatal(err)
	}
	return []string{"Authorization", "Token " + signed}
}

func token(_ *http.Response, body string) string {
	var in struct{ User struct{ Token string } }
	_ = json.Unmarshal([]byte(body), &in)
	return in.User.Token
}

func TestBothSides(t *testing.T) {
	key, err := jwtissuer.GenerateKey(jwks.ES256)
	if err != nil {
		t.Fatal(err)
	}
	after, err := recipes.After(recipes.NewStore(), recipes.Settings{
		Key: key, OldSecret: secret, Until: time.Now().Add(7 * 24 * time.Hour),
		Sink: audit.Func(func(context.Context, audit.Record) error { return nil }),
	})
	if err != nil {
		t.Fatal(err)
	}
	ann, bob := []string{"Authorization", "Token $ann"}, []string{"Authorization", "Token $bob"}
	soup := "/api/recipes/onion-soup"
	table := script.Sides{Before: recipes.Before(recipes.NewStore(), secret), After: after}.Run(t, []script.Step{
		{Name: "ann", Target: "/api/users", Body: `{"user":{"email":"ann@a.example"}}`, Want: `201 {"user":{"token"`, Save: token},
		{Name: "bob", Target: "/api/users", Body: `{"user":{"email":"bob@a.example"}}`, Want: `201 {"user":{"token"`, Save: token},
		{Name: "no address", Target: "/api/users", Body: `{"user":{"email":"x"}}`, Want: "422"},
		{Name: "add", Target: "/api/recipes", Header: ann, Body: `{"recipe":{"title":"Onion Soup","steps":"boil"}}`,
			Want: `201 {"recipe":{"slug":"onion-soup","title":"Onion Soup","steps":"boil","mine":true}}`},
		{Name: "no token", Target: "/api/recipes", Body: `{"recipe":{"title":"x"}}`, Want: "401"},
		{Name: "public", Target: soup, Want: `200 {"recipe":{"slug":"onion-soup","title":"Onion Soup","steps":"boil","mine":false}}`},
		{Name: "the author", Target: soup, Header: ann, Want: `200 {"recipe":{"slug":"onion-soup","title":"Onion Soup","steps":"boil","mine":true}}`},
		{Name: "the author, with a token of before", Target: soup, Header: old(t, "1", 6*24*time.Hour),
			Want: `200 {"recipe":{"slug":"onion-soup","title":"Onion Soup","steps":"boil","mine":true}}`},
		{Name: "an expired token on a public page", Target: soup, Header: old(t, "1", -time.Hour),
			Want: `200 {"recipe":{"slug":"onion-soup","title":"Onion Soup","steps":"boil","mine":false}}`},
		{Name: "change one member", Method: "PUT", Target: soup, Header: ann, Body: `{"recipe":{"steps":"boil twice"}}`,
			Want: `200 {"recipe":{"slug":"onion-soup","title":"Onion Soup","steps":"boil twice","mine":true}}`},
		{Name: "missing", Target: "/api/recipes/x", Want: "404"},

		{Name: "a taken address", Target: "/api/users", Body: `{"user":{"email":"ann@a.example"}}`,
			Want: `422 {"errors":{"email":["is taken"]}`},
		{Name: "no title", Target: "/api/recipes", Header: ann, Body: `{"recipe":{}}`, Want: "422"},
		{Name: "a body that is no JSON", Target: "/api/recipes", Header: ann, Body: `{`, Want: "422", Differ: "400"},
		{Name: "another user changes it", Method: "PUT", Target: soup, Header: bob, Body: `{"recipe":{"title":"x"}}`, Want: "403", Differ: "404"},
		{Name: "a forged token on a public page", Target: soup, Header: []string{"Authorization", "Token a.b.c"}, Want: "200", Differ: "401"},
		{Name: "a preflight for a method of no route", Method: "OPTIONS", Target: "/api/recipes", Header: []string{"Origin", "https://a.example",
			"Access-Control-Request-Method", "PATCH"}, Want: "204", Differ: "403"},
	})
	page.Check(t, map[string]string{"differences": table})
}
