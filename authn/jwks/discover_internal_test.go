package jwks

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const issuer = "https://issuer.example/realms/a"

// A discoveryStub is an issuer with metadata. The embedded stub answers all other requests.
type discoveryStub struct {
	issuerStub
	metadata  string   // "" is a 404
	wellKnown []string // the URLs of the requests for metadata
}

func (s *discoveryStub) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.Contains(r.URL.Path, "/.well-known/") {
		return s.issuerStub.RoundTrip(r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wellKnown = append(s.wellKnown, r.URL.String())
	res := &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(s.metadata)), Request: r}
	switch {
	case s.err != nil:
		return nil, s.err
	case s.metadata == "":
		res.StatusCode = 404
	}
	return res, nil
}

// publishAt sets the metadata.
func (s *discoveryStub) publishAt(keysURL string) {
	s.update(func() { s.metadata = fmt.Sprintf(`{"issuer":%q,"jwks_uri":%q}`, issuer, keysURL) })
}

func (s *discoveryStub) newSource(t *testing.T, cfg RemoteConfig) *RemoteKeys {
	t.Helper()
	cfg.Issuer, cfg.Transport = issuer, s
	cfg.OnRefresh = func(r Refresh) { s.update(func() { s.reports = append(s.reports, r) }) }
	r := mwtest.Must[*RemoteKeys](t)(NewRemote(cfg))
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// wantRequests fails t unless there were exactly so many requests for metadata and for sets
// since its last call, and all of those for sets were for keysURL.
func (s *discoveryStub) wantRequests(t *testing.T, metadata, sets int, keysURL string) {
	t.Helper()
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.wellKnown) != metadata || len(s.requests) != sets {
		t.Errorf("%d requests for metadata and %d for sets, want %d and %d", len(s.wellKnown), len(s.requests), metadata, sets)
	}
	for _, r := range s.requests {
		if r.URL.String() != keysURL {
			t.Errorf("the set was read from %s", r.URL)
		}
	}
	s.wellKnown, s.requests = nil, nil
}

func TestDiscover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &discoveryStub{}
		s.publish("a")
		s.publishAt("https://keys.example/a?b=c")
		r := s.newSource(t, RemoteConfig{})
		wantOutcome(t, r, "a", "known", time.Second)
		if s.wellKnown[0] != issuer+"/.well-known/openid-configuration" {
			t.Error(s.wellKnown)
		}
		s.wantRequests(t, 1, 1, "https://keys.example/a?b=c")
		if last := s.reports[0]; last.Source != "https://keys.example/a" || last.Keys != 1 || last.Err != nil {
			t.Errorf("%+v", last)
		}
		// The URL is remembered for a day.
		for range 23 {
			time.Sleep(time.Hour)
			wantOutcome(t, r, "a", "known", time.Second)
		}
		s.wantRequests(t, 0, 23, "https://keys.example/a?b=c")
		s.publishAt("https://keys.example/b")
		s.publish("b")
		time.Sleep(time.Hour + time.Minute)
		wantOutcome(t, r, "a", "known", time.Second) // and starts a refresh
		s.wantRequests(t, 1, 1, "https://keys.example/b")
		wantOutcome(t, r, "b", "known", 0)
	})
}

// The metadata of RFC 8414 are read after a 404 for the ones of OpenID Connect.
func TestDiscoverOAuth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &discoveryStub{}
		r := s.newSource(t, RemoteConfig{})
		wantOutcome(t, r, "a", "unavailable", time.Second)
		want := []string{issuer + "/.well-known/openid-configuration", "https://issuer.example/.well-known/oauth-authorization-server/realms/a"}
		if fmt.Sprint(s.wellKnown) != fmt.Sprint(want) {
			t.Error(s.wellKnown)
		}
		s.wantRequests(t, 2, 0, "")
		if last := s.reports[0]; last.Source != issuer || last.Err == nil || !strings.Contains(last.Err.Error(), "the status is 404") {
			t.Errorf("%+v", last)
		}
	})
}

