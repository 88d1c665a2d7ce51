package discovery_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/internal/discovery"
)

// An issuerStub answers each path with a text. The text HOST stands for its URL.
type issuerStub struct {
	*httptest.Server
	texts map[string]string
	paths []string // of the requests
}

func newIssuerStub(t *testing.T, texts map[string]string) *issuerStub {
	s := &issuerStub{texts: texts}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.paths = append(s.paths, r.URL.Path)
		text, ok := s.texts[r.URL.Path]
		switch {
		case !ok:
			http.NotFound(w, r)
		case strings.HasPrefix(text, "status "):
			status := 0
			_, _ = fmt.Sscanf(text, "status %d", &status)
			w.WriteHeader(status)
		default:
			w.Header().Set("Content-Type", "text/html") // the type does not matter
			_, _ = w.Write([]byte(strings.ReplaceAll(text, "HOST", s.URL)))
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func newClient() discovery.Client { return discovery.Client{HTTP: discovery.NewHTTPClient(nil, nil)} }

func TestReadPaths(t *testing.T) {
	for name, tc := range map[string]struct {
		issuer, path string // path is the one that has the metadata
		requests     int
	}{
		"OpenID":             {"", "/.well-known/openid-configuration", 1},
		"OpenID, slash":      {"/", "/.well-known/openid-configuration", 1},
		"OpenID, path":       {"/realms/a", "/realms/a/.well-known/openid-configuration", 1},
		"OpenID, path slash": {"/realms/a/", "/realms/a/.well-known/openid-configuration", 1},
		"OAuth":              {"", "/.well-known/oauth-authorization-server", 2},
		"OAuth, slash":       {"/", "/.well-known/oauth-authorization-server", 2},
		"OAuth, path":        {"/realms/a", "/.well-known/oauth-authorization-server/realms/a", 2},
		"OAuth, path slash":  {"/realms/a/", "/.well-known/oauth-authorization-server/realms/a", 2},
	} {
		s := newIssuerStub(t, map[string]string{tc.path: `{"issuer":"HOST` + tc.issuer + `","jwks_uri":"HOST/keys"}`})
		m, err := newClient().Read(t.Context(), s.URL+tc.issuer)
		if err != nil || m.Issuer != s.URL+tc.issuer || m.JWKSURI != s.URL+"/keys" || len(s.paths) != tc.requests {
			t.Errorf("%s: %+v, %v after %v", name, m, err, s.paths)
		}
	}
}

func TestReadMembers(t *testing.T) {
	const path = "/.well-known/openid-configuration"
	s := newIssuerStub(t, map[string]string{path: `{"issuer":"HOST","jwks_uri":"HOST/k","authorization_endpoint":"https://a.example/x",
		"token_endpoint":"https://a.example/y","end_session_endpoint":"https://a.example/z","code_challenge_methods_supported":["plain","S256"],
		"authorization_response_iss_parameter_supported":true,"userinfo_endpoint":"https://a.example/u",
		"revocation_endpoint":"https://a.example/r","token_endpoint_auth_methods_supported":["none"],"require_pushed_authorization_requests":true,"mtls_endpoint_aliases":{"token_endpoint":"https://b.example"}}`})
	want := discovery.Metadata{
		Issuer: s.URL, JWKSURI: s.URL + "/k", AuthorizationEndpoint: "https://a.example/x", TokenEndpoint: "https://a.example/y",
		EndSessionEndpoint: "https://a.example/z", CodeChallengeMethodsSupported: []string{"plain", "S256"}, SupportsIssuerParameter: true,
		UserInfoEndpoint: "https://a.example/u", RevocationEndpoint: "https://a.example/r", TokenAuthMethods: []string{"none"}, RequiresPushedRequests: true,
	}
	if m, err := newClient().Read(t.Context(), s.URL); err != nil || !reflect.DeepEqual(m, want) {
		t.Errorf("%+v, %v", m, err)
	}
	// A member of another type is absent, and costs nothing else.
	s.texts[path] = `{"issuer":"HOST","jwks_uri":["HOST"],"token_endpoint":null,"code_challenge_methods_supported":"S256","authorization_response_iss_parameter_supported":"true",
		"userinfo_endpoint":7,"token_endpoint_auth_methods_supported":"none","require_pushed_authorization_requests":"true"}`
	if m, err := newClient().Read(t.Context(), s.URL); err != nil || !reflect.DeepEqual(m, discovery.Metadata{Issuer: s.URL}) {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestReadRefused(t *testing.T) {
	const openID, oauth = "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"
	for name, tc := range map[string]struct {
		texts  map[string]string
		issuer string
		want   string
		paths  []string
	}{
		"missing slash":    {map[string]string{openID: `{"issuer":"HOST/"}`}, "", `configure exactly that, for a slash at the end counts`, []string{openID}},
		"slash too many":   {map[string]string{openID: `{"issuer":"HOST"}`}, "/", `configure exactly that, for a slash at the end counts`, []string{openID}},
		"another issuer":   {map[string]string{openID: `{"issuer":"https://evil.example"}`}, "", `the issuer in it is "https://evil.example"; configure exactly that, if it is`, []string{openID}},
		"upper case":       {map[string]string{openID: `{"issuer":"HTTP` + `://127.0.0.1"}`}, "", `configure exactly that, if it is`, []string{openID}},
		"no issuer":        {map[string]string{openID: `{"jwks_uri":"HOST/keys"}`}, "", "has no issuer (RFC 8414", []string{openID}},
		"two issuers":      {map[string]string{openID: `{"issuer":"HOST","issuer":"https://evil.example"}`}, "", "JSON: two members of one name", []string{openID}},
		"variant":          {map[string]string{openID: `{"Issuer":"HOST"}`}, "", "differs from a registered one by case only", []string{openID}},
		"HTML":             {map[string]string{openID: ` <html>`}, "", "the body is an HTML page", []string{openID}},
		"not found":        {nil, "", oauth + ": the status is 404", []string{openID, oauth}},
		"500 is not asked": {map[string]string{openID: "status 500", oauth: `{"issuer":"HOST"}`}, "", openID + ": the status is 500", []string{openID}},
		"too long":         {map[string]string{openID: strings.Repeat(" ", discovery.MaxBody+1)}, "", "longer than 1 MiB", []string{openID}},
		"no object":        {map[string]string{openID: `[]`}, "", "JSON: not an object", []string{openID}},
	} {
		s := newIssuerStub(t, tc.texts)
		m, err := newClient().Read(t.Context(), s.URL+tc.issuer)
		if err == nil || !strings.Contains(err.Error(), tc.want) || !reflect.DeepEqual(m, discovery.Metadata{}) || !slices.Equal(s.paths, tc.paths) {
			t.Errorf("%s: %+v, %v after %v", name, m, err, s.paths)
		}
	}
}

func TestIssuerFault(t *testing.T) {
	for issuer, want := range map[string]string{
		"https://issuer.example":        "",
		"https://issuer.example/a/":     "",
		"http://localhost:8080":         "",
		"http://keycloak:8080/realms/a": "",
		"http://other":                  "is not https",
		"http://keycloak.example":       "is not https",
		"https://issuer.example?a":      "has a query",
		"https://issuer.example/#a":     "has a fragment",
		"":                              "is empty",
	} {
		if reason, _ := discovery.IssuerFault(issuer, []string{"keycloak"}); (reason == "") != (want == "") || !strings.HasPrefix(reason, want) {
			t.Errorf("%q: %q", issuer, reason)
		}
	}
}

func TestCheckURL(t *testing.T) {
	c := discovery.Client{HTTPHosts: []string{"keycloak"}}
	for _, tc := range []struct{ issuer, target, want string }{
		{"https://a.example", "https://b.example/keys?x", ""},
		{"https://a.example", "http://Keycloak:8080/keys", ""},
		{"http://localhost", "http://127.0.0.1/keys", ""},
		{"http://localhost", "https://b.example/keys", ""},
		{"https://a.example", "", "is missing; "},
		{"https://a.example", "http://a.example/keys", "is not https"},
		{"https://a.example", "http://localhost/keys", "is http on this machine, and the issuer is not"},
		{"HTTPS://a.example", "http://[::1]/keys", "is http on this machine, and the issuer is not"},
		{"http://keycloak", "http://other/keys", "is not https"},
		{"https://a.example", "https://user:hunter2@a.example/keys", "has a user"},
		{"https://a.example", "/keys", "has no host"},
		{"https://a.example", "file:///etc/passwd", "has no host"},
	} {
		err := c.CheckURL(tc.issuer, "jwks_uri", tc.target)
		switch {
		case tc.want == "" && err != nil, tc.want != "" && (err == nil || !strings.Contains(err.Error(), "jwks_uri: "+tc.want)):
			t.Errorf("%s names %s: %v", tc.issuer, tc.target, err)
		case err != nil && strings.Contains(err.Error(), "hunter2"):
			t.Errorf("the error contains the password: %v", err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`{"issuer":"https://issuer.example","jwks_uri":"https://issuer.example/keys"}`)
	f.Add(`{"issuer":"https:\/\/issuer.example","code_challenge_methods_supported":["S256",1]}`)
	f.Fuzz(func(t *testing.T, text string) {
		const issuer = "https://issuer.example"
		client := discovery.Client{HTTP: discovery.NewHTTPClient(textTransport(text), nil)}
		m, err := client.Read(t.Context(), issuer)
		if err == nil && m.Issuer != issuer {
			t.Fatalf("%q: the issuer is %q", text, m.Issuer)
		}
		// Another issuer never accepts the same text.
		if _, other := client.Read(t.Context(), "https://evil.example"); err == nil && other == nil {
			t.Fatalf("%q is the metadata of two issuers", text)
		}
	})
}
