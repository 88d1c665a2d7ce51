package apikey_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestPrincipal(t *testing.T) {
	a, s := buildWithStore(t)
	key, rec := issue(t, a, s, nil)
	spy := &mwtest.Spy{}
	w := httptest.NewRecorder()
	protect(t, a, spy).ServeHTTP(w, request(key))
	if spy.Calls() != 1 {
		t.Fatalf("refused: %s", w.Body)
	}
	mwtest.OnlyHeaders(t, w.Header(), "Content-Type", "X-Api-Key-Expires")
	p, _ := authn.FromContext(spy.Last().Context())
	want := &authn.Principal{
		Kind: "apikey", Issuer: "notes", Subject: "ann", ClientID: "cli", TokenID: rec.ID, Tenant: "acme",
		Scopes: []string{"notes:read", "notes:write"}, Roles: []string{"editor"}, IssuedAt: rec.CreatedAt, ExpiresAt: rec.ExpiresAt,
	}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got  %+v\nwant %+v", p, want)
	}
}

func TestConfiguredHeaderAndIssuer(t *testing.T) {
	s := newStore()
	a := build(t, apikey.Config{Store: s, Header: "notes-key", Issuer: "https://id.example"})
	key, _ := issue(t, a, s, nil)
	if r := request(key); a.Present(r) {
		t.Error("accepted in the default header too")
	}
	r := request()
	r.Header.Set("Notes-Key", key)
	if p, err := a.Authenticate(r); err != nil || p.Issuer != "https://id.example" {
		t.Errorf("%+v, %v", p, err)
	}
}

// Every refusal over a real connection: status, code, challenge, and no other
// header that could show the key.
func TestRefusals(t *testing.T) {
	a, s := buildWithStore(t)
	good, _ := issue(t, a, s, nil)
	anywhere := func(r *apikey.Record) { r.Networks, r.DangerouslyAnyAddress = nil, true }
	expired, _ := issue(t, a, s, func(r *apikey.Record) { anywhere(r); r.ExpiresAt = time.Now().Add(-time.Second) })
	early, _ := issue(t, a, s, func(r *apikey.Record) { anywhere(r); r.NotBefore = time.Now().Add(time.Minute) })
	revoked, gone := issue(t, a, s, anywhere)
	if _, err := s.inner.Delete(t.Context(), gone.ID); err != nil {
		t.Fatal(err)
	}
	other := build(t, apikey.Config{Store: s, Prefix: "notes", Env: "test"})
	staging, _ := issue(t, other, s, anywhere)
	thief, _ := issue(t, a, s, func(r *apikey.Record) { r.ExpiresAt = time.Now().Add(-time.Second) })

	server := httptest.NewServer(protect(t, a, &mwtest.Spy{}))
	defer server.Close()
	for name, tc := range map[string]struct {
		keys   []string
		query  string
		status int
		code   string
	}{
		"no key":                      {nil, "", 401, "unauthenticated"},
		"in the query":                {nil, "?X-API-Key=" + good + "&api_key=" + good, 401, "unauthenticated"},
		"empty":                       {[]string{""}, "", 401, "unauthenticated"},
		"empty and a key":             {[]string{"", good}, "", 400, "invalid_request"},
		"two lines":                   {[]string{good, good}, "", 400, "invalid_request"},
		"two in a line":               {[]string{good + ", " + good}, "", 401, "invalid_credentials"},
		"with a scheme":               {[]string{"ApiKey " + good}, "", 401, "invalid_credentials"},
		"of another environment":      {[]string{staging}, "", 401, "invalid_credentials"},
		"unknown":                     {[]string{revoked}, "", 401, "invalid_credentials"},
		"not valid yet":               {[]string{early}, "", 401, "invalid_credentials"},
		"expired":                     {[]string{expired}, "", 401, "credentials_expired"},
		"outside its networks":        {[]string{good}, "", 401, "invalid_credentials"}, // 127.0.0.1
		"expired, stolen":             {[]string{thief}, "", 401, "invalid_credentials"},
		"expired, with another check": {[]string{expired[:len(expired)-1] + "!"}, "", 401, "invalid_credentials"},
	} {
		t.Run(name, func(t *testing.T) {
			req, _ := http.NewRequest("GET", server.URL+"/"+tc.query, nil)
			for _, k := range tc.keys {
				req.Header.Add("X-API-Key", k)
			}
			res, err := server.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := res.Header.Get("WWW-Authenticate"), `ApiKey realm="notes"`; (got == want) != (tc.status == 401) {
				t.Errorf("WWW-Authenticate: %q", got)
			}
			mwtest.OnlyHeaders(t, res.Header, "WWW-Authenticate", "Content-Type", "Content-Length", "Cache-Control", "X-Content-Type-Options", "X-Correlation-ID", "Date")
			mwtest.Refused(t, res, tc.status, tc.code)
		})
	}
}

