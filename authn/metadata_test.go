package authn_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const metadataURL = "https://notes.example/.well-known/oauth-protected-resource/mcp"

// bearerAuthenticator is headerOne with challenges of the scheme Bearer.
type bearerAuthenticator struct{ headerAuthenticator }

func (bearerAuthenticator) Challenge(realm string, err error) string {
	c := "Bearer"
	if realm != "" {
		c += ` realm="` + realm + `"`
	}
	if !errors.Is(err, authn.ErrNoCredentials) {
		c += ` error="x"`
	}
	return c
}

// Each Bearer challenge has the URL of the metadata, and no other challenge has it (RFC
// 9728, section 5.1).
func TestResourceMetadataInChallenges(t *testing.T) {
	bearer := bearerAuthenticator{headerOne}
	const param = `resource_metadata="` + metadataURL + `"`
	for name, tc := range map[string]struct {
		realm   string
		request *http.Request
		status  int
		code    string
		want    []string
	}{
		"none":           {"", request(), 401, "unauthenticated", []string{"Bearer " + param, `X-Two realm=""`}},
		"none, realm":    {"notes", request(), 401, "unauthenticated", []string{`Bearer realm="notes", ` + param, `X-Two realm="notes"`}},
		"invalid":        {"", request("One", "bad"), 401, "invalid_credentials", []string{`Bearer error="x", ` + param}},
		"expired":        {"", request("One", "old"), 401, "credentials_expired", []string{`Bearer error="x", ` + param}},
		"wrapped":        {"", request("One", "wrapped"), 401, "invalid_credentials", []string{`Bearer error="x", ` + param}},
		"malformed":      {"", request("One", "twice"), 400, "invalid_request", []string{`Bearer error="x", ` + param}},
		"two":            {"", request("One", "a", "Two", "b"), 400, "invalid_request", []string{`Bearer error="x", ` + param, `X-Two realm="", error="bad"`}},
		"outage":         {"", request("One", "outage"), 503, "authentication_unavailable", nil},
		"another scheme": {"", request("Two", "bad"), 200, "", nil},
	} {
		m := build(t, authn.Config{Authenticators: []authn.Authenticator{bearer, headerTwo}, Realm: tc.realm, ResourceMetadata: metadataURL})
		for range 2 { // the second time from a cache
			w := respond(m, tc.request)
			if got := w.Header()["Www-Authenticate"]; !slices.Equal(got, tc.want) {
				t.Errorf("%s: %q, want %q", name, got, tc.want)
			}
			if tc.code != "" {
				mwtest.Refused(t, w.Result(), tc.status, tc.code)
			}
		}
	}
}

// The metadata costs a refusal no allocation.
func TestResourceMetadataAllocates(t *testing.T) {
	for _, value := range []string{"", "bad", "old", "twice"} {
		var allocs [2]float64
		for n, url := range []string{"", metadataURL} {
			m := build(t, authn.Config{Authenticators: []authn.Authenticator{bearerAuthenticator{headerAuthenticator{name: "One", errs: map[string]error{
				"bad": authn.ErrInvalid, "old": authn.ErrExpired, "twice": authn.ErrAmbiguous,
			}}}}, ResourceMetadata: url})
			r := request()
			if value != "" {
				r = request("One", value)
			}
			allocs[n] = testing.AllocsPerRun(100, func() { _, _ = m.Check(r) })
		}
		if allocs[1] > allocs[0] {
			t.Errorf("%q: %v allocations, %v without", value, allocs[1], allocs[0])
		}
	}
}

func TestResourceMetadataConfig(t *testing.T) {
	for url, reason := range map[string]string{
		"/.well-known/x": "has no host", "http://notes.example/x": "is not https", "https://notes.example/\"": "it goes into a quoted-string",
		"https://notes.example/é": "it goes into a quoted-string", "https://u:hunter2@notes.example": "has a user", "https://notes.example/a b": "is not a URL",
	} {
		_, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{headerOne}, ResourceMetadata: url})
		mwtest.Faults(t, err, "authn: ResourceMetadata: "+reason)
	}
	build(t, authn.Config{Authenticators: []authn.Authenticator{headerOne}, ResourceMetadata: "http://127.0.0.1:8083/.well-known/oauth-protected-resource"})
}
