package httpedge

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

const h2specProgram = "github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible"

var h2specSummary = regexp.MustCompile(`(\d+) tests, (\d+) passed, (\d+) skipped, (\d+) failed`)

// h2spec runs h2spec against the server at addr, and returns how many of its tests passed.
// It is 0 if the server does not speak HTTP/2 at all.
func h2spec(t *testing.T, addr net.Addr) (passed, tests int) {
	t.Helper()
	if os.Getenv("H2SPEC") == "" {
		t.Skip("set H2SPEC=1 to run h2spec, which go run downloads")
	}
	_, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	output, _ := exec.CommandContext(ctx, "go", "run", h2specProgram, "-h", "127.0.0.1", "-p", port, "-t", "-k", "--timeout", "5").CombinedOutput()
	found := h2specSummary.FindSubmatch(output)
	if found == nil {
		t.Logf("%s", output)
		return 0, 0
	}
	tests, _ = strconv.Atoi(string(found[1]))
	passed, _ = strconv.Atoi(string(found[2]))
	if tests != passed {
		t.Logf("%s", output)
	}
	return passed, tests
}

// certificate returns the TLS configuration of a test server.
func certificate() *httptest.Server {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.StartTLS()
	s.Close()
	return s
}

// Package tlsconf and the chain pass at least the tests of h2spec that net/http passes.
func TestH2Spec(t *testing.T) {
	l := listen(t)
	conf := certificate().TLS.Clone()
	conf.NextProtos, conf.MinVersion = nil, tls.VersionTLS12
	serveOurs(t, tlsconf.ServerConfig{Listener: l, TLS: conf}, chain(t, http.HandlerFunc(show)))
	passed, tests := h2spec(t, l.Addr())
	mwtest.Publish(t, "edge.h", passed)
	mwtest.Publish(t, "edge.h_tests", tests)
	if passed < 140 {
		t.Errorf("%d of %d passed", passed, tests)
	}
}

// h2spec detects a server that speaks HTTP/1.1 only.
func TestH2SpecDetectsMistakes(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(show)) // without HTTP/2
	defer s.Close()
	if passed, _ := h2spec(t, s.Listener.Addr()); passed >= 140 {
		t.Errorf("%d passed", passed)
	}
}
