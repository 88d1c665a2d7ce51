package httperr

import (
	"context"
	cryptorand "crypto/rand"
	"encoding/binary"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// headerCorrelation is the header in which the correlation ID is echoed, in
// canonical form.
const headerCorrelation = "X-Correlation-Id"

// CorrelationID returns the correlation ID of the request that ctx belongs to,
// or "" outside the chain.
func CorrelationID(ctx context.Context) string {
	if rec := carrier.From(ctx); rec != nil {
		return rec.Facts().CorrelationID
	}
	return ""
}

// TrustPeers returns a function for Config.TrustInbound that trusts the peers
// whose address, as in r.RemoteAddr, is within one of the prefixes.
func TrustPeers(prefixes ...netip.Prefix) func(*http.Request) bool {
	prefixes = slices.Clone(prefixes)
	return func(r *http.Request) bool {
		addr := carrier.Peer(r)
		return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(addr) })
	}
}

// identify gives the request its correlation ID, and notes the trace that it
// belongs to, if any.
func (m *Middleware) identify(rec *carrier.Record, r *http.Request, now time.Time) (id string) {
	if m.trust != nil {
		if id = inbound(r); id != "" && !m.trust(r) {
			id = ""
		}
	}
	if id == "" {
		id = newID(now)
	}
	traceparent := inboundTrace(r)
	rec.Update(func(f *carrier.Facts) { f.Outer, f.Hash, f.CorrelationID, f.Traceparent = m, m.hash, id, traceparent })
	return id
}

// inbound returns the one well-formed correlation ID that r carries, or "".
// Anything else is ignored: a malformed ID is no reason to refuse a request,
// and no reason to write it to a log either.
func inbound(r *http.Request) string {
	v := r.Header[headerCorrelation]
	if len(v) != 1 || !validID(v[0]) {
		return ""
	}
	return v[0]
}

// validID reports whether s is [A-Za-z0-9._-]{1,64}.
func validID(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

// idRandom is where IDs get their random bits from: a generator that is
// cryptographically strong, seeded by crypto/rand when the first ID is needed. To
// read crypto/rand for each ID takes six times as long.
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

// newID returns a UUIDv7 (RFC 9562, section 5.7): sortable by time, which helps
// whoever searches a log, and which tells a client the time it already knows.
//
// uuid.NewV7 reads its random bytes through an io.Reader, by which the value
// escapes: a second allocation, and five times the time, once per request.
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
