package jwks

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestRemoteURL(t *testing.T) {
	for url, want := range map[string]string{
		"https://issuer.example/.well-known/jwks.json":    "",
		"https://issuer.example":                          "",
		"https://issuer.example:8443/keys?p=b2c_1_signin": "",
		"HTTPS://Issuer.Example/keys":                     "",
		"https://10.0.0.1/keys":                           "",
		"https://[2001:db8::1]:443/keys":                  "",
		"http://localhost:8080/keys":                      "",
		"http://LOCALHOST/keys":                           "",
		"http://127.0.0.1/keys":                           "",
		"http://127.255.0.3:1/keys":                       "",
		"http://[::1]:8080/keys":                          "",
		"":                                                "is empty",
		" https://issuer.example":                         "is not a URL",
		"https://issuer.example/a b":                      "is not a URL",
		"https://issuer.example/%zz":                      "is not a URL",
		"https://issuer.example:port/":                    "is not a URL",
		"https://issuer.example/\x7f":                     "is not a URL",
		"https://user@issuer.example/":                    "has a user",
		"https://user:hunter2@issuer.example":             "has a user",
		"https://@issuer.example/":                        "has a user",
		"https://issuer.example/#":                        "has a fragment",
		"https://issuer.example/#hunter2":                 "has a fragment",
		"http://localhost/#x":                             "has a fragment",
		"https:///keys":                                   "has no host",
		"https:issuer.example":                            "has no host",
		"https://:443/":                                   "has no host",
		"issuer.example/keys":                             "has no host",
		"/etc/passwd":                                     "has no host",
		"//issuer.example/keys":                           "is not https",
		"http://issuer.example/":                          "is not https",
		"http://localhost.example/":                       "is not https",
		"http://127.0.0.1.example/":                       "is not https",
		"http://128.0.0.1/":                               "is not https",
		"http://0.0.0.0/":                                 "is not https",
		"http://127.1/":                                   "is not https",
		"http://2130706433/":                              "is not https",
		"http://[::2]/":                                   "is not https",
		"http://[fe80::1%25lo]/":                          "is not https",
		"http://192.168.0.1/":                             "is not https",
		"ftp://issuer.example/":                           "is not https",
		"file://localhost/etc/passwd":                     "is not https",
		"https+unix://issuer.example/":                    "is not https",
		"https://issuer.example:/":                        "has a port",
		"https://issuer.example:0/":                       "has a port",
		"https://issuer.example:65536/":                   "has a port",
	} {
		_, err := NewRemote(RemoteConfig{URL: url})
		if want == "" {
			if err != nil {
				t.Errorf("%q: %v", url, err)
			}
			continue
		}
		mwtest.Faults(t, err, "jwks: URL: "+want)
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: the fault contains the password", url)
		}
	}
}

