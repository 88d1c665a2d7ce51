package view_test

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz/view"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

const publicPart = `"id":"u1","name":"Ann \u003cb\u003e",`

func TestViews(t *testing.T) {
	const raw = `"raw":{"a":{"b":1},"b":[{"a":1e400}]},`
	const hidden = `{"author":"ann","text":"hi"},{"author":"bob","text":"yo"},{"author":"x","text":"x"}`
	const annOwn = `{"author":"ann","text":"hi","ip":"IP-ANN"},{"author":"bob","text":"yo"},{"author":"x","text":"x"}`
	const all = `{"author":"ann","text":"hi","ip":"IP-ANN"},{"author":"bob","text":"yo","ip":"IP-BOB"},{"author":"x","text":"x","ip":"IP-X"}`
	end := func(comments string) string { return `"comments":[` + comments + `],"grid":[[1],null,[]]}` }
	v := users(t)
	for name, c := range map[string]struct {
		subject string
		owned   bool
		roles   []string
		want    string
	}{
		"nobody":           {"", false, nil, `{` + publicPart + `"labels":{"team":"red"},` + raw + end(hidden)},
		"another user":     {"eve", false, nil, `{` + publicPart + `"labels":{"team":"red"},` + raw + end(hidden)},
		"comments only":    {"ann", false, nil, `{` + publicPart + `"labels":{"team":"red"},` + raw + end(annOwn)},
		"checked object":   {"ann", true, nil, `{` + publicPart + `"email":"SELF@x","age":"7","home":{"city":"Bonn"},"labels":{"team":"red"},` + raw + end(annOwn)},
		"not the comments": {"eve", true, nil, `{` + publicPart + `"email":"SELF@x","age":"7","home":{"city":"Bonn"},"labels":{"team":"red"},` + raw + end(hidden)},
		"another role":     {"eve", false, []string{"Admin"}, `{` + publicPart + `"labels":{"team":"red"},` + raw + end(hidden)},
		"admin": {"root", false, []string{"admin"}, `{` + publicPart + `"email":"SELF@x","home":{"city":"Bonn","street":"ADMIN 1"},` +
			`"labels":{"team":"red"},"texts":{"x":1},` + raw + `"any":[{"k":[1]}],` + end(all)},
	} {
		got, err := v.Marshal(as("GET", c.subject, c.owned, c.roles...), sample())
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %v\n got %s\nwant %s", name, err, got, c.want)
		}
	}
}

// An empty issuer or subject equals nothing, on either side.
func TestEmptyOwners(t *testing.T) {
	for _, owner := range [][2]string{{"", ""}, {issuer, ""}, {"", "ann"}, {"https://other.example", "ann"}} {
		v := build[[]comment](t, view.Config{Views: admin, Owners: []view.Owner{
			view.OwnerOf(func(*comment) (string, string) { return owner[0], owner[1] }),
		}})
		for _, p := range []*authn.Principal{{Subject: "ann"}, {Issuer: issuer, Subject: "ann"}, {Issuer: issuer}, {}} {
			r := as("GET", "", false)
			r = r.WithContext(authn.NewContext(r.Context(), p))
			if got, err := v.Marshal(r, &[]comment{{IP: "SECRET"}}); err != nil || strings.Contains(string(got), "SECRET") {
				t.Errorf("owner %q, principal %+v: %s %v", owner, p, got, err)
			}
		}
	}
}

// A principal without a subject identifies no caller, whatever its roles.
func TestNoSubject(t *testing.T) {
	r := as("GET", "", false)
	r = r.WithContext(authn.NewContext(r.Context(), &authn.Principal{Issuer: issuer, Roles: []string{"admin"}}))
	carrier.From(r.Context()).Update(func(f *carrier.Facts) { f.Owned = true })
	if got, err := users(t).Marshal(r, sample()); err != nil || strings.Contains(string(got), "ADMIN") || strings.Contains(string(got), "SELF") {
		t.Errorf("%s, %v", got, err)
	}
}

