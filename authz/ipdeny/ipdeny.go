package ipdeny

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/network"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// ErrDenied refuses a client whose address is in one of the networks.
var ErrDenied = &httperr.Error{
	Status:  http.StatusForbidden,
	Code:    "address_denied",
	Message: "Requests from this network are not accepted. Ask the operator of the service to allow it.",
}

var errUnknown = httperr.ErrInternal.With(errors.New("ipdeny: the address of the client is unknown; put clientip around this middleware"))

// Config configures a Middleware. The zero Config is refused.
type Config struct {
	_ [0]func()

	// Networks are the refused networks. Required. New refuses IPv4-mapped networks,
	// networks with host bits, 0.0.0.0/0, ::/0 and duplicates.
	Networks []netip.Prefix

	// Deny answers a refused request; next does not run. Nil means httperr.Write.
	Deny func(http.ResponseWriter, *http.Request, error)

	// Observe receives the result of Check on every request that reaches Handler, before
	// the response begins. It must not block. Nil means that no observer runs.
	Observe func(*http.Request, error)
}

// Middleware refuses the requests of some networks. It is safe for concurrent use; make
// one with New.
type Middleware struct {
	networks []netip.Prefix
	deny     func(http.ResponseWriter, *http.Request, error)
	observe  func(*http.Request, error)
}

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func New(cfg Config) (*Middleware, error) {
	f := httperr.ConfigFaults{Package: "ipdeny"}
	if len(cfg.Networks) == 0 {
		f.Add("Networks", nil, "is empty", "write at least one, or leave the middleware out")
	}
	for i, n := range cfg.Networks {
		at := fmt.Sprintf("Networks[%d]", i)
		if reason, fix := network.Fault(n); reason != "" {
			f.Add(at, n, reason, fix)
		} else if n.Bits() == 0 {
			f.Add(at, n, "refuses every client", "write the networks that may not call")
		} else if slices.Contains(cfg.Networks[:i], n) {
			f.Add(at, n, "is there twice", "remove one, or write the one that was meant")
		}
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	m := &Middleware{networks: slices.Clone(cfg.Networks), deny: cfg.Deny, observe: cfg.Observe}
	if m.deny == nil {
		m.deny = httperr.Write
	}
	return m, nil
}

// Check returns nil, ErrDenied, or httperr.ErrInternal if the address of the client is
// unknown. It never reads r.RemoteAddr. It does not allocate.
func (m *Middleware) Check(r *http.Request) error {
	rec := carrier.From(r.Context())
	if rec == nil {
		return errUnknown
	}
	client := rec.Facts().Client.Unmap().WithZone("")
	if !client.IsValid() {
		return errUnknown
	}
	for _, n := range m.networks {
		if n.Contains(client) {
			return ErrDenied
		}
	}
	return nil
}

// Handler runs next for requests that Check lets pass. Deny answers all other requests.
// It panics if next is nil.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("ipdeny: Handler of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := m.Check(r)
		if m.observe != nil {
			m.observe(r, err)
		}
		if err == nil {
			next.ServeHTTP(w, r)
			return
		}
		if rec := carrier.From(r.Context()); rec != nil && errors.Is(err, ErrDenied) {
			rec.Update(func(f *carrier.Facts) { f.Rule, f.Events = "ip_deny", f.Events|carrier.AuthzDenied })
		}
		m.deny(w, r, err)
	})
}
