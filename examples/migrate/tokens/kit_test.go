package tokens

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/examples/migrate/internal/page"
)

var secret = []byte("a secret of thirty-two bytes, or more")

// TestPage holds the page to the code and to what both sides answer.
func TestPage(t *testing.T) {
	outputs := map[string]string{}
	for _, measure := range []func(*testing.T) map[string]string{
		golangJWT, short, steps, shadowed, chiJWT, auth0Tokens, goOIDC, oldCookies, login, otherPlaces,
	} {
		maps.Copy(outputs, measure(t))
	}
	page.Check(t, outputs)
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func guard(t *testing.T, a authn.Authenticator) *authn.Middleware {
	t.Helper()
	return must[*authn.Middleware](t)(authn.New(authn.Config{Authenticators: []authn.Authenticator{a}}))
}

// signed returns a token as golang-jwt writes it.
func signed(t *testing.T, key []byte, c jwt.MapClaims) string {
	t.Helper()
	return must[string](t)(jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString(key))
}

func in(d time.Duration) int64 { return time.Now().Add(d).Unix() }

// header returns a GET request with the fields, given as pairs.
func header(fields ...string) *http.Request {
	r := httptest.NewRequest("GET", "https://notes.example/", nil)
	for i := 0; i < len(fields); i += 2 {
		r.Header.Add(fields[i], fields[i+1])
	}
	return r
}

func bearer(token string) *http.Request { return header("Authorization", "Bearer "+token) }

// answer is the cell of a table: the status, and the body of a request that is admitted.
func answer(h http.Handler, r *http.Request) string {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		return fmt.Sprint(w.Code)
	}
	return fmt.Sprintf("200 `%s`", strings.TrimSpace(w.Body.String()))
}

// A try is a request that both sides get.
type try struct {
	name    string
	request *http.Request
}

// compare sends each request to all sides.
func compare(heads []string, sides []http.Handler, tries ...try) string {
	var rows [][]string
	for _, x := range tries {
		row := []string{x.name}
		for _, side := range sides {
			row = append(row, answer(side, x.request.Clone(x.request.Context())))
		}
		rows = append(rows, row)
	}
	return page.Table(slices.Concat([]string{"request"}, heads), rows...)
}
