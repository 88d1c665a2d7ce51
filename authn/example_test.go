package authn_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

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

// tickets is an Authenticator for opaque tickets: random text of which the service keeps
// only the hash, as in the header
//
//	Authorization: Ticket 4f1c…
//
// A map stands for the store of a real service.
type tickets struct {
	rows map[[sha256.Size]byte]ticket
	down error // not nil: the store does not answer
}

type ticket struct {
	id, user string
	expires  time.Time
}

// Present is cheap, because it runs for each request before any Authenticate. A field of
// another scheme belongs to another Authenticator, and an empty one is no credential.
func (t tickets) Present(r *http.Request) bool {
	fields := r.Header.Values("Authorization")
	return len(fields) > 1 || len(fields) == 1 && strings.HasPrefix(fields[0], "Ticket ")
}

// Authenticate returns an error of package authn with the reason as its cause. The reason
// goes into the log. The client receives the same response for every reason but expiry.
func (t tickets) Authenticate(r *http.Request) (*authn.Principal, error) {
	fields := r.Header.Values("Authorization")
	if len(fields) > 1 {
		return nil, authn.ErrAmbiguous
	}
	secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Ticket ")
	if !ok {
		return nil, authn.ErrNoCredentials // a call without Present
	}
	if t.down != nil {
		return nil, authn.ErrUnavailable.With(t.down) // 503: an outage is no wrong ticket
	}
	// The hash is the key, so that the time of the search says nothing about a ticket.
	row, known := t.rows[sha256.Sum256([]byte(secret))]
	switch {
	case !known:
		return nil, authn.ErrInvalid.With(errors.New("tickets: unknown"))
	case !time.Now().Before(row.expires):
		return nil, authn.ErrExpired.With(errors.New("tickets: " + row.id + " has expired"))
	}
	return &authn.Principal{
		Kind:      "ticket",
		Issuer:    "https://box-office.example", // with Subject, it identifies the user
		Subject:   row.user,
		TokenID:   row.id, // for the log, so it is not the secret
		ExpiresAt: row.expires,
	}, nil
}

// Challenge names the scheme. realm needs no escapes.
func (t tickets) Challenge(realm string, _ error) string { return `Ticket realm="` + realm + `"` }

// An Authenticator of your own reads one kind of credential and chooses one of the errors
// of package authn. The Middleware does the rest: the response, the challenges, the record
// of the request and the refusal of two credentials.
func ExampleAuthenticator() {
	store := tickets{rows: map[[sha256.Size]byte]ticket{
		sha256.Sum256([]byte("4f1c")): {id: "t-1", user: "ann", expires: time.Now().Add(time.Hour)},
		sha256.Sum256([]byte("77aa")): {id: "t-0", user: "ann", expires: time.Now().Add(-time.Hour)},
	}}
	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{store}, Realm: "hall"})
	if err != nil {
		panic(err)
	}
	h := auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, _ := authn.FromContext(r.Context())
		_, _ = io.WriteString(w, p.Subject)
	}))
	for _, fields := range [][]string{{"Ticket 4f1c"}, {"Ticket 77aa"}, {"Ticket 0000"}, {""}, {"Basic YTpi"}, {"Ticket 4f1c", "Ticket 77aa"}} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Authorization"] = fields
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		var body struct{ Code string }
		_ = json.Unmarshal(w.Body.Bytes(), &body)
		fmt.Printf("%d %q %q\n", w.Code, body.Code, fields)
	}
	// Output:
	// 200 "" ["Ticket 4f1c"]
	// 401 "credentials_expired" ["Ticket 77aa"]
	// 401 "invalid_credentials" ["Ticket 0000"]
	// 401 "unauthenticated" [""]
	// 401 "unauthenticated" ["Basic YTpi"]
	// 400 "invalid_request" ["Ticket 4f1c" "Ticket 77aa"]
}

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

// On a public route a caller may be known. A bad credential is refused all the same.
func ExampleConfig_optional() {
	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{badge{}}, Optional: true})
	if err != nil {
		panic(err)
	}
	h := auth.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if p, ok := authn.FromContext(r.Context()); ok {
			fmt.Println("hello,", p.Subject)
		} else {
			fmt.Println("hello, stranger")
		}
	}))
	for _, badges := range [][]string{nil, {"7"}, {"8"}} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["X-Badge"] = badges
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Println(w.Code)
	}
	// Output:
	// hello, stranger
	// 200
	// hello, ann
	// 200
	// 401
}

// A handler that believes a header of the client has no authentication: every client can write
// the header. The caller is the Principal in the context, and nothing else.
func Example_incorrect() {
	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{badge{}}})
	if err != nil {
		panic(err)
	}
	h := auth.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		p, _ := authn.FromContext(r.Context())
		fmt.Println("wrong:", r.Header.Get("X-User-ID"))
		fmt.Println("right:", p.Subject)
	}))
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("X-Badge", "7")
	r.Header.Set("X-User-ID", "admin")
	h.ServeHTTP(httptest.NewRecorder(), r)
	// Output:
	// wrong: admin
	// right: ann
}
