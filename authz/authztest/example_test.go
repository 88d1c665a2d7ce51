package authztest_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/authntest"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/authztest"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/validate"
)

// A Memo is an object of the service in the Example.
type Memo struct {
	ID    string `json:"id"`
	Text  string `json:"text"`
	owner object.Owner
}

type memos struct{ sync.Map }

func (m *memos) load(_ context.Context, id string) (Memo, bool, error) {
	v, ok := m.Load(id)
	memo, _ := v.(Memo)
	return memo, ok, nil
}

func (m *memos) create(ctx context.Context, in *struct {
	Text string `json:"text" validate:"required,max=100"`
}) (*Memo, error) {
	owner, _, err := object.Own(ctx)
	memo := Memo{fmt.Sprintf("memo-%p", in), in.Text, owner}
	m.Store(memo.ID, memo)
	return &memo, err
}

// newMemos is the service under test: its keys are an argument.
func newMemos(issuer *authntest.Issuer) (*routes.Mux, http.Handler, error) {
	verifier, err := jwtauth.New(jwtauth.Config{Issuers: []jwtauth.TrustedIssuer{issuer.Trusted()}})
	if err != nil {
		return nil, nil, err
	}
	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{verifier}})
	if err != nil {
		return nil, nil, err
	}
	store := new(memos)
	guard, err := object.New(object.Config[Memo, string]{
		Name: "memo", Load: store.load, Owner: func(m Memo) object.Owner { return m.owner }, SingleTenant: true,
	})
	if err != nil {
		return nil, nil, err
	}
	mux, err := routes.New(routes.Config{Authenticate: auth.Handler})
	if err != nil {
		return nil, nil, err
	}
	mux.Handle(routes.Route{
		Pattern: "POST /memos", Require: authz.Scopes("memos:write"), Creates: true, Handler: validate.Handler(store.create),
	})
	mux.Handle(routes.Route{
		Pattern: "GET /memos/{id}", Require: authz.Scopes("memos:read"), Object: guard,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			memo, _ := guard.From(r.Context())
			_, _ = fmt.Fprint(w, memo.Text)
		}),
	})
	handler, err := mux.Build()
	return mux, handler, err
}

// The test of a whole service. Its routes hold, and its list of public routes is out of date.
func ExampleAttack() {
	t := new(testing.T) // the argument of your test
	issuer := authntest.NewIssuer(t, "https://id.example", "https://memos.example")
	mux, handler, err := newMemos(issuer)
	if err != nil {
		panic(err)
	}
	report := &recorder{} // write t instead; the Example prints the errors
	authztest.Attack(report, authztest.Config{
		Handler:   handler,
		Routes:    mux.Routes(),
		Sign:      authztest.Tokens{Issuers: []*authntest.Issuer{issuer}}.Sign,
		Caller:    authztest.Caller{Subject: "ann", Scopes: []string{"memos:read", "memos:write"}},
		OtherUser: "bob",
		Targets: map[string]func(*authztest.Client) authztest.Target{
			"POST /memos": func(*authztest.Client) authztest.Target { return authztest.Target{Body: `{"text":"a"}`} },
			"GET /memos/{id}": func(ann *authztest.Client) authztest.Target {
				return authztest.Target{Values: map[string]string{"id": ann.Create("/memos", `{"text":"a"}`)}}
			},
		},
		Public:       []string{"GET /health"},
		Without:      map[authztest.State]string{authztest.Revoked: "a token lives five minutes"},
		IgnoresOwner: "the queries of these routes are not read",
	})
	fmt.Println(strings.Join(report.errors, "\n"))
	// Output:
	// authztest: GET /health: Config.Public lists it, and it is no public route
}
