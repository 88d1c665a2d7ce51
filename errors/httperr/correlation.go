package httperr

import (
	"context"
	cryptorand "crypto/rand"
	"encoding/binary"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/field"
)

// defaultCorrelationHeader is the default of Config.CorrelationHeader in canonical
// form.
const defaultCorrelationHeader = "X-Correlation-Id"

// checkCorrelationHeader adds a fault if name cannot be the name of the
// correlation ID header, because it is no name or has another meaning.
func checkCorrelationHeader(faults *ConfigFaults, name string) {
	const fix = `use a name such as "X-Request-ID", or leave it out for "X-Correlation-ID"`
	c := http.CanonicalHeaderKey(name)
	hasPrefix := func(p string) bool { return strings.HasPrefix(c, p) }
	switch {
	case !field.Token(name):
		faults.Add("CorrelationHeader", name, "is not the name of a header", fix)
	case safeHeaders[c], !strings.Contains(c, "-"), slices.Contains(otherHeaders, c), slices.ContainsFunc(otherPrefixes, hasPrefix):
		faults.Add("CorrelationHeader", name, "has another meaning", fix)
	}
}

// Headers with another meaning, besides safeHeaders and all names of one word.
var (
	otherHeaders = []string{
		"Last-Modified", "Www-Authenticate", "X-Api-Key", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip",
	}
	otherPrefixes = []string{"Accept-", "Access-Control-", "Cache-", "Content-", "If-", "Proxy-", "Sec-", "Transfer-", "User-"}
)

// CorrelationID returns the correlation ID of the request with the context ctx,
// or "" outside the chain.
func CorrelationID(ctx context.Context) string {
	if rec := carrier.From(ctx); rec != nil {
		return rec.Facts().CorrelationID
	}
	return ""
}

// TrustPeers returns a function for Config.TrustInbound. It trusts a peer if the
// address in r.RemoteAddr is within one of the prefixes.
func TrustPeers(prefixes ...netip.Prefix) func(*http.Request) bool {
	prefixes = slices.Clone(prefixes)
	return func(r *http.Request) bool {
		addr := carrier.Peer(r)
		return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(addr) })
	}
}

// assignID chooses the correlation ID of the request and stores it in the
// record, together with the inbound traceparent, if there is one.
func (m *Middleware) assignID(rec *carrier.Record, r *http.Request, now time.Time) (id string) {
	if id = m.inboundID(r); id == "" || m.cfg.TrustInbound == nil || !m.cfg.TrustInbound(r) {
		id = newID(now)
	}
	traceparent := traceparentOf(r)
	rec.Update(func(f *carrier.Facts) { f.Outer, f.Hash, f.CorrelationID, f.Traceparent = m, m.hash, id, traceparent })
	return id
}

// inboundID returns the correlation ID in the header of r if r carries exactly
// one and it is well-formed, else "". A malformed ID is no reason to refuse the
// request, and it must not reach a log.
func (m *Middleware) inboundID(r *http.Request) string {
	v := r.Header[m.cfg.CorrelationHeader]
	if len(v) != 1 || !validID(v[0]) {
		return ""
	}
	return v[0]
}

// validID reports whether s is [A-Za-z0-9._-]{1,64}.
func validID(s string) bool {
	return s != "" && len(s) <= 64 && consistsOf(s, lowerLetters+upperLetters+digits+"._-")
}

const (
	digits       = "0123456789"
	lowerLetters = "abcdefghijklmnopqrstuvwxyz"
	upperLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// consistsOf reports whether s has only characters of set.
func consistsOf(s, set string) bool { return strings.Trim(s, set) == "" }

// idRandom returns the source of the random bits of IDs: a cryptographically
// strong generator, seeded from crypto/rand when the first ID is needed. Reading
// crypto/rand for each ID takes six times as long.
var idRandom = sync.OnceValue(func() *lockedRandom {
	var seed [32]byte
	_, _ = cryptorand.Read(seed[:]) // it never fails
	return &lockedRandom{generator: rand.NewChaCha8(seed)}
})

type lockedRandom struct {
	mu        sync.Mutex
	generator *rand.ChaCha8
}

func (r *lockedRandom) read() (high, low uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.generator.Uint64(), r.generator.Uint64()
}

// newID returns a UUIDv7 (RFC 9562, section 5.7). It can be sorted by time, which
// helps to search a log. It reveals only the time of the request, which the
// client already knows.
//
// uuid.NewV7 reads its random bytes through an io.Reader, so its value escapes
// to the heap: that is a second allocation for each request and takes five times
// as long.
func newID(now time.Time) string {
	var u uuid.UUID
	high, low := idRandom().read()
	binary.BigEndian.PutUint64(u[:8], high)
	binary.BigEndian.PutUint64(u[8:], low)
	ms := now.UnixMilli()
	for i := range 6 {
		u[i] = byte(ms >> (40 - 8*i))
	}
	u[6] = u[6]&0x0f | 0x70
	u[8] = u[8]&0x3f | 0x80
	return u.String()
}
