package authn_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/go-sallyport/sallyport/authn"
)

// badge is a minimal Authenticator: it accepts one number, which is easy to guess.
// Use the packages jwtauth and apikey for credentials that protect something.
type badge struct{}

func (badge) Present(r *http.Request) bool { return len(r.Header["X-Badge"]) > 0 }

func (badge) Authenticate(r *http.Request) (*authn.Principal, error) {
	if v := r.Header["X-Badge"]; len(v) != 1 {
		return nil, authn.ErrAmbiguous
	} else if v[0] != "7" {
		return nil, authn.ErrInvalid
	}
	return &authn.Principal{Kind: "badge", Issuer: "https://gate.example", Subject: "ann"}, nil
}

func (badge) Challenge(realm string, _ error) string { return `Badge realm="` + realm + `"` }

func Example() {
	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{badge{}}, Realm: "notes"})
	if err != nil {
		panic(err)
	}
	srv := httptest.NewServer(auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, _ := authn.FromContext(r.Context())
		w.Header().Set("X-Hello", p.Subject)
	})))
	defer srv.Close()

	for _, badges := range [][]string{{"7"}, {"8"}, {}, {"7", "8"}} {
		r, err := http.NewRequest("GET", srv.URL, nil)
		if err != nil {
			panic(err)
		}
		r.Header["X-Badge"] = badges
		res, err := srv.Client().Do(r)
		if err != nil {
			panic(err)
		}
		fmt.Println(res.Status, res.Header["X-Hello"], res.Header["Www-Authenticate"])
		if err := res.Body.Close(); err != nil {
			panic(err)
		}
	}
	// Output:
	// 200 OK [ann] []
	// 401 Unauthorized [] [Badge realm="notes"]
	// 401 Unauthorized [] [Badge realm="notes"]
	// 400 Bad Request [] [Badge realm="notes"]
}
