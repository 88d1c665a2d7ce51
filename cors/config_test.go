package cors_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	rscors "github.com/rs/cors"

	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// misconfigurations lists every known mistake in a Config, numbered by kind,
// with the text of its fault.
var misconfigurations = []struct {
	kind int
	cfg  cors.Config
	want string
}{
	{1, cors.Config{}, `Origins: at least one origin is required; list each one, or set AllowAnyOrigin for a public API without cookies`},
	{2, cors.Config{Credentials: true}, `Origins: at least one origin is required; list each one, or set AllowAnyOrigin for a public API without cookies`},
	{3, withCredentials("*"), `Origins[0]: "*": any origin cannot be combined with Credentials; list each origin`},
	{3, withCredentials("https://app.example.com", "*"), `Origins[1]: "*": any origin cannot be combined with Credentials; list each origin`},
	{3, withOrigins("*"), `Origins[0]: "*": not an origin; list each origin, or set AllowAnyOrigin for a public API without cookies`},
	{3, cors.Config{AllowAnyOrigin: true, Credentials: true}, `AllowAnyOrigin: any page could act with its visitor's cookies; list the Origins, or drop Credentials`},
	{4, withCredentials("null"), `Origins[0]: "null": any page can obtain the null origin with a sandboxed iframe; serve the page from an https origin and list that`},
	{4, withOrigins("null"), `Origins[0]: "null": any page can obtain the null origin`},
	{5, withCredentials("https://*"), `Origins[0]: "https://*": a wildcard must be "*." followed by a domain; list each domain, or set AllowAnyOrigin for a public API without cookies`},
	{5, withCredentials("https://*."), `Origins[0]: "https://*.": a wildcard must be`},
	{5, withCredentials("h*"), `Origins[0]: "h*": a wildcard must be "*." followed by a domain; list each origin`},
	{6, withCredentials("https://*example.com"), `Origins[0]: "https://*example.com": "*" must be a whole label, or "evilexample.com" matches too; write "https://*.example.com" instead`},
	{7, withCredentials("https://example.com*"), `Origins[0]: "https://example.com*": nothing may follow the host but a port; write "https://example.com" instead`},
	{7, withCredentials("https://example.*"), `Origins[0]: "https://example.*": "*" must be a whole leading label; list each origin`},
	{8, withCredentials("https://app-*.vercel.app"), `Origins[0]: "https://app-*.vercel.app": "*" must be a whole leading label; list each origin`},
	{8, withCredentials("https://a.*.example.com"), `Origins[0]: "https://a.*.example.com": "*" must be a whole leading label; list each origin`},
	{9, withCredentials("*://example.com"), `Origins[0]: "*://example.com": the scheme cannot be a wildcard; write "https://example.com" instead`},
	{9, withCredentials("http*://example.com"), `Origins[0]: "http*://example.com": the scheme cannot be a wildcard; write "https://example.com" instead`},
	{10, withCredentials("https://*.com"), `Origins[0]: "https://*.com": "com" is a public suffix; anyone can register a subdomain; write your own domain, or set DangerouslyAllowPublicSuffix`},
	{10, withCredentials("https://*.github.io"), `Origins[0]: "https://*.github.io": "github.io" is a public suffix; anyone can register a subdomain`},
	{10, withOrigins("https://*.github.io."), `Origins[0]: "https://*.github.io.": "github.io" is a public suffix`},
	{10, withOrigins("https://*.corp:8443"), `Origins[0]: "https://*.corp:8443": "corp" is a public suffix`},
	{11, withCredentials("http://example.com"), `Origins[0]: "http://example.com": whoever is on the network can speak for an http origin, with Credentials; write "https://example.com" instead`},
	{11, withCredentials("http://example.com:8080"), `Origins[0]: "http://example.com:8080": whoever is on the network can speak for an http origin, with Credentials; use https, or set DangerouslyAllowInsecureOrigins`},
	{11, withCredentials("http://*.example.com"), `Origins[0]: "http://*.example.com": whoever is on the network can speak for an http origin, with Credentials; write "https://*.example.com" instead`},
	{11, withCredentials("http://10.0.0.1"), `Origins[0]: "http://10.0.0.1": whoever is on the network`},
	{11, withCredentials("http://notlocalhost"), `Origins[0]: "http://notlocalhost": whoever is on the network`},
	{13, withOrigins("https://*.*.example.com"), `Origins[0]: "https://*.*.example.com": only one "*" is possible, for any number of labels; write "https://*.example.com" instead`},
	{13, withOrigins("https://*.a*.example.com"), `Origins[0]: "https://*.a*.example.com": only one "*" is possible, for any number of labels; write a leading "*." and a domain`},
	{15, withOrigins("https://example.com/"), `Origins[0]: "https://example.com/": an origin has no path, query or fragment; write "https://example.com" instead`},
	{15, withOrigins("https://example.com/path"), `Origins[0]: "https://example.com/path": an origin has no path, query or fragment; write "https://example.com" instead`},
	{15, withOrigins("https://example.com?q=1"), `Origins[0]: "https://example.com?q=1": an origin has no path, query or fragment; write "https://example.com" instead`},
	{15, withOrigins("https://example.com#x"), `Origins[0]: "https://example.com#x": an origin has no path, query or fragment; write "https://example.com" instead`},
	{15, withOrigins(`https://example.com\x`), `Origins[0]: "https://example.com\\x": an origin has no path, query or fragment; write "https://example.com" instead`},
	{15, withOrigins("https://user:hunter2@example.com"), `Origins[0]: "https://…@example.com": an origin has no user information; write "https://example.com" instead`},
	{16, withOrigins("example.com"), `Origins[0]: "example.com": an origin begins with a scheme and "://"; write "https://example.com" instead`},
	{16, withOrigins("*.example.com"), `Origins[0]: "*.example.com": an origin begins with a scheme and "://"; write "https://*.example.com" instead`},
	{16, withOrigins("Example.com:443/"), `Origins[0]: "Example.com:443/": an origin begins with a scheme and "://"; write "https://example.com" instead`},
	{16, withOrigins("https:example.com"), `Origins[0]: "https:example.com": an origin begins with a scheme and "://"; write "https://example.com" instead`},
	{16, withOrigins("://example.com"), `Origins[0]: "://example.com": not a scheme; write "https://example.com" instead`},
	{17, withOrigins(" https://example.com\n"), `Origins[0]: " https://example.com\n": one origin per element, without blanks; write "https://example.com" instead`},
	{17, withOrigins("https://a.example.com,https://b.example.com"), `Origins[0]: "https://a.example.com,https://b.example.com": one origin per element, without blanks; write each origin as an element of its own`},
	{18, withOrigins("https://example.com:443"), `Origins[0]: "https://example.com:443": browsers omit the default port; write "https://example.com" instead`},
	{18, withOrigins("http://example.com:80"), `Origins[0]: "http://example.com:80": browsers omit the default port; write "http://example.com" instead`},
	{18, withOrigins("https://[::1]:443"), `Origins[0]: "https://[::1]:443": browsers omit the default port; write "https://[::1]" instead`},
	{19, withOrigins("https://example.com:0"), `Origins[0]: "https://example.com:0": a port is 1-65535 without leading zeros, or "*"; write the port that browsers send`},
	{19, withOrigins("https://example.com:65536"), `Origins[0]: "https://example.com:65536": a port is 1-65535`},
	{19, withOrigins("https://example.com:http"), `Origins[0]: "https://example.com:http": a port is 1-65535`},
	{19, withOrigins("https://example.com:08080"), `Origins[0]: "https://example.com:08080": a port is 1-65535`},
	{19, withOrigins("https://example.com:80*"), `Origins[0]: "https://example.com:80*": a port is 1-65535`},
	{19, withOrigins("https://example.com:"), `Origins[0]: "https://example.com:": a colon without a port; write "https://example.com" instead`},
	{20, withOrigins("https://Example.com"), `Origins[0]: "https://Example.com": browsers send the host in lower case; write "https://example.com" instead`},
	{20, withOrigins("HTTPS://example.com"), `Origins[0]: "HTTPS://example.com": browsers send the scheme in lower case; write "https://example.com" instead`},
	{21, withOrigins("https://bücher.example"), `Origins[0]: "https://bücher.example": browsers send no Unicode; write "https://xn--bcher-kva.example" instead`},
	{22, withOrigins(""), `Origins[0]: "": an empty origin matches nothing; remove it`},
	{23, withOrigins("file:///etc"), `Origins[0]: "file:///etc": browsers send "null" for pages of this scheme; serve the page from an https origin and list that`},
	{24, withOrigins("http://[0:0:0:0:0:0:0:1]"), `Origins[0]: "http://[0:0:0:0:0:0:0:1]": browsers send the short form of RFC 5952; write "http://[::1]" instead`},
	{24, withOrigins("https://0x7f000001"), `Origins[0]: "https://0x7f000001": a host that ends in a number is an IPv4 address; write it as four decimal numbers`},
	{24, withOrigins("https://127.1"), `Origins[0]: "https://127.1": a host that ends in a number is an IPv4 address`},
	{24, withOrigins("https://127.0.0.1."), `Origins[0]: "https://127.0.0.1.": browsers send an address without a trailing dot; write "https://127.0.0.1" instead`},
	{24, withOrigins("https://::1"), `Origins[0]: "https://::1": an IPv6 address is written in brackets; write "https://[::1]" instead`},
	{24, withOrigins("https://[::1"), `Origins[0]: "https://[::1": the bracket of an IPv6 address is open; write "]" behind the address`},
	{24, withOrigins("https://[fe80::1%25eth0]"), `Origins[0]: "https://[fe80::1%25eth0]": not an IPv6 address; write it in brackets and without a zone`},
	{25, withOrigins("https://[::ffff:127.0.0.1]"), `Origins[0]: "https://[::ffff:127.0.0.1]": an IPv4 address in another guise; write "https://127.0.0.1" instead`},
	{25, withOrigins("https://[::ffff:7f00:1]"), `Origins[0]: "https://[::ffff:7f00:1]": an IPv4 address in another guise; write "https://127.0.0.1" instead`},
	{25, withOrigins("https://*.127.0.0.1"), `Origins[0]: "https://*.127.0.0.1": an address has no subdomains; list each origin`},
	{25, withOrigins("https://*.[::1]"), `Origins[0]: "https://*.[::1]": an IPv6 address is written in brackets; put it in brackets`},
	{25, withOrigins("app://*.example.com"), `Origins[0]: "app://*.example.com": only http and https have subdomains; list each origin`},
	{25, withOrigins("https://exa%6dple.com"), `Origins[0]: "https://exa%6dple.com": not a host; write a domain or an address as browsers send it`},
	{25, withOrigins("https://example..com"), `Origins[0]: "https://example..com": not a host`},
	{25, withOrigins("https://" + strings.Repeat("a", 64) + ".com"), `Origins[0]: "https://aaaa`},
	{25, withOrigins("https://" + strings.Repeat("a", 500)), `Origins[0]: "https://` + strings.Repeat("a", 120) + `…": longer than any origin; use at most 327 bytes`},

	{16, withOrigins("https:/example.com"), `Origins[0]: "https:/example.com": an origin begins with a scheme and "://"; write "https://example.com" instead`},
	{16, withOrigins(`https:\\example.com`), `Origins[0]: "https:\\\\example.com": an origin begins with a scheme and "://"; write "https://example.com" instead`},
	{16, withOrigins("https//example.com"), `Origins[0]: "https//example.com": an origin begins with a scheme and "://"; write "https://example.com" instead`},
	{16, withOrigins("mailto:a@b.example"), `Origins[0]: "…@b.example": an origin begins with a scheme and "://"; write "https://" and the host`},
	{23, withOrigins("wss://example.com"), `Origins[0]: "wss://example.com": the origin of a WebSocket is the origin of its page; write "https://example.com" instead`},
	{23, withOrigins("ftp://example.com"), `Origins[0]: "ftp://example.com": browsers load no page of this scheme; list the https origin of the page`},
	{24, withOrigins("http://[::1:90"), `Origins[0]: "http://[::1:90": the bracket of an IPv6 address is open`},
	{25, withOrigins("https://xn--0.com"), `Origins[0]: "https://xn--0.com": "xn--0" is not Punycode; write the form that browsers show for the name`},
	{25, withOrigins("https://*." + strings.Repeat("a.", 126) + "a"), `Origins[0]: "https://*.a`},
	{22, withOrigins(app, "https://b.example", app), `Origins[2]: "https://app.example.com": Origins[0] is the same; remove one of them`},
	{22, configWith(func(c *cors.Config) { c.Methods = []string{"PUT", "put"} }), `Methods[1]: "put": Methods[0] is the same; remove one of them`},
	{22, configWith(func(c *cors.Config) { c.RequestHeaders = []string{"X-A", "x-a"} }), `RequestHeaders[1]: "x-a": RequestHeaders[0] is the same; remove one of them`},
	{22, configWith(func(c *cors.Config) { c.ExposeHeaders = []string{"X-A", "x-a"} }), `ExposeHeaders[1]: "x-a": ExposeHeaders[0] is the same; remove one of them`},
	{22, configWith(func(c *cors.Config) { c.DangerouslyAllowInsecureOrigins = true }), `DangerouslyAllowInsecureOrigins: no origin needs it; leave it out`},
	{22, configWith(func(c *cors.Config) { c.DangerouslyAllowPublicSuffix = true }), `DangerouslyAllowPublicSuffix: no origin needs it; leave it out`},
	{22, configWith(func(c *cors.Config) { c.ExposeOwn, c.ExposeHeaders = true, []string{"*"} }), `ExposeOwn: "*" in ExposeHeaders stands for these headers too; leave it out`},
	{34, configWith(func(c *cors.Config) { c.Routes = map[string]cors.Config{"PUT /a": {AllowAnyOrigin: true}} }), `Routes["PUT /a"]: a preflight has the method OPTIONS, so a pattern with a method never matches it; write the path alone`},
	{34, configWith(func(c *cors.Config) { c.Routes = map[string]cors.Config{"/a": {}} }), `Routes["/a"].Origins: at least one origin is required`},
	{34, configWith(func(c *cors.Config) { c.Routes = map[string]cors.Config{"/{a": {AllowAnyOrigin: true}} }), `Routes["/{a"]: http.ServeMux refuses the pattern: `},
	{34, configWith(func(c *cors.Config) {
		c.Routes = map[string]cors.Config{"/a": {AllowAnyOrigin: true, Routes: map[string]cors.Config{"/b": {AllowAnyOrigin: true}}}}
	}), `Routes["/a"].Routes: a route has no routes of its own; list all patterns in one map`},
	{34, configWith(func(c *cors.Config) {
		c.Routes = map[string]cors.Config{"/a": {AllowAnyOrigin: true, Deny: httperr.Write}}
	}), `Routes["/a"]: Deny and Observe are those of the whole Config; set them there`},

	{26, configWith(func(c *cors.Config) { c.Methods = []string{""} }), `Methods[0]: "": not a token (RFC 9110, section 5.6.2); write one method per element`},
	{26, configWith(func(c *cors.Config) { c.Methods = []string{"PUT", "PUT, DELETE"} }), `Methods[1]: "PUT, DELETE": not a token`},
	{27, configWith(func(c *cors.Config) { c.Methods = []string{"CONNECT"} }), `Methods[0]: "CONNECT": browsers never send it; remove it`},
	{27, configWith(func(c *cors.Config) { c.Methods = []string{"trace"} }), `Methods[0]: "trace": browsers never send it; remove it`},
	{27, configWith(func(c *cors.Config) { c.Methods = []string{"TRACK"} }), `Methods[0]: "TRACK": browsers never send it; remove it`},
	{29, configWith(func(c *cors.Config) { c.Methods = []string{"patch"} }), `Methods[0]: "patch": methods are case-sensitive; write "PATCH" instead`},
	{29, configWith(func(c *cors.Config) { c.Methods = []string{"Query"} }), `Methods[0]: "Query": methods are case-sensitive; write "QUERY" instead`},
	{30, configWith(func(c *cors.Config) { c.Methods = []string{"*"} }), `Methods[0]: "*": a method cannot be a wildcard; list the methods`},
	{31, configWith(func(c *cors.Config) { c.RequestHeaders = []string{""} }), `RequestHeaders[0]: "": not a token (RFC 9110, section 5.6.2); write one header name per element`},
	{31, configWith(func(c *cors.Config) { c.RequestHeaders = []string{"X-A, X-B"} }), `RequestHeaders[0]: "X-A, X-B": not a token`},
	{31, configWith(func(c *cors.Config) { c.RequestHeaders = []string{"X-\u212aey"} }), "RequestHeaders[0]: \"X-\u212aey\": not a token"}, // the Kelvin sign, whose lower case is a "k"
	{32, configWith(func(c *cors.Config) { c.RequestHeaders = []string{"Cookie"} }), `RequestHeaders[0]: "Cookie": browsers never let scripts set it; remove it`},
	{32, configWith(func(c *cors.Config) { c.RequestHeaders = []string{"host"} }), `RequestHeaders[0]: "host": browsers never`},
	{32, configWith(func(c *cors.Config) { c.RequestHeaders = []string{"Origin"} }), `RequestHeaders[0]: "Origin": browsers never`},
	{32, configWith(func(c *cors.Config) { c.RequestHeaders = []string{"Sec-Fetch-Site"} }), `RequestHeaders[0]: "Sec-Fetch-Site": browsers never`},
	{32, configWith(func(c *cors.Config) { c.RequestHeaders = []string{"Proxy-Authorization"} }), `RequestHeaders[0]: "Proxy-Authorization": browsers never`},
	{32, configWith(func(c *cors.Config) { c.RequestHeaders = []string{"Access-Control-Request-Method"} }), `RequestHeaders[0]: "Access-Control-Request-Method": browsers never`},
	{33, configWith(func(c *cors.Config) { c.RequestHeaders = []string{"Access-Control-Allow-Origin"} }), `RequestHeaders[0]: "Access-Control-Allow-Origin": this is a response header; remove it`},
	{34, configWith(func(c *cors.Config) { c.Credentials, c.RequestHeaders = true, []string{"*"} }), `RequestHeaders[0]: "*": with Credentials it would only mean a header of that name; list the headers`},
	{35, configWith(func(c *cors.Config) { c.MaxAge = -2 * time.Second }), `MaxAge: "-2s": negative; use 0 for the browser's default, -1 to forbid caching, or whole seconds up to 24h`},
	{36, configWith(func(c *cors.Config) { c.MaxAge = 24*time.Hour + time.Second }), `MaxAge: "24h0m1s": longer than any browser remembers; use 0`},
	{36, configWith(func(c *cors.Config) { c.MaxAge = 600 }), `MaxAge: "600ns": not whole seconds; use 0`},
	{37, configWith(func(c *cors.Config) { c.ExposeHeaders = []string{""} }), `ExposeHeaders[0]: "": not a token (RFC 9110, section 5.6.2); write one header name per element`},
	{37, configWith(func(c *cors.Config) { c.ExposeHeaders = []string{"X-A,X-B"} }), `ExposeHeaders[0]: "X-A,X-B": not a token`},
	{37, configWith(func(c *cors.Config) { c.ExposeHeaders = []string{"X-\u212aey"} }), "ExposeHeaders[0]: \"X-\u212aey\": not a token"},
	{38, configWith(func(c *cors.Config) { c.ExposeHeaders = []string{"X-A\r\nSet-Cookie: a=b"} }), `ExposeHeaders[0]: "X-A\r\nSet-Cookie: a=b": not a token`},
	{39, configWith(func(c *cors.Config) { c.ExposeHeaders = []string{"Set-Cookie"} }), `ExposeHeaders[0]: "Set-Cookie": it cannot be exposed; remove it`},
	{40, configWith(func(c *cors.Config) { c.ExposeHeaders = []string{"Origin"} }), `ExposeHeaders[0]: "Origin": not a response header; remove it`},
	{40, configWith(func(c *cors.Config) { c.ExposeHeaders = []string{"Sec-Fetch-Mode"} }), `ExposeHeaders[0]: "Sec-Fetch-Mode": not a response header; remove it`},
	{40, configWith(func(c *cors.Config) { c.ExposeHeaders = []string{"Access-Control-Max-Age"} }), `ExposeHeaders[0]: "Access-Control-Max-Age": it speaks to the browser and not to scripts; remove it`},
	{41, configWith(func(c *cors.Config) { c.Credentials, c.ExposeHeaders = true, []string{"*"} }), `ExposeHeaders[0]: "*": with Credentials it would only mean a header of that name; list the headers`},
	{43, configWith(func(c *cors.Config) { c.AllowAnyOrigin = true }), `AllowAnyOrigin: Origins would have no effect; set one of the two`},
}

