package apikey

import (
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

const headerExpires = "X-Api-Key-Expires"

// SetResponseHeader sets the header X-API-Key-Expires if the key of p ends within
// Config.Warn. authn.Middleware calls it for a request that passes. The time is cut to
// whole seconds, so it is never later than the end.
func (a *Authenticator) SetResponseHeader(h http.Header, r *http.Request, p *authn.Principal) {
	if time.Until(p.ExpiresAt) > a.warn || a.warn < 0 {
		return
	}
	value := p.ExpiresAt.UTC().Format(http.TimeFormat)
	carrier.From(r.Context()).SetHeader(h, headerExpires, value)
}
