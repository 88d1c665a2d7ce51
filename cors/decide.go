package cors

import (
	"net/http"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
)

// Check decides on r and changes nothing. The error is non-nil only for a
// preflight that must be refused, and then is one of [ErrOrigin], [ErrMethod]
// and [ErrHeader]. Check does not allocate. A preflight is OPTIONS with both
// Origin and Access-Control-Request-Method (Fetch standard, section 3.3.5).
func (m *Middleware) Check(r *http.Request) (Decision, error) {
	value, found, one := field.One(r.Header, "Origin")
	if !found {
		return Decision{}, nil
	}
	d := Decision{Preflight: isPreflight(r)}
	var refusal *httperr.Error
	switch {
	case !one:
		refusal = errOriginLines
	case value == "" || !m.anyOrigin && !m.origins.match(value):
		refusal = ErrOrigin
	case d.Preflight:
		refusal = m.checkPreflight(r.Header)
	}
	d.Granted = refusal == nil
	if d.Preflight && !d.Granted {
		d.Err = refusal
	}
	return d, d.Err
}