func TestMisconfigurations(t *testing.T) {
	for _, row := range misconfigurations {
		t.Run(fmt.Sprintf("%d %.40s", row.kind, row.want), func(t *testing.T) {
			m, err := cors.New(row.cfg)
			mwtest.Publish(t, "cors.mistakes", 1)
			if m != nil {
				t.Error("New returned a middleware")
			}
			mwtest.Faults(t, err, "cors: "+row.want)
			for _, leaf := range mwtest.Leaves(err) {
				if ce, ok := errors.AsType[*httperr.ConfigError](leaf); !ok || ce.Fix == "" || ce.Reason == "" || ce.Field == "" {
					t.Errorf("%#v", leaf)
				}
				if strings.Contains(leaf.Error(), "hunter2") {
					t.Errorf("password in %q", leaf)
				}
			}
		})
	}
}

// New accepts Configs of real services.
func TestUsualConfigurations(t *testing.T) {
	const app = "https://app.example.com"
	usual := []cors.Config{
		{AllowAnyOrigin: true},
		{AllowAnyOrigin: true, ExposeHeaders: []string{"*"}},
		{AllowAnyOrigin: true, RequestHeaders: []string{"*"}},
		{AllowAnyOrigin: true, Methods: []string{"GET", "HEAD", "POST"}},
		{AllowAnyOrigin: true, MaxAge: 24 * time.Hour},
		{AllowAnyOrigin: true, Routes: map[string]cors.Config{"/private/": withCredentials(app)}},
	}
	for _, origin := range []string{
		app, "https://example.com", "https://app.example.com:8443", "https://*.example.com", "https://*.example.com:8443",
		"https://*.example.co.uk", "https://xn--bcher-kva.example", "https://my-app.github.io", "https://192.0.2.1",
		"https://[2001:db8::1]", "http://localhost", "http://localhost:3000", "http://127.0.0.1:5173", "http://[::1]:8080",
	} {
		usual = append(usual, withCredentials(origin))
	}
	for _, origin := range []string{app, "http://intranet", "http://example.com:8080", "https://localhost:*", "capacitor://localhost", "chrome-extension://abcdefghijklmnop"} {
		usual = append(usual, withOrigins(origin))
	}
	for _, change := range []func(*cors.Config){
		func(c *cors.Config) { c.Methods = []string{"PUT", "PATCH", "DELETE"} },
		func(c *cors.Config) { c.RequestHeaders = []string{"Authorization", "Content-Type", "X-Request-Id"} },
		func(c *cors.Config) { c.ExposeHeaders = []string{"Location", "ETag", "Retry-After"} },
		func(c *cors.Config) { c.ExposeOwn = true },
		func(c *cors.Config) { c.MaxAge = 10 * time.Minute },
		func(c *cors.Config) { c.MaxAge = -1 },
		func(c *cors.Config) { c.Routes = map[string]cors.Config{"/public/": {AllowAnyOrigin: true}} },
		func(c *cors.Config) {
			c.Origins = append(c.Origins, "https://admin.example.com", "https://*.example.org")
		},
	} {
		usual = append(usual, configWith(change))
	}
	refused := 0
	for _, cfg := range usual {
		if _, err := cors.New(cfg); err != nil {
			refused++
			t.Errorf("%+v: %v", cfg, err)
		}
	}
	mwtest.Publish(t, "cors.usual", len(usual))
	mwtest.Publish(t, "cors.refused", refused)
}

