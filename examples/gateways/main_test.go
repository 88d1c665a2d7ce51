package main

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A check is one promise of the page, tested over the wire. It returns the fault.
type check struct {
	name string
	wire func(*testing.T, *setup) string
}

var checks = []check{
	{"address", func(t *testing.T, s *setup) string {
		res := s.do(t, call{path: "/seen/", header: map[string]string{
			"X-Forwarded-For": "198.51.100.9", "X-Real-IP": "198.51.100.9", "Forwarded": "for=198.51.100.9", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example",
		}})
		got := read(t, res)
		return differ("client, scheme, host, others", fmt.Sprint(got.Client, got.Scheme, got.Host, got.Unread), "127.0.0.2https"+host+"[]")
	}},
	{"certificate", func(t *testing.T, s *setup) string {
		return differ("caller", read(t, s.do(t, call{path: "/orders", cert: &s.client})).Caller, "client.example")
	}},
	{"no certificate", func(t *testing.T, s *setup) string {
		return differ("status", s.do(t, call{path: "/orders"}).StatusCode, http.StatusUnauthorized)
	}},
	{"forged certificate", func(t *testing.T, s *setup) string {
		escaped := url.QueryEscape(string(certPEM(s.another.Certificate[0])))
		header := map[string]string{"X-Forwarded-Client-Cert": `Cert="` + strings.ReplaceAll(escaped, "+", "%20") + `"`}
		alone := s.do(t, call{path: "/orders", header: header}).StatusCode
		beside := read(t, s.do(t, call{path: "/orders", header: header, cert: &s.client})).Caller
		return differ("status, caller", fmt.Sprint(alone, beside), "401client.example")
	}},
	{"forged Client-Cert", func(t *testing.T, s *setup) string {
		value := ":" + base64.StdEncoding.EncodeToString(s.another.Certificate[0]) + ":"
		return differ("status", s.do(t, call{path: "/orders", header: map[string]string{"Client-Cert": value, "Client-Cert-Chain": value}}).StatusCode, 401)
	}},
	{"path", func(t *testing.T, s *setup) string {
		got := read(t, s.do(t, call{path: "/seen/a%2Fb%2e"})).Target
		for _, unclean := range []string{"/seen//a", "/seen/../orders"} { // the ServeMux of the service redirects
			got += fmt.Sprint(" ", s.do(t, call{path: unclean}).StatusCode)
		}
		return differ("path and status", got, "/seen/a%2Fb%2e 307 307")
	}},
	{"correlation ID", func(t *testing.T, s *setup) string {
		const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
		res := s.do(t, call{path: "/seen/", header: map[string]string{"X-Correlation-ID": "forged", "Traceparent": parent}})
		got := read(t, res)
		if got.CorrelationID == "forged" || len(got.CorrelationID) != 32 || res.Header.Get("X-Correlation-ID") != got.CorrelationID {
			return fmt.Sprintf("the ID is %q in the service and %q in the answer", got.CorrelationID, res.Header.Get("X-Correlation-ID"))
		}
		return differ("traceparent", got.Traceparent, parent)
	}},
	{"host", func(t *testing.T, s *setup) string {
		if got := s.do(t, call{path: "/seen/", host: "other.example"}).StatusCode; got < 400 {
			return fmt.Sprint("status ", got)
		}
		return ""
	}},
	{"foreign certificate", func(t *testing.T, s *setup) string {
		foreign := newAuthority("foreign").issue("client.example", x509.ExtKeyUsageClientAuth)
		return refused(t, s.do(t, call{path: "/seen/", cert: &foreign}), http.StatusBadRequest, "invalid_request")
	}},
	{"large header", func(t *testing.T, s *setup) string {
		return refused(t, s.do(t, call{path: "/seen/", header: map[string]string{"X-Long": strings.Repeat("a", 20<<10)}}), http.StatusBadRequest, "invalid_request")
	}},
	{"large body", func(t *testing.T, s *setup) string {
		return refused(t, s.do(t, call{method: "POST", path: "/seen/", body: strings.Repeat("a", 1<<20+1)}), http.StatusRequestEntityTooLarge, "body_too_large")
	}},
	{"limit", func(t *testing.T, s *setup) string {
		for range 20 {
			if got := s.do(t, call{from: "127.0.0.3", path: "/seen/"}).StatusCode; got != http.StatusOK {
				return fmt.Sprint("status ", got, " within the limit")
			}
		}
		// The first is refused with any X-Forwarded-For, and no other client is.
		res := s.do(t, call{from: "127.0.0.3", path: "/seen/", header: map[string]string{"X-Forwarded-For": "127.0.0.4"}})
		if res.Header.Get("Retry-After") == "" {
			return "no Retry-After"
		}
		if other := s.do(t, call{from: "127.0.0.4", path: "/seen/"}).StatusCode; other != http.StatusOK {
			return fmt.Sprint("another client gets ", other)
		}
		return refused(t, res, http.StatusTooManyRequests, "rate_limited")
	}},
	{"service away", func(t *testing.T, s *setup) string {
		s.service.CloseClientConnections()
		s.service.Close()
		return refused(t, s.do(t, call{path: "/seen/"}), http.StatusBadGateway, "unavailable")
	}},
}

