package view

import (
	"net/http"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

// A caller is the principal for which a value is filtered.
type caller struct {
	issuer, subject string // both empty without a principal
	granted         mask
}

// callerOf returns the caller of r. A caller without a principal gets only the view
// public, and so does a caller whose requirements cannot be decided.
func (c *rules) callerOf(r *http.Request) caller {
	rec := carrier.From(r.Context())
	p, _ := authn.FromContext(r.Context())
	if rec == nil || p == nil || p.Subject == "" {
		return caller{granted: public}
	}
	who := caller{issuer: p.Issuer, subject: p.Subject, granted: public}
	if rec.Facts().Owned {
		who.granted |= self
	}
	for i, m := range c.grants {
		if m.Check(r) == nil {
			who.granted |= 1 << (firstOther + i)
		}
	}
	return who
}

// owns reports whether the caller is the owner of value. An empty part equals nothing.
func (w *caller) owns(of func(any) (string, string), value any, defaultIssuer string) bool {
	issuer, subject := of(value)
	if issuer == "" {
		issuer = defaultIssuer
	}
	return issuer != "" && subject != "" && issuer == w.issuer && subject == w.subject
}