func TestRemoteConfig(t *testing.T) {
	_, err := NewRemote(RemoteConfig{URL: "http://issuer.example", Algorithm: ES256, Cooldown: time.Millisecond, MaxStale: -1, Transport: (*http.Transport)(nil)})
	mwtest.Faults(t, err, "jwks: URL: is not https", `jwks: Algorithm: "ES256": `, `jwks: Cooldown: "1ms": `, `jwks: MaxStale: "-1ns": `, "jwks: Transport: is a nil pointer or function; ")
	for _, cfg := range []RemoteConfig{{Cooldown: 5*time.Minute + 1}, {Cooldown: -1}, {MaxStale: 59 * time.Second}, {MaxStale: 169 * time.Hour}, {MaxStale: time.Minute, Cooldown: 16 * time.Second}, {Algorithm: "HS256"}, {Algorithm: EdDSA}} {
		cfg.URL = issuerURL
		if r, err := NewRemote(cfg); r != nil || len(mwtest.Leaves(err)) != 1 {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
	for _, cfg := range []RemoteConfig{{}, {Cooldown: time.Second}, {Cooldown: 5 * time.Minute}, {MaxStale: time.Minute}, {MaxStale: time.Minute, Cooldown: 15 * time.Second}, {MaxStale: 168 * time.Hour}, {Algorithm: PS512}} {
		cfg.URL = issuerURL
		mwtest.Must[*RemoteKeys](t)(NewRemote(cfg))
	}
}

func TestRemoteIssuerOrURL(t *testing.T) {
	for name, tc := range map[string]struct {
		cfg  RemoteConfig
		want []string
	}{
		"issuer":         {RemoteConfig{Issuer: "https://issuer.example/"}, nil},
		"neither":        {RemoteConfig{}, []string{"jwks: URL: is empty; set it to the jwks_uri of the issuer, or set Issuer"}},
		"both":           {RemoteConfig{URL: issuerURL, Issuer: "https://issuer.example"}, []string{"jwks: Issuer: stands beside URL; "}},
		"query":          {RemoteConfig{Issuer: "https://issuer.example?hunter2"}, []string{"jwks: Issuer: has a query; "}},
		"http":           {RemoteConfig{Issuer: "http://issuer.example"}, []string{"jwks: Issuer: is not https, "}},
		"cluster":        {RemoteConfig{Issuer: "http://keycloak:8080/realms/a", InsecureHTTPHosts: []string{"keycloak"}}, nil},
		"cluster, URL":   {RemoteConfig{URL: "http://keycloak.auth.svc/keys", InsecureHTTPHosts: []string{"other", "keycloak.auth.svc"}}, nil},
		"another host":   {RemoteConfig{URL: "http://keycloak.example/keys", InsecureHTTPHosts: []string{"keycloak"}}, []string{"jwks: URL: is not https, "}},
		"part of a host": {RemoteConfig{URL: "http://a.keycloak/keys", InsecureHTTPHosts: []string{"keycloak"}}, []string{"jwks: URL: is not https, "}},
		"wildcard": {RemoteConfig{URL: "http://a.svc/keys", InsecureHTTPHosts: []string{"*.svc", "*", "a:80"}}, []string{
			"jwks: URL: is not https, ", `jwks: InsecureHTTPHosts[0]: "*.svc": is not a host; `, `jwks: InsecureHTTPHosts[1]: "*": is not a host; `,
			`jwks: InsecureHTTPHosts[2]: "a:80": is not a host; `,
		}},
		"another scheme": {RemoteConfig{URL: "ftp://keycloak/keys", InsecureHTTPHosts: []string{"keycloak"}}, []string{"jwks: URL: is not https, "}},
	} {
		_, err := NewRemote(tc.cfg)
		if mwtest.Faults(t, err, tc.want...); err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A source with an invalid Config, which New would have refused, is unavailable when it
// is used.
func TestRemoteWithInvalidConfig(t *testing.T) {
	for _, r := range []*RemoteKeys{{}, Remote(""), Remote("http://issuer.example/"), Discover("https://issuer.example?a")} {
		wantOutcome(t, r, "a", "unavailable", time.Second)
		if _, err := r.Key(context.Background(), "", "a", "EdDSA"); errors.Is(err, errTimeout) {
			t.Error(err)
		}
		if r.Ready(context.Background()) == nil || r.Close() != nil || r.Close() != nil {
			t.Error("ready, or not closed")
		}
	}
}

func TestFreshnessLifetime(t *testing.T) {
	for name, tc := range map[string]struct {
		header http.Header
		want   time.Duration
	}{
		"no header":      {nil, 15 * time.Minute},
		"others":         {http.Header{"Cache-Control": {"public, must-revalidate, s-maxage=60"}, "Expires": {"0"}, "Age": {"600"}}, 15 * time.Minute},
		"max-age":        {http.Header{"Cache-Control": {"public, max-age=1800"}}, 30 * time.Minute},
		"upper case":     {http.Header{"Cache-Control": {"Max-Age=1800"}}, 30 * time.Minute},
		"quoted":         {http.Header{"Cache-Control": {`max-age="1800"`}}, 30 * time.Minute},
		"second field":   {http.Header{"Cache-Control": {"public", "max-age=1800"}}, 30 * time.Minute},
		"twice alike":    {http.Header{"Cache-Control": {"max-age=1800,max-age=1800"}}, 30 * time.Minute},
		"twice":          {http.Header{"Cache-Control": {"max-age=1800,max-age=3600"}}, time.Minute},
		"age":            {http.Header{"Cache-Control": {"max-age=1800"}, "Age": {"600"}}, 20 * time.Minute},
		"too old":        {http.Header{"Cache-Control": {"max-age=1800"}, "Age": {"1801"}}, time.Minute},
		"invalid age":    {http.Header{"Cache-Control": {"max-age=1800"}, "Age": {"-600"}}, 30 * time.Minute},
		"endless age":    {http.Header{"Cache-Control": {"max-age=31536000"}, "Age": {strings.Repeat("9", 40)}}, time.Minute},
		"zero":           {http.Header{"Cache-Control": {"max-age=0"}}, time.Minute},
		"negative":       {http.Header{"Cache-Control": {"max-age=-1"}}, time.Minute},
		"empty":          {http.Header{"Cache-Control": {"max-age="}}, time.Minute},
		"fraction":       {http.Header{"Cache-Control": {"max-age=1800.5"}}, time.Minute},
		"leading zeros":  {http.Header{"Cache-Control": {"max-age=000000120"}}, 2 * time.Minute},
		"a sign":         {http.Header{"Cache-Control": {"max-age=+1800"}}, time.Minute},
		"a year":         {http.Header{"Cache-Control": {"max-age=31536000"}}, time.Hour},
		"overflow":       {http.Header{"Cache-Control": {"max-age=99999999999999999999999999"}}, time.Hour},
		"no-store":       {http.Header{"Cache-Control": {"no-store, max-age=1800"}}, time.Minute},
		"no-cache":       {http.Header{"Cache-Control": {"max-age=1800", "No-Cache"}}, time.Minute},
		"no-cache field": {http.Header{"Cache-Control": {`no-cache="Set-Cookie", max-age=1800`}}, time.Minute},
		"garbage":        {http.Header{"Cache-Control": {",,=;\x00,max-age"}}, time.Minute},
	} {
		if got := freshnessLifetime(tc.header); got != tc.want {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}