func TestOutageIsNotARefusal(t *testing.T) {
	a, s := buildWithStore(t)
	key, _ := issue(t, a, s, nil)
	s.err = errors.New("dial tcp 10.0.0.7:6379: password=hunter2")
	w := httptest.NewRecorder()
	protect(t, a, &mwtest.Spy{}).ServeHTTP(w, request(key))
	if body := w.Body.String(); strings.Contains(body, "hunter2") {
		t.Errorf("the cause leaked: %s", body)
	}
	if w.Header().Get("WWW-Authenticate") != "" || w.Header().Get("Retry-After") == "" {
		t.Errorf("headers %v", w.Header())
	}
	mwtest.Refused(t, w.Result(), 503, "authentication_unavailable")
	if _, err := a.Authenticate(request(key)); !errors.Is(err, s.err) {
		t.Errorf("the error for the log lacks the cause: %v", err)
	}
}

// Only the record of the key itself lets a request pass, even if the store returns
// another one.
func TestFaultyStore(t *testing.T) {
	a, s := buildWithStore(t)
	key, rec := issue(t, a, s, nil)
	_, other := issue(t, a, s, nil)
	for name, tc := range map[string]struct {
		change func(*apikey.Record)
		want   error
	}{
		"the record itself":     {func(*apikey.Record) {}, nil},
		"another record":        {func(r *apikey.Record) { *r = other }, authn.ErrInvalid},
		"found without case":    {func(r *apikey.Record) { r.ID = strings.ToLower(r.ID) + "_" }, authn.ErrInvalid},
		"no record":             {func(r *apikey.Record) { *r = apikey.Record{} }, authn.ErrInvalid},
		"no hash":               {func(r *apikey.Record) { r.Hash = [32]byte{} }, authn.ErrInvalid},
		"the secret of another": {func(r *apikey.Record) { r.Hash = other.Hash }, authn.ErrInvalid},
		"no expiry":             {func(r *apikey.Record) { r.ExpiresAt = time.Time{} }, authn.ErrExpired},
		"no networks":           {func(r *apikey.Record) { r.Networks = nil }, authn.ErrInvalid},
		"zero networks":         {func(r *apikey.Record) { clear(r.Networks) }, authn.ErrInvalid},
	} {
		changed := rec
		changed.Networks = prefixes("192.0.2.0/24")
		tc.change(&changed)
		s.answer = &changed
		p, err := a.Authenticate(request(key))
		if !errors.Is(err, tc.want) || (p != nil) != (tc.want == nil) {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
}

// A record without a subject gives a Principal without a Subject, and authn refuses
// it.
func TestMissingSubject(t *testing.T) {
	a, s := buildWithStore(t)
	key, rec := issue(t, a, s, nil)
	rec.Subject = ""
	s.answer = &rec
	spy := &mwtest.Spy{}
	w := httptest.NewRecorder()
	protect(t, a, spy).ServeHTTP(w, request(key))
	mwtest.Refused(t, w.Result(), 500, "internal_error")
	if spy.Calls() != 0 {
		t.Error("next ran")
	}
}

func TestChallenge(t *testing.T) {
	a := build(t, apikey.Config{Store: newStore()})
	for _, err := range []error{authn.ErrNoCredentials, authn.ErrInvalid, authn.ErrExpired, io.EOF} {
		if got := a.Challenge("", err); got != "ApiKey" {
			t.Errorf("without realm: %q", got)
		}
		if got := a.Challenge("a b", err); got != `ApiKey realm="a b"` {
			t.Errorf("with realm: %q", got)
		}
	}
}

func TestAuthenticateAlone(t *testing.T) {
	a := build(t, apikey.Config{Store: newStore()})
	if _, err := a.Authenticate(request()); !errors.Is(err, authn.ErrNoCredentials) {
		t.Errorf("no key: %v", err)
	}
	if _, err := a.Authenticate(request("")); !errors.Is(err, authn.ErrNoCredentials) {
		t.Errorf("an empty header: %v", err)
	}
	if a.Present(request()) || a.Present(request("")) || !a.Present(request("a", "b")) {
		t.Error("Present")
	}
}

func TestNetworks(t *testing.T) {
	a, s := buildWithStore(t)
	bound, _ := issue(t, a, s, nil) // 192.0.2.0/24, 2001:db8::/32
	free, _ := issue(t, a, s, func(r *apikey.Record) { r.Networks, r.DangerouslyAnyAddress = nil, true })
	linkLocal, _ := issue(t, a, s, func(r *apikey.Record) { r.Networks = prefixes("fe80::/10") })
	for name, tc := range map[string]struct {
		key      string
		peer     string
		resolved string // the address that an outer layer found; "" without such a layer
		ok       bool
	}{
		"peer inside":                  {bound, "192.0.2.200:1", "", true},
		"peer outside":                 {bound, "198.51.100.1:1", "", false},
		"peer inside, IPv6":            {bound, "[2001:db8::9]:1", "", true},
		"peer outside, IPv6":           {bound, "[2001:db9::9]:1", "", false},
		"peer inside, mapped":          {bound, "[::ffff:192.0.2.7]:1", "", true},
		"peer outside, mapped":         {bound, "[::ffff:198.51.100.1]:1", "", false},
		"peer unknown":                 {bound, "@", "", false},
		"peer without port":            {bound, "192.0.2.200", "", false},
		"peer missing":                 {bound, "", "", false},
		"client inside behind a proxy": {bound, "10.0.0.1:1", "192.0.2.9", true},
		"mapped client":                {bound, "10.0.0.1:1", "::ffff:192.0.2.9", true},
		"client outside, proxy inside": {bound, "192.0.2.1:1", "198.51.100.1", false},
		"with a zone":                  {linkLocal, "[fe80::1%eth0]:1", "", false},
		"with a zone, resolved":        {linkLocal, "[fe80::1%eth0]:1", "fe80::1", false},
		"proxy with a zone":            {bound, "[fe80::1%eth0]:1", "192.0.2.9", true},
		"without a zone":               {linkLocal, "[fe80::1]:1", "", true},
		"any address":                  {free, "198.51.100.1:1", "", true},
		"any address, unknown peer":    {free, "@", "", true},
	} {
		r := request(tc.key)
		r.RemoteAddr = tc.peer
		rec, r := carrier.Ensure(r)
		if tc.resolved != "" {
			rec.Update(func(f *carrier.Facts) { f.Client = netip.MustParseAddr(tc.resolved) })
		}
		_, err := a.Authenticate(r)
		if (err == nil) != tc.ok || !tc.ok && !errors.Is(err, authn.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
		if !tc.ok && (err == nil || !strings.Contains(err.Error(), "outside its networks")) {
			t.Errorf("%s: the error for the log lacks the reason: %v", name, err)
		}
	}
}

// The address is checked only for a key with the right secret.
func TestAddressIsCheckedAfterTheSecret(t *testing.T) {
	a, s := buildWithStore(t)
	_, rec := issue(t, a, s, nil)
	stranger, _ := issue(t, a, newStore(), nil)
	rec.Networks = prefixes("198.51.100.0/24")
	s.answer = &rec
	_, err := a.Authenticate(request(stranger))
	if !errors.Is(err, authn.ErrInvalid) || strings.Contains(err.Error(), "network") {
		t.Errorf("%v", err)
	}
}