// The caller owns the checked object, and not the elements of its lists and maps.
func TestOwnedEndsAtLists(t *testing.T) {
	type object struct {
		List  []comment          `json:"list" view:"public"`
		Array [1][]comment       `json:"array" view:"public"`
		Map   map[string]comment `json:"map" view:"public,keys=*"`
		One   comment            `json:"one" view:"public"`
	}
	v := build[object](t, view.Config{Views: admin})
	c := comment{IP: "IP"}
	got, err := v.Marshal(as("GET", "ann", true), &object{[]comment{c}, [1][]comment{{c}}, map[string]comment{"a": c}, c})
	const without = `{"author":"","text":""}`
	if want := `{"list":[` + without + `],"array":[[` + without + `]],"map":{"a":` + without + `},"one":{"author":"","text":"","ip":"IP"}}`; err != nil || string(got) != want {
		t.Errorf("%v\n got %s\nwant %s", err, got, want)
	}
}

type reversing struct {
	List []comment `json:"list" view:"public"`
}

func (r reversing) MarshalJSON() ([]byte, error) {
	list := slices.Clone(r.List)
	slices.Reverse(list)
	return json.Marshal(map[string]any{"list": list})
}

// The caller owns no element if a method writes the elements in another order.
func TestReorderedList(t *testing.T) {
	v := build[reversing](t, view.Config{Views: admin, Owners: []view.Owner{commentOwner}, Issuer: issuer})
	got, err := v.Marshal(as("GET", "ann", true), &reversing{[]comment{{IP: "A", Owner: "ann"}, {IP: "SECRET", Owner: "bob"}}})
	if err != nil || strings.Contains(string(got), "SECRET") {
		t.Errorf("%s, %v", got, err)
	}
}

// A new principal does not inherit the object of the previous one.
func TestOwnedIsOfOnePrincipal(t *testing.T) {
	r := as("GET", "ann", true)
	r = r.WithContext(authn.NewContext(r.Context(), &authn.Principal{Issuer: issuer, Subject: "eve"}))
	if got, _ := users(t).Marshal(r, sample()); strings.Contains(string(got), "SELF") {
		t.Errorf("%s", got)
	}
}

type adding struct {
	Name   string `json:"name" view:"public"`
	Secret string `json:"secret"`
}

func (a adding) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"name": a.Name, "extra": "SECRET", "secret": a.Secret, "Name": "SECRET"})
}

type asObject struct{}

func (asObject) MarshalJSON() ([]byte, error) { return []byte(`{"secret":"SECRET"}`), nil }

type asList struct{}

func (*asList) MarshalJSON() ([]byte, error) { return []byte(`["SECRET"]`), nil }

type asText struct {
	Name string `json:"name" view:"public"`
}

func (asText) MarshalJSON() ([]byte, error) { return []byte(`"SECRET"`), nil }

// No method of a type adds a member or sends another shape than the type has.
func TestMarshalers(t *testing.T) {
	r := as("GET", "", false)
	if got, err := build[adding](t, view.Config{}).Marshal(r, &adding{"Ann", "SECRET"}); err != nil || string(got) != `{"name":"Ann"}` {
		t.Errorf("%s, %v", got, err)
	}
	type object struct {
		V asObject `json:"v" view:"public"`
	}
	type list struct {
		V asList `json:"v" view:"public"`
	}
	type stamp struct {
		V time.Time `json:"v" view:"public"`
	}
	if got, err := build[object](t, view.Config{}).Marshal(r, &object{}); err == nil {
		t.Errorf("%s", got)
	}
	if got, err := build[list](t, view.Config{}).Marshal(r, &list{}); err == nil {
		t.Errorf("%s", got)
	}
	if got, err := build[asText](t, view.Config{}).Marshal(r, &asText{}); err == nil {
		t.Errorf("%s", got)
	}
	if got, err := build[stamp](t, view.Config{}).Marshal(r, &stamp{}); err != nil || string(got) != `{"v":"0001-01-01T00:00:00Z"}` {
		t.Errorf("%s, %v", got, err)
	}
}

// One plan serves callers with different rights at the same time.
func TestCallersShareOnePlan(t *testing.T) {
	v := users(t)
	want := map[string]string{}
	for _, role := range []string{"admin", "none"} {
		b, _ := v.Marshal(as("GET", "ann", role == "none", role), sample())
		want[role] = string(b)
	}
	var wg sync.WaitGroup
	for role := range want {
		wg.Go(func() {
			for range 200 {
				if got, err := v.Marshal(as("GET", "ann", role == "none", role), sample()); err != nil || string(got) != want[role] {
					t.Errorf("%s: %s, %v", role, got, err)
					return
				}
			}
		})
	}
	wg.Wait()
}
