package jwtauth_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const (
	cookieName = "__Host-token"
	marker     = "access_token"
	listed     = "https://app.example"
)

// withSources returns the Config of s with all sources.
func withSources(t testing.TB, s *signer) jwtauth.Config {
	t.Helper()
	cfg := config(s)
	cfg.Sources = jwtauth.Sources{Cookie: cookieName, CrossOrigin: http.NewCrossOriginProtection(), Subprotocol: marker}
	if err := cfg.Sources.CrossOrigin.AddTrustedOrigin(listed); err != nil {
		t.Fatal(err)
	}
	return cfg
}

func ownCookie(token string) []string { return []string{"theme=dark; " + cookieName + "=" + token} }

// sourceCases are requests with tokens in all places. In a value, $ is a valid token, and
// @ is the origin of the server.
var sourceCases = []struct {
	name      string
	method    string
	header    http.Header
	status    int
	code      string
	challenge string // error_description
}{
	{"no token", "GET", nil, 401, "unauthenticated", ""},
	{"in the query", "GET /?access_token=$", nil, 401, "unauthenticated", ""},
	{"in the query beside a cookie", "GET /?access_token=$", http.Header{"Cookie": ownCookie("$")}, 200, "", ""},

	{"header", "GET", http.Header{"Authorization": {"Bearer $"}}, 200, "", ""},
	{"empty field", "GET", http.Header{"Authorization": {""}}, 401, "unauthenticated", ""},
	{"Bearer alone", "GET", http.Header{"Authorization": {"Bearer "}}, 401, "unauthenticated", ""},
	{"raw token", "GET", http.Header{"Authorization": {"$"}}, 400, "invalid_request", "The Authorization field is malformed"},
	{"two fields", "GET", http.Header{"Authorization": {"Bearer $", "Bearer $"}}, 400, "invalid_request", "The request must carry one access token"},
	{"header for another site", "POST", http.Header{"Authorization": {"Bearer $"}, "Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}}, 200, "", ""},

	{"cookie", "GET", http.Header{"Cookie": ownCookie("$")}, 200, "", ""},
	{"quoted cookie", "GET", http.Header{"Cookie": ownCookie(`"$"`)}, 200, "", ""},
	{"empty cookie", "GET", http.Header{"Cookie": ownCookie("")}, 401, "unauthenticated", ""},
	{"invalid cookie", "GET", http.Header{"Cookie": ownCookie("x$")}, 401, "invalid_credentials", "The access token is not valid"},
	{"long cookie", "GET", http.Header{"Cookie": ownCookie(strings.Repeat("a", 9<<10))}, 401, "invalid_credentials", "The access token is not valid"},
	{"cookie twice", "GET", http.Header{"Cookie": {cookieName + "=$; " + cookieName + "=$"}}, 400, "invalid_request", "The request must carry one access token"},
	{"cookie in two fields", "GET", http.Header{"Cookie": {cookieName + "=$", cookieName + "="}}, 400, "invalid_request", "The request must carry one access token"},
	{"cookie and header", "GET", http.Header{"Cookie": ownCookie("$"), "Authorization": {"Bearer $"}}, 400, "invalid_request", "The request must carry one access token"},
	{"cookie and malformed header", "GET", http.Header{"Cookie": ownCookie("$"), "Authorization": {"$"}}, 400, "invalid_request", "The request must carry one access token"},
	{"cookie and Bearer alone", "GET", http.Header{"Cookie": ownCookie("$"), "Authorization": {"Bearer"}}, 200, "", ""},
	{"empty cookie and header", "GET", http.Header{"Cookie": ownCookie(""), "Authorization": {"Bearer $"}}, 200, "", ""},
	{"subprotocol without token and header", "GET", http.Header{"Sec-Websocket-Protocol": {"access_token"}, "Authorization": {"Bearer $"}}, 200, "", ""},
	{"cookie and Basic", "GET", http.Header{"Cookie": ownCookie("$"), "Authorization": {"Basic YTpi"}}, 200, "", ""},
	{"cookie and empty Bearer", "POST", http.Header{"Cookie": ownCookie("$"), "Authorization": {""}, "Sec-Fetch-Site": {"cross-site"}}, 403, "cross_origin", ""},

	{"POST with a cookie", "POST", http.Header{"Cookie": ownCookie("$"), "Origin": {"@"}, "Sec-Fetch-Site": {"same-origin"}}, 200, "", ""},
	{"POST for a listed origin", "POST", http.Header{"Cookie": ownCookie("$"), "Origin": {listed}, "Sec-Fetch-Site": {"cross-site"}}, 200, "", ""},
	{"POST for another site", "POST", http.Header{"Cookie": ownCookie("$"), "Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}}, 403, "cross_origin", ""},
	{"POST for another site, invalid token", "POST", http.Header{"Cookie": ownCookie("x"), "Origin": {"https://evil.example"}}, 403, "cross_origin", ""},
	{"POST for another site, no token", "POST", http.Header{"Origin": {"https://evil.example"}}, 401, "unauthenticated", ""},

	{"WebSocket with a cookie", "GET", http.Header{"Upgrade": {"websocket"}, "Cookie": ownCookie("$"), "Origin": {"@"}}, 200, "", ""},
	{"WebSocket for a listed origin", "GET", http.Header{"Upgrade": {"websocket"}, "Cookie": ownCookie("$"), "Origin": {listed}}, 200, "", ""},
	{"WebSocket for another site", "GET", http.Header{"Upgrade": {"websocket"}, "Cookie": ownCookie("$"), "Origin": {"https://evil.example"}}, 403, "cross_origin", ""},
	{"WebSocket without Origin", "GET", http.Header{"Upgrade": {"WebSocket"}, "Cookie": ownCookie("$")}, 403, "cross_origin", ""},
	{"WebSocket of a sandbox", "GET", http.Header{"Upgrade": {"websocket"}, "Cookie": ownCookie("$"), "Origin": {"null"}}, 403, "cross_origin", ""},

	{"subprotocol", "GET", http.Header{"Sec-Websocket-Protocol": {"chat, access_token, $"}}, 200, "", ""},
	{"subprotocol for another site", "GET", http.Header{"Upgrade": {"websocket"}, "Sec-Websocket-Protocol": {"access_token, $"}, "Origin": {"https://evil.example"}}, 200, "", ""},
	{"subprotocol in two fields", "GET", http.Header{"Sec-Websocket-Protocol": {"chat, access_token", "$"}}, 200, "", ""},
	{"subprotocol without marker", "GET", http.Header{"Sec-Websocket-Protocol": {"chat, $"}}, 401, "unauthenticated", ""},
	{"subprotocol without token", "GET", http.Header{"Sec-Websocket-Protocol": {"chat, access_token"}}, 401, "unauthenticated", ""},
	{"another subprotocol as token", "GET", http.Header{"Sec-Websocket-Protocol": {"access_token, chat"}}, 401, "invalid_credentials", "The access token is not valid"},
	{"marker twice", "GET", http.Header{"Sec-Websocket-Protocol": {"access_token, $, access_token, $"}}, 400, "invalid_request", "The request must carry one access token"},
	{"subprotocol and header", "GET", http.Header{"Sec-Websocket-Protocol": {"access_token, $"}, "Authorization": {"Bearer $"}}, 400, "invalid_request", "The request must carry one access token"},
	{"subprotocol and cookie", "GET", http.Header{"Sec-Websocket-Protocol": {"access_token, $"}, "Cookie": ownCookie("$")}, 400, "invalid_request", "The request must carry one access token"},
}

// sendFrom sends a request of sourceCases. method may have a path.
func sendFrom(t *testing.T, srv *httptest.Server, method string, header http.Header, token string) *http.Response {
	t.Helper()
	replace := strings.NewReplacer("$", token, "@", srv.URL)
	method, path, _ := strings.Cut(method, " ")
	r, err := http.NewRequestWithContext(t.Context(), method, srv.URL+replace.Replace(path), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		for _, v := range values {
			r.Header[name] = append(r.Header[name], replace.Replace(v))
		}
	}
	if r.Header.Get("Upgrade") != "" {
		r.Header.Set("Connection", "Upgrade")
	}
	res, err := srv.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

// The handler sends back all that it received: the header fields with the token in a
// subprotocol must not be in it.
func TestSources(t *testing.T) {
	s := signers()[2]
	token := s.good()
	v := build(t, withSources(t, s))
	var last authn.Decision
	m := mwtest.Must[*authn.Middleware](t)(authn.New(authn.Config{
		Authenticators: []authn.Authenticator{v}, Realm: "notes", Observe: func(_ *http.Request, d authn.Decision) { last = d },
	}))
	srv := httptest.NewServer(m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, r.Header["Sec-Websocket-Protocol"])
	})))
	defer srv.Close()
	for _, tc := range sourceCases {
		t.Run(tc.name, func(t *testing.T) {
			res := sendFrom(t, srv, tc.method, tc.header, token)
			if text := fmt.Sprint(res.Header); strings.Contains(text, token[10:60]) {
				t.Errorf("the response repeats the token: %s", text)
			}
			if tc.status == 200 {
				body, _ := io.ReadAll(res.Body)
				if res.StatusCode != 200 || last.Principal == nil || strings.Contains(string(body), token[10:60]) {
					t.Errorf("status %d, %s, %v", res.StatusCode, body, last)
				}
				return
			}
			challenge := `Bearer realm="notes"`
			switch {
			case tc.status == 403:
				challenge = ""
			case tc.status == 400:
				challenge += `, error="invalid_request", error_description="` + tc.challenge + `"`
			case tc.challenge != "":
				challenge += `, error="invalid_token", error_description="` + tc.challenge + `"`
			}
			if got := res.Header.Get("WWW-Authenticate"); got != challenge {
				t.Errorf("WWW-Authenticate %q, want %q", got, challenge)
			}
			if (tc.status == 403) != errors.Is(last.Err, authn.ErrCrossOrigin) || (tc.status == 400) != errors.Is(last.Err, authn.ErrAmbiguous) {
				t.Errorf("Observe received %v", last.Err)
			}
			mwtest.Refused(t, res, tc.status, tc.code)
		})
	}
}

// Without Config.Sources, and with NoHeader, the other places are ignored.
func TestPlacesThatAreNoSource(t *testing.T) {
	s := signers()[2]
	cookie, header, protocol := http.Header{"Cookie": ownCookie("$")}, http.Header{"Authorization": {"Bearer $"}}, http.Header{"Sec-Websocket-Protocol": {"access_token, $"}}
	for name, tc := range map[string]struct {
		sources jwtauth.Sources
		status  map[string]int
	}{
		"default":     {jwtauth.Sources{}, map[string]int{"header": 200, "cookie": 401, "protocol": 401}},
		"cookie only": {jwtauth.Sources{Cookie: cookieName, CrossOrigin: http.NewCrossOriginProtection(), NoHeader: true}, map[string]int{"header": 401, "cookie": 200, "protocol": 401}},
		"subprotocol": {jwtauth.Sources{Subprotocol: marker}, map[string]int{"header": 200, "cookie": 401, "protocol": 200}},
	} {
		cfg := config(s)
		cfg.Sources = tc.sources
		srv := httptest.NewServer(newMiddleware(t, build(t, cfg), "").Handler(&mwtest.Spy{}))
		for place, h := range map[string]http.Header{"header": header, "cookie": cookie, "protocol": protocol} {
			if res := sendFrom(t, srv, "GET", h, s.good()); res.StatusCode != tc.status[place] {
				t.Errorf("%s: %s: %d, want %d", name, place, res.StatusCode, tc.status[place])
			}
		}
		srv.Close()
	}
}

// With NoHeader, a Verifier for cookies can stand beside a Verifier for the Authorization field,
// or behind a gateway that sets the field.
func TestCookieBesideAForeignHeader(t *testing.T) {
	s := signers()[2]
	cfg := config(s)
	cfg.Sources = jwtauth.Sources{Cookie: cookieName, CrossOrigin: http.NewCrossOriginProtection(), NoHeader: true}
	cookies, headers := build(t, cfg), build(t, config(s))
	both := mwtest.Must[*authn.Middleware](t)(authn.New(authn.Config{Authenticators: []authn.Authenticator{cookies, headers}}))
	one := newMiddleware(t, cookies, "")
	for name, tc := range map[string]struct {
		header      http.Header
		alone, both int
	}{
		"cookie":                    {http.Header{"Cookie": ownCookie("$")}, 200, 200},
		"header":                    {http.Header{"Authorization": {"Bearer $"}}, 401, 200},
		"cookie and header":         {http.Header{"Cookie": ownCookie("$"), "Authorization": {"Bearer mesh"}}, 200, 400},
		"cookie and two malformed":  {http.Header{"Cookie": ownCookie("$"), "Authorization": {"a", "b"}}, 200, 400},
		"cookie and another scheme": {http.Header{"Cookie": ownCookie("$"), "Authorization": {"Basic YTpi"}}, 200, 200},
	} {
		for m, want := range map[*authn.Middleware]int{one: tc.alone, both: tc.both} {
			srv := httptest.NewServer(m.Handler(&mwtest.Spy{}))
			if res := sendFrom(t, srv, "GET", tc.header, s.good()); res.StatusCode != want {
				t.Errorf("%s: %d, want %d", name, res.StatusCode, want)
			}
			srv.Close()
		}
	}
}

func TestSourcesFaults(t *testing.T) {
	s := signers()[2]
	p := http.NewCrossOriginProtection()
	for name, tc := range map[string]struct {
		sources jwtauth.Sources
		want    []string
	}{
		"all":                 {jwtauth.Sources{Cookie: cookieName, CrossOrigin: p, Subprotocol: marker, NoHeader: true}, nil},
		"no protection":       {jwtauth.Sources{Cookie: "jwt"}, []string{"jwtauth: Sources.CrossOrigin: is nil, and any site can make a browser send the cookie; set it to http.NewCrossOriginProtection()"}},
		"nothing to protect":  {jwtauth.Sources{CrossOrigin: p}, []string{"jwtauth: Sources.CrossOrigin: has no cookie to protect; "}},
		"no place":            {jwtauth.Sources{NoHeader: true}, []string{"jwtauth: Sources.NoHeader: leaves no place for a token; "}},
		"no names":            {jwtauth.Sources{Cookie: "a=b", CrossOrigin: p, Subprotocol: "a, b"}, []string{`jwtauth: Sources.Cookie: "a=b": is not the name of a cookie`, `jwtauth: Sources.Subprotocol: "a, b": is not a subprotocol`}},
		"no name and no list": {jwtauth.Sources{Cookie: "a b"}, []string{`jwtauth: Sources.Cookie: "a b": `, "jwtauth: Sources.CrossOrigin: is nil"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(s)
			cfg.Sources = tc.sources
			_, err := jwtauth.New(cfg)
			mwtest.Faults(t, err, tc.want...)
		})
	}
}

// A WebSocket library that selects the first offered subprotocol, or any other one, cannot
// select the token.
func TestHandshakeNeverEchoesTheToken(t *testing.T) {
	s := signers()[2]
	token := s.good()
	v := build(t, withSources(t, s))
	for offer, want := range map[string]string{
		"access_token, $":                   "access_token",
		"access_token, $, chat":             "access_token, chat",
		"$, access_token, $, x-$, chat":     "access_token, chat",
		"chat, access_token, $":             "chat, access_token",
		" chat ,, access_token ,, $ , soap": "chat, access_token, soap",
	} {
		h := newMiddleware(t, v, "").Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			_, _ = fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: %s\r\nX-All: %q\r\n\r\n",
				strings.Join(r.Header["Sec-Websocket-Protocol"], ", "), fmt.Sprint(r.Header))
		}))
		srv := httptest.NewServer(h)
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, err = fmt.Fprintf(conn, "GET /ws HTTP/1.1\r\nHost: notes.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: %s\r\n\r\n", strings.ReplaceAll(offer, "$", token))
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := res.Header.Get("Sec-WebSocket-Protocol"); res.StatusCode != 101 || got != want || strings.Contains(fmt.Sprint(res.Header), token) {
			t.Errorf("%q: %d, %v", offer, res.StatusCode, res.Header)
		}
		_ = conn.Close()
		srv.Close()
	}
	r := httptest.NewRequest("GET", "/", nil)
	if v.WithoutCredential(r) != r || build(t, config(s)).WithoutCredential(r) != r {
		t.Error("a request without a token is copied")
	}
}

