package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// program is the example on two loopback listeners.
type program struct {
	base, scrapeURL, key string
	over                 chan struct{} // receives one value after the record of each request
	sent                 int
}

func start(t *testing.T) *program {
	t.Helper()
	reg := prometheus.NewRegistry()
	service, key := newService(slog.New(slog.DiscardHandler), reg)
	public, private := listen(t), listen(t)
	p := &program{base: "http://" + public.Addr().String(), scrapeURL: "http://" + private.Addr().String() + "/metrics", key: key, over: make(chan struct{}, 1)}
	// The record is written after the response. So a client may have the
	// response before the scrape has the record.
	announced := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { p.over <- struct{}{} }()
		service.ServeHTTP(w, r)
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, server{public, announced}, server{private, newScrape(reg)}) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		stop()
		if err := <-ended; err != nil {
			t.Errorf("stopped with %v", err)
		}
	})
	return p
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// do sends a request with the headers given as pairs and waits for its record. It
// returns the status, or 0 if the response was aborted, and the size of the body.
func (p *program) do(t *testing.T, method, target string, headers ...string) (status, size int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, p.base+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	switch {
	case err == nil:
		status = res.StatusCode
	case !errors.Is(err, io.ErrUnexpectedEOF):
		t.Fatal(err)
	}
	<-p.over
	p.sent++
	return status, len(body)
}

// scrape returns the text of /metrics, and its samples by their series.
func (p *program) scrape(t *testing.T) (string, map[string]string) {
	t.Helper()
	res, err := http.Get(p.scrapeURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("status %d, %v", res.StatusCode, err)
	}
	samples := make(map[string]string)
	for line := range strings.Lines(string(body)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		at := strings.LastIndexByte(line, ' ')
		samples[line[:at]] = strings.TrimSpace(line[at:])
	}
	return string(body), samples
}

var timed = regexp.MustCompile(`^http_request_duration_seconds_(bucket|sum)\{`)

// exact returns the samples that do not depend on the speed of the machine.
func exact(samples map[string]string) map[string]string {
	samples = maps.Clone(samples)
	maps.DeleteFunc(samples, func(series, _ string) bool {
		return timed.MatchString(series) && !strings.Contains(series, `le="+Inf"`)
	})
	return samples
}
