package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// known is an authenticator whose credential is the name of a principal.
type known map[string]*authn.Principal

func (known) Present(r *http.Request) bool   { return r.Header.Get("Caller") != "" }
func (known) Challenge(string, error) string { return "Test" }
func (k known) Authenticate(r *http.Request) (*authn.Principal, error) {
	if p := k[r.Header.Get("Caller")]; p != nil {
		return p, nil
	}
	return nil, authn.ErrInvalid
}

func caller(change func(*authn.Principal)) *authn.Principal {
	p := &authn.Principal{Kind: "test", Issuer: issuer, Subject: "ann", Tenant: "acme", Scopes: []string{"notes:read"}}
	change(p)
	return p
}

var callers = known{
	"ann":          caller(func(*authn.Principal) {}),
	"ann, foreign": caller(func(p *authn.Principal) { p.Issuer = "https://other.example" }),
	"bob":          caller(func(p *authn.Principal) { p.Subject = "bob" }),
	"no scope":     caller(func(p *authn.Principal) { p.Scopes = nil }),
	"other tenant": caller(func(p *authn.Principal) { p.Tenant = "umbrella" }),
	"no tenant":    caller(func(p *authn.Principal) { p.Tenant = "" }),
	"support":      caller(func(p *authn.Principal) { p.Subject, p.Tenant, p.Scopes, p.Roles = "sue", "", nil, []string{"support"} }),
	"a:b c":        caller(func(p *authn.Principal) { p.Issuer, p.Subject = "a:b", "c" }),
	"a b:c":        caller(func(p *authn.Principal) { p.Issuer, p.Subject = "a", "b:c" }),
}

var notes = store{
	"1":      demoNotes["1"],
	"frozen": demoNotes["2"],
	"joined": {issuer: "a", subject: "b:c", text: "of b:c"},
	"empty":  {text: "of no owner and no tenant"},
}

// Every policy over a real connection: the response, and the record of the request.
func TestService(t *testing.T) {
	for name, tc := range map[string]struct {
		method, path, caller string
		status               int
		code, rule, reason   string
	}{
		"permitted":                {"GET", "/notes/1", "ann", 200, "", "notes:read", "read-in-tenant"},
		"permitted to share":       {"POST", "/notes/1/share", "ann", 204, "", "notes:share", "share-own"},
		"another action":           {"POST", "/notes/1/share", "bob", 403, "forbidden", "notes:share", "no policy permits it"},
		"the address":              {"GET", "/notes/1", "support", 200, "", "notes:read", "read-for-support"},
		"forbidden":                {"POST", "/notes/frozen/share", "ann", 403, "forbidden", "notes:share", "never-share-frozen"},
		"no scope":                 {"GET", "/notes/1", "no scope", 403, "forbidden", "notes:read", "no policy permits it"},
		"another tenant":           {"GET", "/notes/1", "other tenant", 403, "forbidden", "notes:read", "no policy permits it"},
		"two empty tenants":        {"GET", "/notes/empty", "no tenant", 403, "forbidden", "notes:read", "no policy permits it"},
		"missing, no right":        {"GET", "/notes/none", "ann", 403, "forbidden", "notes:read", "no policy permits it"},
		"missing, a right":         {"GET", "/notes/none", "support", 404, "not_found", "notes:read", "read-for-support"},
		"one subject, two issuers": {"POST", "/notes/1/share", "ann, foreign", 403, "forbidden", "notes:share", "no policy permits it"},
		"joined, the owner":        {"POST", "/notes/joined/share", "a b:c", 204, "", "notes:share", "share-own"},
		"joined, another":          {"POST", "/notes/joined/share", "a:b c", 403, "forbidden", "notes:share", "no policy permits it"},
		"no credentials":           {"GET", "/notes/1", "", 401, "unauthenticated", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			logger, records := mwtest.Log()
			server := httptest.NewServer(newService(logger, callers, notes))
			defer server.Close()
			r, _ := http.NewRequestWithContext(t.Context(), tc.method, server.URL+tc.path, nil)
			r.Header.Set("Caller", tc.caller)
			res, err := server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			if tc.code != "" {
				mwtest.Refused(t, res, tc.status, tc.code)
			} else if _ = res.Body.Close(); res.StatusCode != tc.status {
				t.Errorf("status %d, want %d", res.StatusCode, tc.status)
			}
			server.Close() // the record comes after the response
			all := records()
			if len(all) != 1 {
				t.Fatalf("records %v", all)
			}
			rule, _ := all[0]["rule"].(string)
			reason, _ := all[0]["reason"].(string)
			if want := "decide(" + tc.rule + ")"; tc.rule != "" && rule != want || reason != tc.reason {
				t.Errorf("rule %q, reason %q, want %q, %q", rule, reason, want, tc.reason)
			}
		})
	}
}

// An address outside of the network of the policy, and a request without clientip.
func TestAddress(t *testing.T) {
	h := newService(slog.New(slog.DiscardHandler), callers, notes)
	for address, status := range map[string]int{"127.0.0.9:1": 200, "[::ffff:127.0.0.9]:1": 200, "192.0.2.1:1": 403, "[::1]:1": 403, "[fe80::1%eth0]:1": 403} {
		r := httptest.NewRequest("GET", "/notes/1", nil)
		r.RemoteAddr = address
		r.Header.Set("Caller", "support")
		if res := mwtest.Do(h, r); res.StatusCode != status {
			t.Errorf("%s: status %d, want %d", address, res.StatusCode, status)
		}
	}
	d := decider{must(readPolicies("policies.cedar", policyText)), "notes:read", notes.entity}
	r := httptest.NewRequestWithContext(context.Background(), "GET", "/notes/1", nil)
	r.SetPathValue("id", "1")
	if ruling, err := d.Decide(r, callers["support"]); ruling.Allow || err != nil {
		t.Errorf("without clientip: %+v, %v", ruling, err)
	}
	r.SetPathValue("id", "")
	if ruling, err := d.Decide(r, callers["ann"]); ruling.Allow || err == nil {
		t.Errorf("without an ID: %+v, %v", ruling, err)
	}
}
