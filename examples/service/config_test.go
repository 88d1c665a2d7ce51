package main

import (
	"strings"
	"testing"
)

func TestConfig(t *testing.T) {
	for _, tc := range []struct {
		name string
		env  map[string]string
		want []string // parts of the faults; none is a good environment
	}{
		{"the default", nil, nil},
		{"behind a proxy", map[string]string{"ADDR": ":8080", "PROXIES": "10.0.0.0/8, 192.168.1.0/24"}, nil},
		{"with TLS", map[string]string{"ADDR": ":8443", "TLS_CERT": "a", "TLS_KEY": "b"}, nil},
		{"plain text", map[string]string{"ADDR": ":8080"}, []string{"plain text"}},
		{"all faults at once", map[string]string{"ADDR": "x", "METRICS_ADDR": "y", "TLS_CERT": "a", "PROXIES": "here"},
			[]string{"ADDR", "METRICS_ADDR", "TLS_KEY", `"here"`}},
	} {
		cfg, err := readConfig(func(name string) string { return tc.env[name] })
		if (err == nil) != (tc.want == nil) {
			t.Errorf("%s: %+v %v", tc.name, cfg, err)
		}
		for _, text := range tc.want {
			if err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("%s: %v, want %s", tc.name, err, text)
			}
		}
	}
}
