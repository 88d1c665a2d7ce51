package site

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/oauthtest"
)

// A user opens a private page, logs in, writes a note, and logs out here and at the provider.
func TestVisit(t *testing.T) {
	s, b := newStage(t), newBrowser(t)
	if v := b.open(s.origin+"/", ""); v.StatusCode != 200 || !strings.Contains(v.text, "Log in") {
		t.Fatalf("%d %s", v.StatusCode, v.text)
	}
	v := b.open(s.origin+"/notes", "")
	if v.StatusCode != 200 || v.at != s.origin+"/notes" || !strings.Contains(v.text, `<b id="user">Ann</b>`) {
		t.Fatalf("%d at %s: %s", v.StatusCode, v.at, v.text)
	}
	policy := v.Header.Get("Content-Security-Policy")
	nonce := regexp.MustCompile(`'nonce-([\w-]{22})'`).FindStringSubmatch(policy)
	if nonce == nil || strings.Count(v.text, `nonce="`+nonce[1]+`"`) != 2 || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q of %s", policy, v.text)
	}
	form := url.Values{"text": {"<b>milk</b>"}}
	if v := b.send(http.MethodPost, s.origin+"/notes", form, "https://evil.example"); v.StatusCode != http.StatusForbidden {
		t.Errorf("a form of another site: %d", v.StatusCode)
	}
	v = b.follow(b.send(http.MethodPost, s.origin+"/notes", form, s.origin), "")
	if v.StatusCode != 200 || strings.Count(v.text, "<li>&lt;b&gt;milk&lt;/b&gt;") != 1 {
		t.Errorf("%d %s", v.StatusCode, v.text)
	}
	if v := b.send(http.MethodPost, s.origin+"/logout", url.Values{}, "https://evil.example"); v.StatusCode != http.StatusForbidden {
		t.Errorf("a logout of another site: %d", v.StatusCode)
	}
	v = b.follow(b.send(http.MethodPost, s.origin+"/logout", url.Values{}, s.origin), "")
	if v.StatusCode != 200 || v.at != s.origin+"/" || !strings.Contains(v.text, "Log in") || s.provider.Requests("/logout") != 1 {
		t.Errorf("%d at %s: %s", v.StatusCode, v.at, v.text)
	}
	if refused := s.provider.Refused(); len(refused) > 0 {
		t.Errorf("the provider has refused %q", refused)
	}
	if v := b.open(s.origin+"/notes", s.provider.URL); !strings.HasPrefix(v.at, s.provider.URL+"/authorize?") {
		t.Errorf("%d at %s", v.StatusCode, v.at)
	}
}

// The provider ends its session: the sessions of that login end in every browser, and others
// stay.
func TestBackChannelLogout(t *testing.T) {
	s := newStage(t)
	ann, laptop := newBrowser(t), newBrowser(t)
	ann.open(s.origin+"/notes", "")
	s.newSession("provider-session-2")
	laptop.open(s.origin+"/notes", "")
	if status, err := s.provider.Logout(t.Context()); status != http.StatusOK || err != nil {
		t.Fatalf("%d %v", status, err)
	}
	if v := laptop.open(s.origin+"/", ""); v.StatusCode != 200 || !strings.Contains(v.text, "Log in") {
		t.Errorf("the session is not over: %s", v.text)
	}
	if v := ann.open(s.origin+"/", ""); !strings.Contains(v.text, "Ann") {
		t.Errorf("another session is over: %s", v.text)
	}
	// Without a sid, all sessions of the user end.
	s.provider.Change(func(set *oauthtest.Settings) { delete(set.User, "sid") })
	if status, err := s.provider.Logout(t.Context()); status != http.StatusOK || err != nil {
		t.Fatalf("%d %v", status, err)
	}
	if v := ann.open(s.origin+"/", ""); strings.Contains(v.text, "Ann") {
		t.Errorf("the session is not over: %s", v.text)
	}
}

// A logout token that overtakes the login: the user sees a page with a link, and no session.
func TestLogoutBeforeTheCallback(t *testing.T) {
	s, b := newStage(t), newBrowser(t)
	v := b.open(s.origin+"/notes", s.origin+"/login/callback")
	if status, err := s.provider.Logout(t.Context()); status != http.StatusOK || err != nil {
		t.Fatalf("%d %v", status, err)
	}
	if v := b.open(v.at, ""); v.StatusCode != http.StatusForbidden || !strings.Contains(v.text, `href="/login"`) {
		t.Errorf("%d %s", v.StatusCode, v.text)
	}
	s.newSession("provider-session-2")
	if v := b.open(s.origin+"/notes", ""); v.StatusCode != http.StatusOK {
		t.Errorf("a later login: %d %s", v.StatusCode, v.text)
	}
}

// Twelve tabs begin a login and finish in any order. The newest five succeed. The others lead
// to a page of the site, or to one with a link, and no answer is an error of the server.
func TestTwelveTabs(t *testing.T) {
	for seed := range uint64(6) {
		s, b := newStage(t), newBrowser(t)
		var callbacks [12]string
		for i := range callbacks {
			callbacks[i] = b.open(s.origin+"/login?return_to=/notes", s.origin+"/login/callback").at
			passMillisecond() // the tabs begin one after the other
		}
		loggedIn := false
		for _, i := range rand.New(rand.NewPCG(seed, 1)).Perm(len(callbacks)) {
			v := b.open(callbacks[i], "")
			switch newest := i >= len(callbacks)-5; {
			case newest:
				loggedIn = true
				if v.StatusCode != 200 || v.at != s.origin+"/notes" {
					t.Errorf("seed %d, tab %d: %d at %s: %s", seed, i, v.StatusCode, v.at, v.text)
				}
			case loggedIn && (v.StatusCode != 200 || v.at != s.origin+"/" || !strings.Contains(v.text, "Ann")):
				t.Errorf("seed %d, tab %d, logged in: %d at %s: %s", seed, i, v.StatusCode, v.at, v.text)
			case !loggedIn && (v.StatusCode != 400 || !strings.Contains(v.text, `href="/login"`)):
				t.Errorf("seed %d, tab %d: %d at %s: %s", seed, i, v.StatusCode, v.at, v.text)
			}
		}
		if refused := s.provider.Refused(); len(refused) > 0 {
			t.Errorf("the provider has refused %q", refused)
		}
	}
}

func passMillisecond() {
	for at := time.Now().UnixMilli(); time.Now().UnixMilli() == at; {
	}
}
