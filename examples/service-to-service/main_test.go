package main

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
)

// Each way has one good credential, and its refusals.
func TestCalls(t *testing.T) {
	s := start(slog.New(slog.DiscardHandler))
	calls := s.calls(t.Context())
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	for way, want := range map[string][]call{
		"API key": {
			{"", "good", 200, "orders"},
			{"", "none", 401, "unauthenticated"},
			{"", "wrong", 401, "invalid_credentials"},
		},
		"mTLS": {
			{"", "orders", 200, ordersID},
			{"", "another service", 403, "forbidden"},
			{"", "the partner's orders", 403, "forbidden"},
			{"", "orders, by the partner's authority", 401, "invalid_credentials"},
			{"", "another service, with a header", 400, "invalid_request"},
		},
		"mTLS behind a proxy": {
			{"", "orders", 200, ordersID},
			{"", "another service", 403, "forbidden"},
			{"", "another service, with a header", 403, "forbidden"},
			{"", "another service, past the proxy", 400, "invalid_request"},
		},
		"bound token": {
			{"", "of orders", 200, "ann through " + ordersID},
			{"", "stolen by another service", 401, "invalid_credentials"},
			{"", "none", 401, "unauthenticated"},
		},
	} {
		t.Run(way, func(t *testing.T) {
			for _, w := range want {
				w.way = way
				if !slices.Contains(calls, w) {
					t.Errorf("%+v is missing in %+v", w, calls)
				}
			}
			if n := len(slices.DeleteFunc(slices.Clone(calls), func(c call) bool { return c.way != way })); n != len(want) {
				t.Errorf("%d calls, want %d", n, len(want))
			}
		})
	}
	var out strings.Builder
	printCalls(&out, calls)
	if lines := strings.Count(out.String(), "\n"); lines != len(calls)+1 {
		t.Errorf("%d lines:\n%s", lines, out.String())
	}
}

// Without a certificate, the handshake with the listener of the mesh fails.
func TestNoCertificate(t *testing.T) {
	s := start(slog.New(slog.DiscardHandler))
	defer func() { _ = s.Close() }()
	for _, url := range []string{s.mesh, s.internal, s.edge} {
		if c := s.call(t.Context(), "", "", url, ""); c.status != 0 || c.text == "" {
			t.Errorf("%s: %+v", url, c)
		}
	}
}
