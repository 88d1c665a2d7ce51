package authztest_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authz/authztest"
	"github.com/go-sallyport/sallyport/authz/routes"
)

// inTarget runs do as a function of Targets, for a service with one public route, and returns
// the messages.
func inTarget(t *testing.T, answer http.HandlerFunc, do func(*authztest.Client)) *recorder {
	t.Helper()
	return attack(authztest.Config{
		Handler:   answer,
		Routes:    []routes.Row{{Pattern: "GET /x", Method: "GET", Path: "/x", Public: "for the test"}},
		Public:    []string{"GET /x"},
		Sign:      func(r *http.Request, c authztest.Caller) error { r.Header.Set("Authorization", c.Subject); return nil },
		Caller:    authztest.Caller{Subject: "ann"},
		OtherUser: "bob",
		Targets:   map[string]func(*authztest.Client) authztest.Target{"GET /x": func(c *authztest.Client) authztest.Target { do(c); return authztest.Target{} }},
	})
}

func TestClient(t *testing.T) {
	echo := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Location", "/things/at%2Flocation")
		_, _ = fmt.Fprint(w, r.Method, " ", r.RequestURI, " ", r.Header.Get("Authorization"), " ", r.Header.Get("Content-Type"), " ", string(body))
	}
	r := inTarget(t, echo, func(c *authztest.Client) {
		if got := string(c.Do("PUT", "/a?b=c", "{}")); got != "PUT /a?b=c ann application/json {}" {
			t.Errorf("Do: %s", got)
		}
		if got := string(c.As(authztest.Caller{Subject: "bob"}).Do("GET", "//a/%2e/b", "")); got != "GET //a/%2e/b bob  " {
			t.Errorf("As: %s", got)
		}
		if got := c.Create("/a", "{}"); got != "at/location" {
			t.Errorf("Create: %s", got)
		}
	})
	if len(r.errors) > 0 {
		t.Error(r.errors)
	}
}

func TestCreateReadsTheID(t *testing.T) {
	for body, want := range map[string]string{`{"id":"a"}`: "a", `{"id":12345678901234567890}`: "12345678901234567890", `{"id":null}`: "", `[]`: "", `{}`: ""} {
		r := inTarget(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }, func(c *authztest.Client) {
			if got := c.Create("/a", "{}"); got != want || want == "" {
				t.Errorf("%s: %s", body, got)
			}
		})
		const text = "GET /x: is untested: the function in Targets fails: the response to POST /a has neither a member id nor a Location; use Do"
		if failed := strings.Contains(strings.Join(r.errors, "\n"), text); failed != (want == "") {
			t.Errorf("%s: %v", body, r.errors)
		}
	}
}

// A function of Targets that panics has a fault of its own, which is no fault of the route.
func TestTargetThatPanics(t *testing.T) {
	defer func() {
		if v := recover(); v != "of the test" {
			t.Errorf("recovered %v", v)
		}
	}()
	inTarget(t, func(http.ResponseWriter, *http.Request) {}, func(*authztest.Client) { panic("of the test") })
}

// A service that breaks the connection has not refused the caller.
func TestBrokenConnection(t *testing.T) {
	r := inTarget(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, func(*authztest.Client) {})
	if len(r.errors) != 1 || !strings.Contains(r.errors[0], "GET /x: is untested: no response") {
		t.Error(r.errors)
	}
}

// The requests of a Client go to the host of its route, also as another caller.
func TestClientOfAHost(t *testing.T) {
	var hosts []string
	r := attack(authztest.Config{
		Handler:   http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { hosts = append(hosts, r.URL.Path+" "+r.Host) }),
		Routes:    []routes.Row{{Pattern: "GET api.example/x", Method: "GET", Host: "api.example", Path: "/x", Public: "for the test"}},
		Public:    []string{"GET api.example/x"},
		Sign:      func(*http.Request, authztest.Caller) error { return nil },
		Caller:    authztest.Caller{Subject: "ann"},
		OtherUser: "bob",
		Targets: map[string]func(*authztest.Client) authztest.Target{"/x": func(c *authztest.Client) authztest.Target {
			c.Do("GET", "/a", "")
			c.As(authztest.Caller{Subject: "bob"}).Do("GET", "/b", "")
			return authztest.Target{}
		}},
	})
	if len(r.errors) > 0 || len(hosts) < 3 || hosts[0] != "/a api.example" || hosts[1] != "/b api.example" {
		t.Error(r.errors, hosts)
	}
}