// A WebSocket over HTTP/2 (RFC 8441) needs an Origin too. net/http accepts extended CONNECT
// only with a variable that it reads at its start, so the test runs itself again.
func TestExtendedConnect(t *testing.T) {
	const variable = "http2xconnect=1"
	if !strings.Contains(os.Getenv("GODEBUG"), variable) {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestExtendedConnect$", "-test.v")
		cmd.Env = append(os.Environ(), "GODEBUG="+variable)
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "4 requests over HTTP/2") {
			t.Errorf("%v: %s", err, out)
		}
		return
	}
	s := signers()[2]
	srv := httptest.NewUnstartedServer(newMiddleware(t, build(t, withSources(t, s)), "").Handler(&mwtest.Spy{}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	sent := 0
	for origin, want := range map[string]string{"": "403", "https://evil.example": "403", srv.URL: "200", listed: "200"} {
		fields := [][2]string{
			{":method", "CONNECT"}, {":protocol", "websocket"}, {":scheme", "https"}, {":path", "/chat"},
			{":authority", srv.Listener.Addr().String()}, {"cookie", ownCookie(s.good())[0]},
		}
		if origin != "" {
			fields = append(fields, [2]string{"origin", origin})
		}
		if got := sendHTTP2(t, srv, fields); got != want {
			t.Errorf("origin %q: %s, want %s", origin, got, want)
		}
		sent++
	}
	t.Logf("%d requests over HTTP/2", sent)
}

// sendHTTP2 sends a request and returns the status of the response. The client of net/http
// refuses the field :protocol.
func sendHTTP2(t *testing.T, srv *httptest.Server, fields [][2]string) string {
	t.Helper()
	cfg := srv.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	cfg.NextProtos = []string{"h2"}
	conn, err := tls.Dial("tcp", srv.Listener.Addr().String(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var block bytes.Buffer
	enc := hpack.NewEncoder(&block)
	for _, f := range fields {
		if err := enc.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]}); err != nil {
			t.Fatal(err)
		}
	}
	framer := http2.NewFramer(conn, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	_, err = io.WriteString(conn, http2.ClientPreface)
	err = errors.Join(err, framer.WriteSettings(),
		framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: true}))
	for err == nil {
		var frame http2.Frame
		if frame, err = framer.ReadFrame(); err == nil {
			if headers, ok := frame.(*http2.MetaHeadersFrame); ok {
				return headers.PseudoValue("status")
			}
		}
	}
	t.Fatal(err)
	return ""
}

