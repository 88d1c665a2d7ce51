package apikey_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/apikey"
)

func Example() {
	var store apikey.MemoryStore
	keys, err := apikey.New(apikey.Config{Store: &store, Prefix: "notes", Env: "live"})
	if err != nil {
		panic(err)
	}
	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{keys}})
	if err != nil {
		panic(err)
	}
	h := auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, _ := authn.FromContext(r.Context())
		_, _ = fmt.Fprintf(w, "%s may %v", p.Subject, p.Scopes)
	}))

	// Once, before the key is given to its holder.
	key, record, err := keys.Generate(apikey.Record{
		Subject:   "nightly-backup",
		Scopes:    []string{"notes:read"},
		Networks:  []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
		ExpiresAt: time.Now().AddDate(0, 3, 0),
	})
	if err != nil {
		panic(err)
	}
	if err := store.Put(context.Background(), record); err != nil {
		panic(err)
	}

	for _, k := range []string{key, key + "x"} {
		r := httptest.NewRequest("GET", "/notes", nil) // from 192.0.2.1
		r.Header.Set("X-API-Key", k)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Header()["Www-Authenticate"])
	}

	// Later: a new key, while the old key stays valid for another week.
	_, next, previous, err := keys.Rotate(record, time.Now().AddDate(0, 3, 0), 7*24*time.Hour)
	if err != nil {
		panic(err)
	}
	fmt.Println(store.Replace(context.Background(), record, next, previous))
	// Output:
	// 200 []
	// 401 [ApiKey]
	// <nil>
}