// After a failure the metadata are read again, for the issuer may have moved its set. While
// they cannot be read, the previous keys are used until MaxStale.
func TestDiscoverOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &discoveryStub{}
		s.publish("a")
		s.publishAt("https://keys.example/a")
		r := s.newSource(t, RemoteConfig{MaxStale: 2 * time.Hour})
		wantOutcome(t, r, "a", "known", time.Second)
		s.wantRequests(t, 1, 1, "https://keys.example/a")
		for name, status := range map[string]int{"error": 500, "not a set": 0} {
			s.update(func() { s.status, s.text = status, "<html>" })
			time.Sleep(15 * time.Minute)
			wantOutcome(t, r, "a", "known", 0)
			synctest.Wait()
			s.update(func() { s.status, s.wellKnown, s.requests = 0, nil, nil })
			s.publish("a")
			s.publishAt("https://keys.example/" + name[:1])
			time.Sleep(15 * time.Second)
			wantOutcome(t, r, "a", "known", 0)
			s.wantRequests(t, 1, 1, "https://keys.example/"+name[:1])
		}
		s.fail()
		time.Sleep(time.Hour)
		wantOutcome(t, r, "a", "known", 2*time.Second)
		wantOutcome(t, r, "x", "unavailable", 2*time.Second)
		time.Sleep(15 * time.Second)
		wantOutcome(t, r, "x", "unavailable", 2*time.Second) // the metadata cannot be read either
		synctest.Wait()
		if last := s.reports[len(s.reports)-1]; last.Source != issuer || last.Keys != 1 || last.Err == nil {
			t.Errorf("%+v", last)
		}
		time.Sleep(time.Hour)
		if _, err := r.Key(t.Context(), "", "a", "EdDSA"); !errors.Is(err, errStale) {
			t.Error(err)
		}
	})
}

func TestDiscoverRefused(t *testing.T) {
	for metadata, want := range map[string]string{
		`{"issuer":"https://issuer.example/realms/a/","jwks_uri":"https://issuer.example/k"}`:             "a slash at the end counts",
		`{"issuer":"https://issuer.example/realms/b","jwks_uri":"https://issuer.example/k"}`:              "configure exactly that, if",
		`{"issuer":"https://issuer.example/realms/a"}`:                                                    "jwks_uri: is missing",
		`{"issuer":"https://issuer.example/realms/a","jwks_uri":"http://issuer.example/k"}`:               "jwks_uri: is not https",
		`{"issuer":"https://issuer.example/realms/a","jwks_uri":"http://localhost/k"}`:                    "jwks_uri: is http on this machine",
		`{"issuer":"https://issuer.example/realms/a","jwks_uri":"https://u:hunter2@issuer.example/k"}`:    "jwks_uri: has a user",
		`{"issuer":"https://issuer.example/realms/a","jwks_uri":"file:///etc/passwd"}`:                    "jwks_uri: has no host",
		`{"issuer":"https://issuer.example/realms/a","jwks_uri":"/k"}`:                                    "jwks_uri: has no host",
		`{"issuer":"https://issuer.example/realms/a","issuer":"x","jwks_uri":"https://issuer.example/k"}`: "two members of one name",
		`<!doctype html>`: "HTML page",
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &discoveryStub{metadata: metadata}
			s.publish("a")
			r := s.newSource(t, RemoteConfig{InsecureHTTPHosts: []string{"keycloak"}})
			wantOutcome(t, r, "a", "unavailable", time.Second)
			if err := r.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s: %v", metadata, err)
			}
			s.wantRequests(t, 1, 0, "")
		})
	}
}

// A host of InsecureHTTPHosts may serve the keys of an issuer over http.
func TestDiscoverInCluster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &discoveryStub{}
		s.publish("a")
		s.publishAt("http://keycloak:8080/keys")
		r := s.newSource(t, RemoteConfig{InsecureHTTPHosts: []string{"keycloak"}})
		wantOutcome(t, r, "a", "known", time.Second)
		s.wantRequests(t, 1, 1, "http://keycloak:8080/keys")
	})
}

// Both requests of a refresh together are bounded by 5 s, and a token waits for 2 s.
func TestDiscoverSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &discoveryStub{issuerStub: issuerStub{delay: time.Hour}}
		s.publishAt("https://keys.example/a")
		r := s.newSource(t, RemoteConfig{})
		began := time.Now()
		wantOutcome(t, r, "a", "unavailable", 2*time.Second)
		if _ = r.Ready(t.Context()); time.Since(began) != 5*time.Second {
			t.Errorf("it took %v", time.Since(began))
		}
	})
}
