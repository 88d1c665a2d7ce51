package clientip_test

import (
	"testing"

	"github.com/go-sallyport/sallyport/headers/clientip"
)

// TestAdvisories sends the request of each advisory about other libraries.
func TestAdvisories(t *testing.T) {
	const attacker, victim, proxy = "203.0.113.66", "198.51.100.1", "10.1.0.1"
	behind := newXFF
	direct := func(t testing.TB) *clientip.Middleware { return mustNew(t, clientip.Direct()) }
	for _, tc := range []struct {
		id    string
		model func(testing.TB) *clientip.Middleware
		peer  string
		lines map[string][]string
		want  string
	}{
		// The library trusted the header of every peer.
		{"GHSA-3fxj-6jh8-hvhx, no proxy", direct, attacker, map[string][]string{"X-Forwarded-For": {victim}}, attacker + " direct"},
		{"GHSA-3fxj-6jh8-hvhx, loopback", direct, attacker, map[string][]string{"X-Forwarded-For": {"127.0.0.1"}}, attacker + " direct"},
		{"GHSA-3fxj-6jh8-hvhx, past the proxy", behind, attacker, map[string][]string{"X-Forwarded-For": {victim}}, attacker + " untrusted_peer"},
		// The library tried three headers in turn, also those that the proxy did
		// not write.
		{"GHSA-rjr7-jggh-pgcp, True-Client-IP", behind, proxy, map[string][]string{"True-Client-Ip": {victim}, "X-Forwarded-For": {attacker}}, attacker + " resolved"},
		{"GHSA-rjr7-jggh-pgcp, X-Real-IP", behind, proxy, map[string][]string{"X-Real-Ip": {victim}, "X-Forwarded-For": {attacker}}, attacker + " resolved"},
		{"GHSA-rjr7-jggh-pgcp, Forwarded", behind, proxy, map[string][]string{"Forwarded": {"for=" + victim}, "X-Forwarded-For": {attacker}}, attacker + " resolved"},
		{"GHSA-rjr7-jggh-pgcp, alone", behind, proxy, map[string][]string{"X-Real-Ip": {victim}}, proxy + " absent"},
		// The library took the leftmost entry, of the first line only.
		{"GHSA-9g5q-2w5x-hmxf, one line", behind, proxy, map[string][]string{"X-Forwarded-For": {victim + ", " + attacker}}, attacker + " resolved"},
		{"GHSA-9g5q-2w5x-hmxf, two lines", behind, proxy, map[string][]string{"X-Forwarded-For": {victim, attacker}}, attacker + " resolved"},
		{"GHSA-9g5q-2w5x-hmxf, posing as a proxy", behind, proxy, map[string][]string{"X-Forwarded-For": {victim + ", 10.1.0.9, " + attacker}}, attacker + " resolved"},
		// The library compared the entries with the proxies, but not the peer.
		{"GHSA-j6qf-3m9c-vwj3, one entry", behind, attacker, map[string][]string{"X-Forwarded-For": {victim}}, attacker + " untrusted_peer"},
		{"GHSA-j6qf-3m9c-vwj3, a row of proxies", behind, attacker, map[string][]string{"X-Forwarded-For": {victim + ", 10.1.0.1, 10.1.0.2"}}, attacker + " untrusted_peer"},
	} {
		r := request(tc.peer+":4711", "")
		for name, lines := range tc.lines {
			r.Header[name] = lines
		}
		if got := summary(tc.model(t).Check(r)); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.id, got, tc.want)
		}
		if r.RemoteAddr != tc.peer+":4711" {
			t.Errorf("%s: RemoteAddr was changed to %s", tc.id, r.RemoteAddr)
		}
	}
}