// The same mistakes detect a constructor that checks nothing, as that of rs/cors.
func TestMisconfigurationsDetectMistakes(t *testing.T) {
	accepted := 0
	for _, row := range misconfigurations {
		if m := rscors.New(rscors.Options{
			AllowedOrigins: row.cfg.Origins, AllowCredentials: row.cfg.Credentials, AllowedMethods: row.cfg.Methods,
			AllowedHeaders: row.cfg.RequestHeaders, ExposedHeaders: row.cfg.ExposeHeaders, MaxAge: int(row.cfg.MaxAge.Seconds()),
		}); m != nil {
			accepted++
		}
	}
	mwtest.Publish(t, "cors.peer", accepted)
	if accepted == 0 {
		t.Error("no mistake was accepted")
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	_, err := cors.New(cors.Config{
		Origins:        []string{"null", "https://ok.example.com", "https://*.com", "http://example.com"},
		Credentials:    true,
		AllowAnyOrigin: true,
		Methods:        []string{"PUT", "patch", "*"},
		RequestHeaders: []string{"Cookie", "*"},
		ExposeHeaders:  []string{"*", "Set-Cookie"},
		MaxAge:         -time.Hour,
	})
	mwtest.Faults(t, err,
		"cors: AllowAnyOrigin: Origins would", "cors: AllowAnyOrigin: any page",
		"cors: Origins[0]: ", "cors: Origins[2]: ", "cors: Origins[3]: ",
		"cors: Methods[1]: ", "cors: Methods[2]: ",
		"cors: RequestHeaders[0]: ", "cors: RequestHeaders[1]: ",
		"cors: ExposeHeaders[0]: ", "cors: ExposeHeaders[1]: ",
		"cors: MaxAge: ")
}

// Kinds 42, 44 and 45 are functions that accept every origin and statuses that
// no browser accepts. Config has no field for such a mistake.
func TestNoFieldForOtherMistakes(t *testing.T) {
	var names []string
	typ := reflect.TypeFor[cors.Config]()
	for i := range typ.NumField() {
		if f := typ.Field(i); f.IsExported() {
			names = append(names, f.Name)
		}
	}
	got := strings.Join(names, " ")
	const want = "Origins AllowAnyOrigin Credentials Methods RequestHeaders ExposeHeaders ExposeOwn Routes MaxAge DangerouslyAllowInsecureOrigins DangerouslyAllowPublicSuffix Deny Observe"
	if got != want {
		t.Errorf("fields of Config:\n got %s\nwant %s", got, want)
	}
}
