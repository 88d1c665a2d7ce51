package view_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz/view"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestCaches(t *testing.T) {
	for _, c := range []struct {
		role, set, want string
		noStore         bool
	}{
		{"", "public, max-age=60", "public, max-age=60", false},
		{"", "", "", false},
		{"admin", "", "private", false},
		{"admin", "public, max-age=60", "private", false},
		{"admin", "max-age=60", "private", false},
		{"admin", "private, max-age=60", "private, max-age=60", false},
		{"admin", "Private , S-MaxAge=60", "private", false},
		{"admin", `private="set-cookie"`, "private", false},
		{"admin", "no-store", "no-store", false},
		{"admin", "private", "no-store", true},
	} {
		v := build[address](t, view.Config{Views: admin, NoStore: c.noStore})
		h := httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
			if c.set != "" {
				w.Header().Set("Cache-Control", c.set)
			}
			for _, name := range []string{"CDN-Cache-Control", "Surrogate-Control", "Expires"} {
				w.Header().Set(name, "max-age=60")
			}
			w.Header().Set("Vary", "Origin, cookie")
			return v.Write(w, r, 200, new(address))
		})
		got := serve(t, h)("GET", "X-User", "ann", "X-Role", c.role)
		vary, cdn := "Origin, cookie, Authorization", ""
		if c.role == "" {
			vary, cdn = "Origin, cookie", "max-age=60"
		}
		if got.header("Cache-Control") != c.want || got.header("Vary") != vary || got.header("Cdn-Cache-Control") != cdn || got.header("Expires") != cdn {
			t.Errorf("%+v: %v", c, got.res.Header)
		}
	}
}

// ETag and Content-Length are those of the filtered text, also for HEAD.
func TestDescriptions(t *testing.T) {
	v := build[address](t, view.Config{Views: admin})
	h := v.Handler(writes(200, `{"city":"Bonn","street":"ADMIN 1"}`, "ETag", `"v7"`, "Content-Length", "34", "Content-Digest", "x", "Accept-Ranges", "bytes"))
	call := serve(t, h)
	tags := map[string]bool{}
	for _, role := range []string{"admin", "none"} {
		get, head := call("GET", "X-User", "ann", "X-Role", role), call("HEAD", "X-User", "ann", "X-Role", role)
		tag := get.header("Etag")
		tags[tag] = true
		if tag == "" || tag == `"v7"` || head.header("Etag") != tag || head.body != "" || get.header("Content-Digest")+get.header("Accept-Ranges") != "" ||
			get.header("Content-Length") != strconv.Itoa(len(get.body)) || head.header("Content-Length") != get.header("Content-Length") {
			t.Errorf("%s: %v %v", role, get.res.Header, head.res.Header)
		}
		for _, match := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
			if again := call("GET", "X-User", "ann", "X-Role", role, "If-None-Match", match); again.res.StatusCode != 304 || again.body != "" {
				t.Errorf("%s: %d", match, again.res.StatusCode)
			}
		}
		if again := call("GET", "X-User", "ann", "X-Role", role, "If-None-Match", `"v7"`); again.res.StatusCode != 200 {
			t.Errorf("the tag of the handler: %d", again.res.StatusCode)
		}
	}
	if len(tags) != 2 {
		t.Errorf("tags %v", tags)
	}
	silent := serve(t, v.Handler(writes(200, "", "ETag", `"v7"`, "Content-Length", "34")))("HEAD", "X-User", "ann", "X-Role", "admin")
	if silent.header("Content-Length")+silent.header("Etag") != "" || silent.header("Cache-Control") != "private" {
		t.Errorf("HEAD without a body: %v", silent.res.Header)
	}
}

// A value that cannot be marshalled is 500 before the response begins.
func TestWriteFails(t *testing.T) {
	type bad struct {
		V asObject `json:"v" view:"public"`
	}
	v := build[bad](t, view.Config{})
	h := httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error { return v.Write(w, r, 200, new(bad)) })
	if got := serve(t, h)("GET"); got.res.StatusCode != 500 || strings.Contains(got.body, "SECRET") || !strings.Contains(got.body, "internal_error") {
		t.Errorf("%d %s", got.res.StatusCode, got.body)
	}
}

// No response shares its header values with another one.
func TestHeadersAreNotShared(t *testing.T) {
	v := build[address](t, view.Config{Views: admin})
	mwtest.Unshared(t, v.Handler, func() *http.Request { return as("GET", "ann", false, "admin") })
}

// A client may hold two API keys, and its own cache must tell their responses apart.
func TestVaryNamesTheHeaderOfKeys(t *testing.T) {
	auth := mwtest.Must[*authn.Middleware](t)(authn.New(authn.Config{Authenticators: []authn.Authenticator{keys{}}}))
	v := build[address](t, view.Config{Views: admin})
	h := auth.Handler(httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		return v.Write(w, r, http.StatusOK, new(address))
	}))
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("X-Notes-Key", "k")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if got := strings.Join(w.Header()["Vary"], ", "); w.Code != http.StatusOK || got != "Authorization, Cookie, X-Notes-Key" {
		t.Errorf("%d, Vary: %s", w.Code, got)
	}
}

// keys takes each value of X-Notes-Key for the key of an administrator.
type keys struct{}

func (keys) Present(r *http.Request) bool   { return r.Header["X-Notes-Key"] != nil }
func (keys) Challenge(string, error) string { return "" }
func (keys) CredentialHeader() string       { return "x-notes-key" }
func (keys) Authenticate(*http.Request) (*authn.Principal, error) {
	return &authn.Principal{Kind: "api_key", Issuer: issuer, Subject: "ann", Roles: []string{"admin"}}, nil
}
