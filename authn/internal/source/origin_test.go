package source_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-sallyport/sallyport/authn/internal/source"
)

const (
	host    = "notes.example"
	own     = "https://" + host
	listed  = "https://app.example"
	foreign = "https://evil.example"
)

// originCases are requests that a browser or a program sends with the cookie of a user.
var originCases = []struct {
	name   string
	method string
	header http.Header
	ok     bool
}{
	{"GET", "GET", nil, true},
	{"GET for another site", "GET", http.Header{"Origin": {foreign}, "Sec-Fetch-Site": {"cross-site"}}, true},
	{"POST", "POST", http.Header{"Origin": {own}, "Sec-Fetch-Site": {"same-origin"}}, true},
	{"POST of an old browser", "POST", http.Header{"Origin": {own}}, true},
	{"POST of a program", "POST", nil, true},
	{"POST for a listed origin", "POST", http.Header{"Origin": {listed}, "Sec-Fetch-Site": {"cross-site"}}, true},
	{"POST for another site", "POST", http.Header{"Origin": {foreign}, "Sec-Fetch-Site": {"cross-site"}}, false},
	{"POST for another site, old browser", "POST", http.Header{"Origin": {foreign}}, false},
	{"POST for a subdomain", "POST", http.Header{"Origin": {"https://blog." + host}, "Sec-Fetch-Site": {"same-site"}}, false},
	{"POST of a sandbox", "POST", http.Header{"Origin": {"null"}, "Sec-Fetch-Site": {"cross-site"}}, false},
	{"DELETE for another site", "DELETE", http.Header{"Sec-Fetch-Site": {"cross-site"}}, false},

	{"WebSocket", "GET", http.Header{"Upgrade": {"websocket"}, "Origin": {own}}, true},
	{"WebSocket for a listed origin", "GET", http.Header{"Upgrade": {"websocket"}, "Origin": {listed}}, true},
	{"WebSocket for another site", "GET", http.Header{"Upgrade": {"websocket"}, "Origin": {foreign}}, false},
	{"WebSocket that claims the same origin", "GET", http.Header{"Upgrade": {"websocket"}, "Origin": {foreign}, "Sec-Fetch-Site": {"same-origin"}}, false},
	{"WebSocket for a subdomain", "GET", http.Header{"Upgrade": {"websocket"}, "Origin": {"https://blog." + host}}, false},
	{"WebSocket for another port", "GET", http.Header{"Upgrade": {"websocket"}, "Origin": {own + ":8443"}}, false},
	{"WebSocket for a longer host", "GET", http.Header{"Upgrade": {"websocket"}, "Origin": {own + ".evil.example"}}, false},
	{"WebSocket for a user of the host", "GET", http.Header{"Upgrade": {"websocket"}, "Origin": {own + "@evil.example"}}, false},
	{"WebSocket of a sandbox", "GET", http.Header{"Upgrade": {"websocket"}, "Origin": {"null"}}, false},
	{"WebSocket without Origin", "GET", http.Header{"Upgrade": {"websocket"}}, false},
	{"WebSocket with an empty Origin", "GET", http.Header{"Upgrade": {"websocket"}, "Origin": {""}}, false},
	{"WebSocket with two origins", "GET", http.Header{"Upgrade": {"websocket"}, "Origin": {own, foreign}}, false},
	{"WebSocket with another method", "HEAD", http.Header{"Upgrade": {"websocket"}, "Origin": {foreign}}, false},
	{"WebSocket in another case", "GET", http.Header{"Upgrade": {"WebSocket"}, "Origin": {foreign}}, false},
	{"WebSocket in a list", "GET", http.Header{"Upgrade": {"h2c, websocket"}, "Origin": {foreign}}, false},
	{"WebSocket in a second field", "GET", http.Header{"Upgrade": {"h2c", "websocket"}, "Origin": {foreign}}, false},
	{"another protocol", "GET", http.Header{"Upgrade": {"tunnel"}, "Origin": {foreign}}, false},
	{"h2c of a program", "GET", http.Header{"Upgrade": {"h2c"}}, true},
	{"an empty Upgrade", "GET", http.Header{"Upgrade": {""}}, true},

	{"extended CONNECT", "CONNECT", http.Header{":protocol": {"websocket"}, "Origin": {own}}, true},
	{"extended CONNECT for a listed origin", "CONNECT", http.Header{":protocol": {"websocket"}, "Origin": {listed}, "Sec-Fetch-Site": {"cross-site"}}, true},
	{"extended CONNECT for another site", "CONNECT", http.Header{":protocol": {"websocket"}, "Origin": {foreign}}, false},
	{"extended CONNECT without Origin", "CONNECT", http.Header{":protocol": {"websocket"}}, false},
	{"extended CONNECT as a GET", "GET", http.Header{":protocol": {"websocket"}, "Origin": {foreign}}, false},
	{"CONNECT without Origin", "CONNECT", nil, false},
}

func protection(t *testing.T) *http.CrossOriginProtection {
	t.Helper()
	p := http.NewCrossOriginProtection()
	if err := p.AddTrustedOrigin(listed); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCheckOrigin(t *testing.T) {
	p := protection(t)
	for _, tc := range originCases {
		r := httptest.NewRequest("GET", own+"/chat", nil)
		r.Method = tc.method
		for name, values := range tc.header {
			r.Header[name] = values
		}
		if err := source.CheckOrigin(p, r); (err == nil) != tc.ok {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	r := httptest.NewRequest("GET", "/chat", nil)
	r.Host, r.Header = "", http.Header{"Upgrade": {"websocket"}, "Origin": {"null"}}
	if source.CheckOrigin(p, r) == nil {
		t.Error("without a host, the origin null passes")
	}
}

// The table finds the omissions that are easy to make.
func TestBrokenOriginChecksAreFound(t *testing.T) {
	for name, broken := range map[string]func(*http.CrossOriginProtection, *http.Request) error{
		"CrossOriginProtection alone": (*http.CrossOriginProtection).Check,
		"Upgrade compared exactly": func(p *http.CrossOriginProtection, r *http.Request) error {
			if u := r.Header.Get("Upgrade"); u != "" && u != "websocket" {
				return p.Check(r)
			}
			return source.CheckOrigin(p, r)
		},
		"HTTP/1.1 only": func(p *http.CrossOriginProtection, r *http.Request) error {
			if r.Method == "CONNECT" {
				return p.Check(r)
			}
			return source.CheckOrigin(p, r)
		},
		"no list": func(_ *http.CrossOriginProtection, r *http.Request) error {
			return source.CheckOrigin(http.NewCrossOriginProtection(), r)
		},
	} {
		found := 0
		for _, tc := range originCases {
			r := httptest.NewRequest("GET", own+"/chat", nil)
			r.Method = tc.method
			for name, values := range tc.header {
				r.Header[name] = values
			}
			if err := broken(protection(t), r); (err == nil) != tc.ok {
				found++
			}
		}
		if found == 0 {
			t.Errorf("%s: no case fails", name)
		}
	}
}
