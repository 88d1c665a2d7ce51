package ratelimit

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/field"
)

// The canonical forms of the field names. Both fields are Lists of Strings with
// parameters (RFC 9651).
const (
	headerPolicy = "Ratelimit-Policy"
	headerState  = "Ratelimit"
)

// namedLimit is a Limit with the constant parts of its responses.
type namedLimit struct {
	Limit
	name    string
	quota   string
	refusal error

	// stateTexts caches values of RateLimit, by remaining units and seconds. waitTexts
	// caches values of Retry-After, by seconds. The same few values return often.
	stateTexts, waitTexts []atomic.Pointer[string]
	seconds               int64 // larger than the seconds of any value of either header
	statedSeconds         int64 // the parameter w of RateLimit-Policy; 0: none
}

// maxCachedTexts bounds stateTexts and waitTexts, which hold a pointer for each
// possible value and a short string for each used value.
const maxCachedTexts = 1 << 14

// newNamedLimit returns l with its name.
func newNamedLimit(name string, l Limit) namedLimit {
	w := newWindow(l)
	n := namedLimit{
		Limit: l, name: name, quota: strconv.Itoa(l.Quota),
		seconds: field.Seconds(time.Duration(w.retention())) + 1, statedSeconds: w.statedSeconds(),
		refusal: ErrLimited.With(errors.New("ratelimit: " + name + ": more than " + l.String())),
	}
	if n.seconds <= maxCachedTexts {
		n.waitTexts = make([]atomic.Pointer[string], n.seconds)
	}
	if size := n.seconds * int64(l.Quota+1); size <= maxCachedTexts {
		n.stateTexts = make([]atomic.Pointer[string], size)
	}
	return n
}

// policyText returns the value of RateLimit-Policy. See window.statedSeconds for the
// parameter w.
func policyText(limits []namedLimit) string {
	var members []string
	for _, n := range limits {
		member := `"` + n.name + `";q=` + n.quota
		if n.statedSeconds > 0 {
			member += ";w=" + strconv.FormatInt(n.statedSeconds, 10)
		}
		members = append(members, member)
	}
	return strings.Join(members, ", ")
}

// stateText returns the value of RateLimit for d, a decision about n.
func (n *namedLimit) stateText(d *Decision, a *stringArena) string {
	t := field.Seconds(d.Reset)
	var cached *atomic.Pointer[string]
	if at := int64(d.Remaining)*n.seconds + t; t < n.seconds && at < int64(len(n.stateTexts)) {
		if cached = &n.stateTexts[at]; cached.Load() != nil {
			return *cached.Load()
		}
	}
	var buf [256]byte
	b := append(append(append(buf[:0], '"'), n.name...), `";r=`...)
	b = strconv.AppendInt(b, int64(d.Remaining), 10)
	b = strconv.AppendInt(append(b, ";t="...), t, 10)
	if cached == nil {
		return a.string(b)
	}
	text := string(b)
	cached.Store(&text)
	return text
}

// waitText returns d in seconds, for Retry-After.
func (n *namedLimit) waitText(d time.Duration, a *stringArena) string {
	t := field.Seconds(d)
	if t >= int64(len(n.waitTexts)) {
		return a.number(t)
	}
	if cached := n.waitTexts[t].Load(); cached != nil {
		return *cached
	}
	text := strconv.FormatInt(t, 10)
	n.waitTexts[t].Store(&text)
	return text
}

// setHeaders sets the headers of d. All values share one slice.
func (l *Limiter) setHeaders(h http.Header, rec *carrier.Record, d *Decision) {
	t := d.taken.tier
	wanted := l.headers == HeadersAlways || l.headers == HeadersOnRefusal && !d.Allowed
	showQuota := wanted && d.Name != "" && t.policy != ""
	n := 0
	if showQuota {
		n += 2
		if l.legacy {
			n += 3
		}
	}
	if d.RetryAfter > 0 {
		n++
	}
	if n == 0 {
		return
	}
	v := rec.Values(n)
	set := func(i int, name, value string) {
		v[i] = value
		h[name] = v[i : i+1 : i+1]
	}
	if d.RetryAfter > 0 {
		if n--; d.Name != "" { // the last value is Retry-After
			set(n, "Retry-After", t.limits[d.limit].waitText(d.RetryAfter, l.arena))
		} else {
			set(n, "Retry-After", l.arena.number(field.Seconds(d.RetryAfter)))
		}
	}
	if !showQuota {
		return
	}
	limit := &t.limits[d.limit]
	set(0, headerPolicy, appendMember(h[headerPolicy], t.policy))
	set(1, headerState, appendMember(h[headerState], limit.stateText(d, l.arena)))
	if l.legacy {
		set(2, "X-Ratelimit-Limit", limit.quota)
		set(3, "X-Ratelimit-Remaining", l.arena.number(int64(d.Remaining)))
		set(4, "X-Ratelimit-Reset", limit.waitText(d.Reset, l.arena))
	}
}

// appendMember adds a member to list, the lines that outer limiters have set. The result
// is one line, because some clients parse a List without joining its lines.
func appendMember(list []string, member string) string {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i] != "" {
			member = list[i] + ", " + member
		}
	}
	return member
}

// A stringArena makes short-lived strings, about a hundred in one allocation. A string
// that lives on keeps all strings of its allocation alive, so the arena is only for
// headers, which end with their response.
type stringArena struct {
	pool sync.Pool // of *strings.Builder, each with room left
}

const arenaSize = 4096

func (a *stringArena) string(b []byte) string {
	s, _ := a.pool.Get().(*strings.Builder)
	if s == nil {
		s = new(strings.Builder)
	}
	if s.Cap()-s.Len() < len(b) {
		s.Reset() // the strings in the old buffer keep the buffer alive
		s.Grow(max(arenaSize, len(b)))
	}
	from := s.Len()
	s.Write(b)
	text := s.String()[from:]
	a.pool.Put(s)
	return text
}

func (a *stringArena) number(n int64) string {
	var buf [20]byte
	return a.string(strconv.AppendInt(buf[:0], n, 10))
}
