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
	refusal := m.checkOrigin(value, one)
	if refusal == nil && d.Preflight {
		refusal = m.checkPreflight(r.Header)
	}
	if refusal == nil {
		d.Granted = true
		return d, nil
	}
	if d.Preflight {
		d.Err = refusal
	}
	return d, d.Err
}

func (m *Middleware) checkOrigin(value string, one bool) *httperr.Error {
	switch {
	case !one:
		return errOriginLines
	case value != "" && (m.anyOrigin || m.origins.match(value)):
		return nil
	}
	return ErrOrigin
}
