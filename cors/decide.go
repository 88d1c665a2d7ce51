package cors

import (
	"net/http"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
)

// check is Middleware.Check with the policy for the path of r.
func (p *policy) check(r *http.Request) (Decision, error) {
	value, found, one := field.One(r.Header, "Origin")
	if !found {
		return Decision{}, nil
	}
	d := Decision{Preflight: isPreflight(r)}
	var refusal *httperr.Error
	switch {
	case !one:
		refusal = errOriginLines
	case value == "" || !p.anyOrigin && !p.origins.match(value):
		refusal = ErrOrigin
	case d.Preflight:
		refusal = p.checkPreflight(r.Header)
	}
	d.Granted = refusal == nil
	if d.Preflight && !d.Granted {
		d.Err = refusal
	}
	return d, d.Err
}