// On an optional route an expired token is refused by default, and is like a missing one with
// ExpiredAsAnonymous, from each source. Only exp counts.
func TestExpiredTokenOnAnOptionalRoute(t *testing.T) {
	s := signers()[2]
	past := at(time.Now().Add(-time.Second))
	for name, tc := range map[string]struct {
		token    string
		withMode int
	}{
		"expired":                      {setClaim("exp", past)(s), 200},
		"expired, of another audience": {editClaims(func(o object) object { return o.with("exp", past).with("aud", `"x"`) })(s), 401},
		"expired, forged":              {setClaim("exp", past)(otherSigners()[s.alg]), 401},
		"expired, lives too long":      {editClaims(func(o object) object { return o.with("exp", past).with("iat", "1") })(s), 401},
		"not valid yet":                {setClaim("nbf", at(time.Now().Add(time.Hour)))(s), 401},
		"invalid":                      {"x.y.z", 401},
	} {
		for source, header := range map[string]http.Header{
			"header": {"Authorization": {"Bearer $"}}, "cookie": {"Cookie": ownCookie("$")}, "subprotocol": {"Sec-Websocket-Protocol": {"access_token, $"}},
		} {
			for _, ignore := range []bool{false, true} {
				want := 401
				if ignore {
					want = tc.withMode
				}
				m := mwtest.Must[*authn.Middleware](t)(authn.New(authn.Config{
					Authenticators: []authn.Authenticator{build(t, withSources(t, s))}, Optional: true, ExpiredAsAnonymous: ignore,
				}))
				spy, events := &mwtest.Spy{}, make(chan carrier.Events, 1)
				srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					rec, r := carrier.Ensure(r)
					m.Handler(spy).ServeHTTP(w, r)
					events <- rec.Facts().Events
				}))
				res := sendFrom(t, srv, "GET", header, tc.token)
				if res.StatusCode != want || (<-events == carrier.ExpiredIgnored) != (want == 200) {
					t.Errorf("%s in %s, %v: %d, want %d", name, source, ignore, res.StatusCode, want)
				}
				if want == 200 && strings.Contains(fmt.Sprint(spy.Last().Header["Sec-Websocket-Protocol"]), tc.token) {
					t.Error("the handler received the expired token in a subprotocol")
				}
				srv.Close()
			}
		}
	}
}

// Reading a cookie costs at most two allocations more than reading the header, and the
// header costs no more with Sources than without.
func TestSourceAllocs(t *testing.T) {
	s := signers()[2]
	token := s.good()
	serve := func(cfg jwtauth.Config, header http.Header) func() {
		h := newMiddleware(t, build(t, cfg), "").Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		r, w := httptest.NewRequest("GET", "/", nil), mwtest.NewDiscard()
		r.Header = header
		return func() {
			if h.ServeHTTP(w, r); w.Code != 0 && w.Code != 200 {
				t.Fatal(w.Code)
			}
		}
	}
	authorization := http.Header{"Authorization": {bearer(token)}}
	byHeader := testing.AllocsPerRun(500, serve(config(s), authorization))
	for name, tc := range map[string]struct {
		header http.Header
		more   float64
	}{
		"header":      {authorization, 0},
		"cookie":      {http.Header{"Cookie": ownCookie(token)}, 2},
		"subprotocol": {http.Header{"Sec-Websocket-Protocol": {"access_token, " + token}}, 6}, // the copy of the request
	} {
		mwtest.MaxAllocs(t, name, byHeader+tc.more, serve(withSources(t, s), tc.header))
	}
}