func TestNginx(t *testing.T) {
	s := start(t, func(conf string) string { return conf })
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			if fault := c.wire(t, s); fault != "" {
				t.Error(fault)
			}
		})
	}
}

// Configurations with a usual mistake: a check detects each of them.
func TestNginxDetectsMistakes(t *testing.T) {
	for _, tt := range []struct{ check, old, new string }{
		{"address", "X-Forwarded-For         $remote_addr", "X-Forwarded-For         $http_x_forwarded_for"},
		{"address", "X-Forwarded-Proto       $scheme", "X-Forwarded-Proto       $http_x_forwarded_proto"},
		{"certificate", "proxy_set_header X-Forwarded-Client-Cert $client_certificate;", ""},
		{"forged certificate", "proxy_set_header X-Forwarded-Client-Cert $client_certificate;", ""},
		{"forged Client-Cert", "proxy_set_header Client-Cert             \"\";", ""},
		{"path", "proxy_pass http://service;", "proxy_pass http://service/;"},
		{"correlation ID", "$request_id;", "$http_x_correlation_id;"},
		{"host", "ssl_reject_handshake on;", "ssl_certificate tls/server.pem; ssl_certificate_key tls/server.key; return 200;"},
		{"address", `proxy_set_header X-Real-IP               "";`, ""},
		{"address", `proxy_set_header Forwarded               "";`, ""},
		{"foreign certificate", "error_page 400 414 494 495 @bad_request;", ""},
		{"foreign certificate", "ssl_verify_client      optional;", "ssl_verify_client      optional_no_ca;"},
		{"large header", "error_page 400 414 494 495 @bad_request;", ""},
		{"large body", "error_page 413             @too_large;", ""},
		{"limit", "X-Forwarded-For         $remote_addr", "X-Forwarded-For         $http_x_forwarded_for"},
		{"service away", "error_page 502 504         @unavailable;", ""},
	} {
		t.Run(tt.check+"/"+tt.new, func(t *testing.T) {
			s := start(t, func(conf string) string {
				if !strings.Contains(conf, tt.old) {
					t.Fatalf("nginx.conf has no %q", tt.old)
				}
				return strings.Replace(conf, tt.old, tt.new, 1)
			})
			for _, c := range checks {
				if c.name == tt.check && c.wire(t, s) == "" {
					t.Error("the mistake was not detected")
				}
			}
		})
	}
}

// read decodes the report of the service. It is empty for another answer.
func read(t *testing.T, res *http.Response) (got report) {
	t.Helper()
	if res.StatusCode == http.StatusOK {
		if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
			t.Fatal(err)
		}
	}
	return got
}

func differ(what string, got, want any) string {
	if got == want {
		return ""
	}
	return fmt.Sprintf("%s: %v, want %v", what, got, want)
}

// refused checks an answer of nginx or of the service that refuses a request.
func refused(t *testing.T, res *http.Response, status int, code string) string {
	t.Helper()
	body := must(io.ReadAll(res.Body))
	for _, name := range []string{"Content-Security-Policy", "Strict-Transport-Security", "X-Content-Type-Options"} {
		if values := res.Header.Values(name); len(values) != 1 {
			return fmt.Sprintf("%s has %d lines", name, len(values))
		}
	}
	var envelope struct {
		Code string
		ID   string `json:"correlation_id"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil || envelope.Code != code || len(envelope.ID) != 32 || res.StatusCode != status {
		return fmt.Sprintf("%d, %v: %s", res.StatusCode, err, body)
	}
	return ""
}
