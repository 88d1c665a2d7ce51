package jwks

import (
	"cmp"
	"net/http"
	"net/url"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// RemoteConfig configures RemoteKeys. The zero RemoteConfig is refused: URL has no
// default.
type RemoteConfig struct {
	_ [0]func()

	// URL is where the issuer publishes its JWK Set (RFC 7517), the jwks_uri of
	// its metadata. It is https, without user, password and fragment; http is
	// accepted for localhost, 127.0.0.0/8 and [::1] alone, for whoever could
	// change the answer could sign tokens. Required.
	URL string

	// Algorithm is that of RSA keys without alg. Default: RS256. It must be one
	// for RSA.
	Algorithm Algorithm

	// Cooldown is the least time between two requests to URL that tokens with
	// an unknown kid cause, all of them together, and between two after a failure
	// once there is a set; before the first set the waits are 1 s, 2 s and so on up
	// to Cooldown. Default: 10 s; 1 s to 5 min. A new key is known within that time,
	// even to tokens that were sent before it was published.
	Cooldown time.Duration

	// MaxStale is how long keys are used that could not be fetched again, from
	// when they were fetched. Default: 24 h; 1 min to 7 days, and four times
	// Cooldown or more. A key that is withdrawn during an outage of the issuer is
	// accepted for so long.
	MaxStale time.Duration

	// Transport makes the requests; such as one with certificates of your own.
	// It must end a request when its context ends. Redirects, sizes, formats and
	// times are bounded whatever it is. Default: one with TLS 1.2 or later, the
	// proxy of the environment, and no connections kept; for http, one without a
	// proxy that connects to loopback addresses alone, whatever a name resolves
	// to. A Transport of your own has to see to that itself.
	Transport http.RoundTripper

	// OnRefresh is told of each request to URL when it is over, after those who
	// waited for it have been answered. It runs on the goroutine of that
	// request, at times on two at once, and Close waits for it: it must neither
	// panic nor call Close. Default: nobody is told.
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

// compile fills in the defaults and adds what is wrong.
func (c *RemoteConfig) compile(f *httperr.ConfigFaults) {
	c.Algorithm = cmp.Or(c.Algorithm, RS256)
	c.Cooldown = cmp.Or(c.Cooldown, defaultCooldown)
	c.MaxStale = cmp.Or(c.MaxStale, defaultStale)
	switch {
	case c.Transport == nil:
		c.Transport = newTransport()
		if u, err := url.Parse(c.URL); err == nil && u.Scheme == "http" {
			c.Transport = newLocalTransport()
		}
	case nilcheck.Nil(c.Transport):
		f.Add("Transport", nil, "is a nil pointer or function", "leave it out, or check the error of what made it")
	}
	// The URL is not shown: it may hold a password or, in its query, a key.
	if reason, fix := claim.URLFault(c.URL); reason != "" {
		f.Add("URL", nil, reason, fix)
	}
	checkRSA(f, c.Algorithm)
	if c.Cooldown < minCooldown || c.Cooldown > maxCooldown {
		f.Add("Cooldown", c.Cooldown, "is not between 1s and 5m0s", "use 10s, or more for an issuer that limits requests")
	}
	switch {
	case c.MaxStale < minStale || c.MaxStale > maxStale:
		f.Add("MaxStale", c.MaxStale, "is not between 1m0s and 168h0m0s", "use the time that you need to mend an outage, such as 24h")
	case c.MaxStale < 4*c.Cooldown: // the first attempt is made at half of it
		f.Add("MaxStale", c.MaxStale, "is so close to Cooldown that one failed request could end the keys", "use four times Cooldown or more")
	}
}

// Refresh is what came of reading a set of keys once, from a file or over the
// network. It is for logs, metrics and alarms: requests are answered without
// anybody looking at it.
type Refresh struct {
	Source string // the path, or the URL without its query
	Keys   int    // how many keys are in use now; 0 if there never was a set, or it is too old

	// Skipped says of each key of the set that is not in use why it is not:
	// it is for encryption, say, or of an unknown kind, or weak. Nothing is
	// wrong unless one of them is missed.
	Skipped []error

	// Err says why what was read, or was not there to be read, is not in use.
	// The keys from before still are. It is nil if all went well. What is wrong
	// with the text of a set is joined in it, all at once, each an
	// *httperr.ConfigError.
	Err error
}
