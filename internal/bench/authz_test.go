package bench

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	chijwt "github.com/go-chi/jwtauth/v5"
	jwtv2 "github.com/lestrrat-go/jwx/v2/jwt"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/view"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const (
	scopeRow  = "authz, one scope"
	viewRow   = "view, page of 30 notes"
	encode    = "json.Marshal alone"
	deleteMap = "marshal, map, delete, marshal"

	maxScope = 100 * time.Nanosecond
	maxView  = 1.6 // of json.Marshal
)

// scopeScenario asks for one scope of an authenticated request, inside the record of
// httperr: our Handler, our Check alone, and the check that users of chi/jwtauth write.
func scopeScenario(t testing.TB, scopes ...string) scenario {
	var inner *http.Request
	errs := must(httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler)}))
	errs.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		token, err := jwtv2.NewBuilder().Subject("ann").Claim("scope", strings.Join(scopes, " ")).Build()
		if err != nil {
			t.Fatal(err)
		}
		ctx := authn.NewContext(r.Context(), &authn.Principal{Kind: "jwt", Issuer: tokenIssuer, Subject: "ann", Scopes: scopes})
		inner = r.WithContext(chijwt.NewContext(ctx, token, nil))
	})).ServeHTTP(mwtest.NewDiscard(), httptest.NewRequest("GET", "/notes", nil))

	m := must(authz.New(authz.Config{Require: authz.Scopes(chainScope)}))
	served := func(name string, wrap func(http.Handler) http.Handler) contender {
		ran, w := 0, mwtest.NewDiscard()
		h := wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { ran++ }))
		return contender{name, func(int, int) (bool, error) {
			before := ran
			h.ServeHTTP(w, inner)
			return ran == before+1, nil
		}}
	}
	return scenario{name: scopeRow, workers: 1, keys: 1, names: []string{""}, admit: true, field: []contender{
		served(ours, m.Handler),
		{oursVerdict, func(int, int) (bool, error) { return m.Check(inner) == nil, nil }},
		served("chi/jwtauth and a loop", requireScope),
	}}
}

type page struct {
	Notes []pageNote `json:"notes" view:"public"`
	Next  string     `json:"next" view:"public"`
}

type pageNote struct {
	ID      string   `json:"id" view:"public"`
	Title   string   `json:"title" view:"public"`
	Text    string   `json:"text" view:"public"`
	Stars   int      `json:"stars" view:"public"`
	Tags    []string `json:"tags" view:"public"`
	Owner   string   `json:"owner" view:"self,admin"`
	Email   string   `json:"email" view:"self,admin"`
	Hash    string   `json:"hash"`
	Version int      `json:"version" view:"admin"`
}

// viewScenario writes a page for a stranger, who sees five of nine members of each note.
func viewScenario() scenario {
	value := &page{Next: "2"}
	for i := range 30 {
		value.Notes = append(value.Notes, pageNote{
			ID: "n1234567", Title: "A title of some words", Text: strings.Repeat("Plain text. ", 12), Stars: i, Tags: []string{"red", "green"},
			Owner: "ann", Email: "ann@example.com", Hash: "$2a$10$abcdefghijklmnopqrstuv", Version: 7,
		})
	}
	v := must(view.New[page](view.Config{
		Views:  map[string]authz.Requirement{"admin": authz.AnyRole("admin")},
		Issuer: tokenIssuer,
		Owners: []view.Owner{view.OwnerOf(func(n *pageNote) (string, string) { return tokenIssuer, n.Owner })},
	}))
	r := httptest.NewRequest("GET", "/notes", nil)
	r = r.WithContext(authn.NewContext(r.Context(), &authn.Principal{Issuer: tokenIssuer, Subject: "bob"}))
	marshaled := must(json.Marshal(value))
	filtered := must(deleteFrom(value))
	written := func(name string, want []byte, f func() ([]byte, error)) contender {
		return contender{name, func(int, int) (bool, error) {
			b, err := f()
			return len(b) == len(want), err
		}}
	}
	return scenario{name: viewRow, workers: 1, keys: 1, names: []string{""}, admit: true, field: []contender{
		written(ours, filtered, func() ([]byte, error) { return v.Marshal(r, value) }),
		written(encode, marshaled, func() ([]byte, error) { return json.Marshal(value) }),
		written(deleteMap, filtered, func() ([]byte, error) { return deleteFrom(value) }),
	}}
}

// deleteFrom removes the members of a note that a stranger must not see in the usual way.
func deleteFrom(value *page) ([]byte, error) {
	b, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, err
	}
	for _, n := range m["notes"].([]any) {
		for _, name := range []string{"owner", "email", "hash", "version"} {
			delete(n.(map[string]any), name)
		}
	}
	return json.Marshal(m)
}

// authorization measures the rules and the views. Package object compares its guard with a check
// by hand in a benchmark of its own.
func (tab *table) authorization(t *testing.T, e effort) {
	e = effort{passes: 5 * e.passes, slice: e.slice / 5} // many short turns: the differences are small
	verdict, whole := splitOff(measure(t, scopeScenario(t, chainScope), e), oursVerdict)
	mine, peers := splitOff(whole, ours)
	byCPU(tab, scopeRow, atMostAlone(mine, maxScope), whole)
	byCPU(tab, scopeRow+", ours decided", atMostAlone(verdict, maxScope), replaceOurs(verdict, peers))

	floor, whole := splitOff(measure(t, viewScenario(), e), encode)
	mine, _ = splitOff(whole, ours)
	tab.notes = append(tab.notes, fmt.Sprintf("%s, %s: %s %.1f allocs", viewRow, encode, formatDuration(floor.cpu), floor.allocs))
	byCPU(tab, viewRow, "", whole)
	quotient(tab, viewRow+" ÷ "+encode, atMost(mine, floor, maxView), whole, floor)
	tab.allocations(t, authorizationAllocs(t))
}

// atMostAlone judges a promise about the time of our code alone by the best round: other
// load on the machine makes a round slower and never faster.
func atMostAlone(mine result, limit time.Duration) string {
	fastest := time.Duration(slices.Min(mine.rounds))
	return fmt.Sprintf("≤ %s: %s %s", formatDuration(limit), formatDuration(fastest), markIf(fastest <= limit))
}

// authorizationAllocs are the promises about allocations.
func authorizationAllocs(t *testing.T) []allocation {
	count := func(c contender) float64 {
		return testing.AllocsPerRun(200, func() {
			if ok, err := c.op(0, 0); !ok || err != nil {
				t.Fatalf("%s: %v, %v", c.name, ok, err)
			}
		})
	}
	rule, page := scopeScenario(t, chainScope).field, viewScenario().field
	return []allocation{
		{scopeRow, 0, count(rule[0])},
		{viewRow + ", beyond json.Marshal", 0, count(page[0]) - count(page[1])},
	}
}

// TestAuthorizationPromise checks the allocations, as the table does.
func TestAuthorizationPromise(t *testing.T) {
	for _, a := range authorizationAllocs(t) {
		if err := a.evaluate(); err != nil {
			t.Error(err)
		}
	}
}

// A rule that is fast because it admits everybody must not be measured.
func TestRulesRefuseAnotherScope(t *testing.T) {
	for _, c := range scopeScenario(t, "notes:list", "notes:write").field {
		if ok, err := c.op(0, 0); ok || err != nil {
			t.Errorf("%s: %v, %v", c.name, ok, err)
		}
	}
}
