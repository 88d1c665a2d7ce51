package main

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func TestShow(t *testing.T) {
	var out strings.Builder
	if err := show(&out); err != nil {
		t.Fatal(err)
	}
	got := regexp.MustCompile(` {2,}`).ReplaceAllString(out.String(), "|")
	const want = `ROUTER|REQUEST|STATUS|ROUTE
gorilla/mux|GET /hello/ann|200|/hello/{name}
gorilla/mux|GET /nowhere|404|unmatched
httprouter|GET /hello/ann|200|/hello/:name
httprouter|GET /nowhere|404|unmatched
gin|GET /hello/ann|200|/hello/:name
gin|GET /nowhere|404|unmatched
echo|GET /hello/ann|200|/hello/:name
echo|GET /nowhere|404|unmatched
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// One handler reads its parameter on each router.
func TestParameter(t *testing.T) {
	for name, router := range map[string]http.Handler{"gorilla": onGorilla(), "httprouter": onHTTPRouter(), "gin": onGin(), "echo": onEcho()} {
		w := httptest.NewRecorder()
		router.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/hello/ann", nil))
		if w.Body.String() != "hello ann\n" {
			t.Errorf("%s: %d %q", name, w.Code, w.Body)
		}
	}
}
