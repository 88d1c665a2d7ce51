package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// An admin rotates the key of a program, which goes on with the new key, and revokes it.
func TestQuickstartRotatesAnAPIKey(t *testing.T) {
	p := start(t)
	first := p.env["API_KEY"]
	idOf := func(key string) string { return strings.Split(key, "_")[2] }
	me := func(key string) *http.Response { return p.do(t, "GET", "/v1/me", "", "X-API-Key", key) }
	admin := append(p.as("ADMIN"), "Content-Type", "application/json")
	rotate := func(id, body string) (key string) {
		t.Helper()
		res := p.do(t, "POST", "/v1/keys/"+id+"/rotation", body, admin...)
		var made Key
		if err := json.Unmarshal([]byte(read(t, res)), &made); err != nil || res.StatusCode != 201 || made.ID != idOf(made.Text) {
			t.Fatalf("%d %+v %v", res.StatusCode, made, err)
		}
		wantCommonHeaders(t, res)
		return made.Text
	}
	accepted := func(key string) {
		t.Helper()
		res := me(key)
		if body := read(t, res); res.StatusCode != 200 || !strings.Contains(body, `"subject":"nightly-export"`) {
			t.Errorf("%d %s", res.StatusCode, body)
		}
		// The keys of the example end within a week, and the client is told when.
		if at, err := http.ParseTime(res.Header.Get("X-API-Key-Expires")); err != nil || time.Until(at) > keyLifetime {
			t.Errorf("X-API-Key-Expires: %v, %v", at, err)
		}
	}

	accepted(first)
	second := rotate(idOf(first), `{"overlap_seconds":3600}`)
	accepted(first)
	accepted(second)
	list := read(t, p.do(t, "GET", "/v1/keys", "", admin...))
	if !strings.Contains(list, `"replaced_by":"`+idOf(second)+`"`) || strings.Contains(list, `"key":`) || strings.Contains(list, second) {
		t.Errorf("the list is %s", list)
	}
	third := rotate(idOf(second), `{"overlap_seconds":0}`)
	mwtest.Refused(t, me(second), 401, "credentials_expired")
	accepted(third)
	accepted(first) // its overlap lasts

	if res := p.do(t, "DELETE", "/v1/keys/"+idOf(third), "", admin...); res.StatusCode != 204 {
		t.Errorf("revocation: %d", res.StatusCode)
	}
	mwtest.Refused(t, me(third), 401, "invalid_credentials")

	for name, tc := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
		code               string
	}{
		"revoked twice":      {"DELETE", "/v1/keys/" + idOf(third), "", admin, 404, "not_found"},
		"rotated when ended": {"POST", "/v1/keys/" + idOf(second) + "/rotation", `{"overlap_seconds":0}`, admin, 404, "not_found"},
		"no such key":        {"POST", "/v1/keys/x/rotation", `{"overlap_seconds":0}`, admin, 404, "not_found"},
		"no overlap":         {"POST", "/v1/keys/" + idOf(first) + "/rotation", `{}`, admin, 400, "validation_failed"},
		"not an admin":       {"POST", "/v1/keys/" + idOf(first) + "/rotation", `{"overlap_seconds":0}`, append(p.as("WRITER"), "Content-Type", "application/json"), 403, "forbidden"},
		"by a key":           {"GET", "/v1/keys", "", []string{"X-API-Key", first}, 403, "forbidden"},
		"not signed in":      {"GET", "/v1/keys", "", nil, 401, "unauthenticated"},
	} {
		t.Run(name, func(t *testing.T) {
			mwtest.Refused(t, p.do(t, tc.method, tc.path, tc.body, tc.headers...), tc.status, tc.code)
		})
	}
	log := p.logged(t, `msg="API key in use" id=`+idOf(third))
	for _, key := range []string{first, second, third} {
		if strings.Contains(log, key[24:]) {
			t.Error("the log holds a secret")
		}
	}
}
