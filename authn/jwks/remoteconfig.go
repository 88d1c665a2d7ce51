package jwks

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/internal/discovery"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// RemoteConfig configures RemoteKeys. The zero RemoteConfig is refused: it needs a URL or
// an Issuer.
type RemoteConfig struct {
	_ [0]func()

	// URL is the address of the JWK Set of the issuer (RFC 7517), the jwks_uri of its
	// metadata. It is https, without user, password and fragment. http is accepted only
	// for localhost, 127.0.0.0/8, [::1] and InsecureHTTPHosts, because an attacker that can
	// change the answer can sign tokens. Required, unless Issuer is set.
	URL string

	// Issuer is the URL of an issuer whose metadata name the URL of its JWK Set: OpenID
	// Connect Discovery 1.0 or, if its answer is 404, RFC 8414. It is written exactly as the
	// issuer writes it, with or without a slash at the end, and has no query; otherwise the
	// rules of URL hold for it and for the jwks_uri, which may be on another host. The
	// metadata are read again after a day, and after each failure. Not beside URL.
	Issuer string

	// InsecureHTTPHosts are hosts for which http is accepted, as in the URL but without port,
	// such as "keycloak" or "keycloak.auth.svc" for an issuer in the same cluster. A wildcard
	// is refused. Its price: every machine on the network path, and every name server, can
	// replace the keys and so sign tokens of any user. No proxy is used for these hosts.
	// Default: no host.
	InsecureHTTPHosts []string

	// Algorithm is the algorithm of RSA keys without alg. Default: RS256. It must be an
	// algorithm for RSA.
	Algorithm Algorithm

	// Cooldown is the time after which tokens with an unknown kid may cause another request
	// to the issuer, all of them together, when the first three have been made. Once there is
	// a set, it is also the least time between two requests after a failure. Before the first
	// set the waits are 1 s, 2 s and so on up to Cooldown. Default: 10 s; 1 s to 5 min. A new
	// key is known within that time, even to tokens that were sent before it was published.
	Cooldown time.Duration

	// MaxStale is the time for which keys are used if they cannot be fetched again,
	// counted from their last fetch. Default: 24 h; 1 min to 7 days, and four times
	// Cooldown or more. A key that is withdrawn during an outage of the issuer is
	// accepted for that time.
	MaxStale time.Duration

	// Transport makes the requests, for example with your own certificates. It must end a
	// request when its context ends. This package bounds redirects, sizes, formats and
	// times for every Transport. Default: a transport with TLS 1.2 or later and the proxy
	// of the environment, which keeps no connections. For http the default has no proxy
	// and, but for InsecureHTTPHosts, connects only to loopback addresses, also if a name
	// resolves to other addresses. A Transport of your own must check that itself.
	Transport http.RoundTripper

	// OnRefresh is called after each request for the set, when the waiting requests have been
	// answered. It runs on the goroutine of that request, at times on two goroutines at
	// once, and Close waits for it: it must neither panic nor call Close. Default: no
	// call.
	OnRefresh func(Refresh)
}

const (
	defaultCooldown = 10 * time.Second
	minCooldown     = time.Second
	maxCooldown     = 5 * time.Minute
	defaultStale    = 24 * time.Hour
	minStale        = time.Minute
	maxStale        = 7 * 24 * time.Hour
)

// compile sets the defaults and adds the faults.
func (c *RemoteConfig) compile(f *httperr.ConfigFaults) {
	c.Algorithm = cmp.Or(c.Algorithm, RS256)
	c.Cooldown = cmp.Or(c.Cooldown, defaultCooldown)
	c.MaxStale = cmp.Or(c.MaxStale, defaultStale)
	c.InsecureHTTPHosts = slices.Clone(c.InsecureHTTPHosts)
	if c.Transport != nil && nilcheck.Nil(c.Transport) {
		f.Add("Transport", nil, "is a nil pointer or function", "leave it out, or check the error of what made it")
	}
	c.checkURLs(f)
	discovery.CheckHosts(f, "InsecureHTTPHosts", c.InsecureHTTPHosts)
	checkRSAAlgorithm(f, c.Algorithm)
	if c.Cooldown < minCooldown || c.Cooldown > maxCooldown {
		f.Add("Cooldown", c.Cooldown, "is not between 1s and 5m0s", "use 10s, or more for an issuer that limits requests")
	}
	switch {
	case c.MaxStale < minStale || c.MaxStale > maxStale:
		f.Add("MaxStale", c.MaxStale, "is not between 1m0s and 168h0m0s", "use the time that you need to mend an outage, such as 24h")
	case c.MaxStale < 4*c.Cooldown: // the first attempt is made at half of MaxStale
		f.Add("MaxStale", c.MaxStale, "is so close to Cooldown that one failed request could end the keys",
			"use four times Cooldown or more")
	}
}

// checkURLs adds the faults of URL and Issuer. They are not shown: a URL may hold a password
// or, in its query, a key.
func (c *RemoteConfig) checkURLs(f *httperr.ConfigFaults) {
	fieldName := "URL"
	reason, fix := claim.URLFault(c.URL, c.InsecureHTTPHosts...)
	switch {
	case c.URL == "" && c.Issuer == "":
		fix = "set it to the jwks_uri of the issuer, or set Issuer to discover that"
	case c.Issuer == "":
	case c.URL != "":
		fieldName, reason, fix = "Issuer", "stands beside URL", "set Issuer to discover the URL of the keys, or URL if you know it"
	default:
		fieldName = "Issuer"
		reason, fix = discovery.IssuerFault(c.Issuer, c.InsecureHTTPHosts)
	}
	if strings.HasPrefix(reason, "is not https") {
		fix = "use https; http is accepted on loopback addresses and for InsecureHTTPHosts alone"
	}
	if reason != "" {
		f.Add(fieldName, nil, reason, fix)
	}
}

// Refresh is the result of reading a set of keys once, from a file or over the network.
// It is for logs, metrics and alarms. Requests do not depend on it.
type Refresh struct {
	// Source is the path, or the URL of the set without its query. It is the issuer while
	// its metadata could not be read.
	Source string

	Keys int // the number of keys in use now; 0 if there never was a set, or if it is too old

	// Skipped holds the reasons for each key of the set that is not in use, each an
	// *httperr.ConfigError. A key that is for encryption, of an unknown kind or weak is no
	// fault unless the service needs it. Raise an alarm for a private key, for a shared
	// secret, and for two keys with the same kid and algorithm: the issuer has to replace
	// them.
	Skipped []error

	// Err is the reason why the new text is not in use, or could not be read. The
	// previous keys are still in use. Err is nil after a success. All faults of the text
	// of a set are joined in it, each an *httperr.ConfigError.
	Err error
}
