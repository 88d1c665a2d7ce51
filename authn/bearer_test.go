package authn_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// A sharing Authenticator accepts every bearer token, and declares a prefix.
type sharing struct{ name, prefix, header string }

func (s sharing) Present(r *http.Request) bool { return len(r.Header["Authorization"]) > 0 }
func (s sharing) CredentialHeader() string     { return s.header }
func (s sharing) BearerPrefix() string         { return s.prefix }
func (s sharing) Challenge(realm string, _ error) string {
	return `Bearer realm="` + realm + `"`
}

func (s sharing) Authenticate(r *http.Request) (*authn.Principal, error) {
	value := r.Header.Get("Authorization")
	if token := value[strings.LastIndexByte(value, ' ')+1:]; s.prefix != "" && !strings.HasPrefix(token, s.prefix) {
		return nil, authn.ErrInvalid
	}
	return &authn.Principal{Subject: s.name}, nil
}

func (s sharing) SetResponseHeader(h http.Header, _ *http.Request, p *authn.Principal) {
	h.Set("X-From", s.name+" "+p.Subject)
}

const inAuthorization = "Authorization"

var (
	tokens   = sharing{"tokens", "", "authorization"}
	liveKeys = sharing{"live", "a_live_", inAuthorization}
	testKeys = sharing{"test", "a_test_", inAuthorization}
)

func TestPrefixSelectsTheAuthenticator(t *testing.T) {
	all := []authn.Authenticator{headerOne, tokens, liveKeys, testKeys}
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 1, 3, 0}, {2, 3, 0, 1}} {
		var ordered []authn.Authenticator
		for _, i := range order {
			ordered = append(ordered, all[i])
		}
		m := build(t, authn.Config{Authenticators: ordered, Realm: "notes"})
		for value, want := range map[string]string{
			"Bearer a_live_1": "live", "bearer  a_live_": "live", "Bearer a_test_1": "test", "Bearer a_live": "tokens", "Bearer A_live_1": "tokens",
			"Bearer eyJ": "tokens", "Bearer": "tokens", "a_live_1": "tokens", "Bearer xa_live_1": "tokens",
		} {
			r := request("Authorization", value)
			if p, err := m.Check(r); err != nil || p.Subject != want {
				t.Errorf("%v: %q: %+v, %v, want %s", order, value, p, err, want)
			}
			w := respond(m, r)
			if got := w.Header().Get("X-From"); got != want+" "+want {
				t.Errorf("%v: %q: X-From is %q", order, value, got)
			}
			mwtest.MaxAllocs(t, value, 1, func() { _, _ = m.Check(r) })
		}
		// Two credentials are refused as before.
		for _, r := range []*http.Request{
			request("Authorization", "Bearer a_live_1", "One", "ann"),
			request("Authorization", "Bearer eyJ", "One", "ann"),
			request("Authorization", "Bearer a_live_1", "Authorization", "Bearer eyJ"),
			request("Authorization", "Bearer a_live_1", "Authorization", "Bearer a_live_1"),
		} {
			w := respond(m, r)
			mwtest.Refused(t, w.Result(), 400, "invalid_request")
			if c := w.Header()["Www-Authenticate"]; !slices.Contains(c, `Bearer realm="notes"`) || w.Header().Get("X-From") != "" {
				t.Errorf("challenges %q, header %v", c, w.Header())
			}
		}
		// Three Authenticators with one challenge send it once.
		if c := respond(m, request()).Header()["Www-Authenticate"]; len(c) != 2 {
			t.Errorf("challenges %q", c)
		}
	}
	// Without an Authenticator for other tokens, a token without a known prefix is refused
	// and not taken for a missing one, also with Optional.
	m := build(t, authn.Config{Authenticators: []authn.Authenticator{liveKeys, testKeys}, Optional: true})
	if _, err := m.Check(request("Authorization", "Bearer b_live_1")); !errors.Is(err, authn.ErrInvalid) {
		t.Error(err)
	}
}

func TestPrefixesThatDecideNothingAreRefused(t *testing.T) {
	undeclared := bearer("")
	for name, tc := range map[string]struct {
		authenticators []authn.Authenticator
		want           []string
	}{
		"the same":     {[]authn.Authenticator{liveKeys, tokens, liveKeys}, []string{`authn: Authenticators[2]: "a_live_": has the same prefix of bearer tokens as Authenticators[0]`}},
		"one longer":   {[]authn.Authenticator{sharing{"x", "a_", inAuthorization}, liveKeys}, []string{`authn: Authenticators[1]: "a_live_": has the same prefix`}},
		"one shorter":  {[]authn.Authenticator{liveKeys, sharing{"x", "a_", inAuthorization}}, []string{`authn: Authenticators[1]: "a_": has the same prefix`}},
		"undeclared":   {[]authn.Authenticator{liveKeys, undeclared}, []string{"authn: Authenticators[1]: shares the scheme Bearer with Authenticators[0]"}},
		"two headers":  {[]authn.Authenticator{tokens, sharing{"x", "a_", "X-Other"}}, []string{"authn: Authenticators[1]: takes each bearer token for its own, as Authenticators[0] does"}},
		"two of JWTs":  {[]authn.Authenticator{tokens, liveKeys, tokens}, []string{"authn: Authenticators[2]: takes each bearer token for its own, as Authenticators[0] does"}},
		"told by form": {[]authn.Authenticator{liveKeys, testKeys, tokens, headerOne}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := authn.New(authn.Config{Authenticators: tc.authenticators})
			mwtest.Faults(t, err, tc.want...)
		})
	}
}
