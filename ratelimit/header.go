package ratelimit

import (
	"errors"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/field"
)

// Both fields are Lists of Strings with parameters (RFC 9651). These are the
// canonical forms of their names.
const (
	headerPolicy = "Ratelimit-Policy"
	headerState  = "Ratelimit"
)

// named is a Limit with all that is said of it in responses.
type named struct {
	Limit
	name    string
	refusal error

	// memo holds the values of RateLimit that were once written, by remaining
	// and seconds, and waits those of Retry-After: a client that comes back
	// moves through few of them, and none costs an allocation twice.
	memo  []atomic.Pointer[string]
	waits []atomic.Pointer[string]
	span  int64 // seconds are below span
	quota string
	texts *texts
}

// maxMemo bounds the memory of memo: a pointer each, and a short string once
// it was needed.
const maxMemo = 1 << 14

func compileNamed(name string, l Limit, hold int64, t *texts) named {
	n := named{
		Limit: l, name: name, span: field.Seconds(time.Duration(hold)) + 1, quota: strconv.Itoa(l.Quota), texts: t,
		refusal: ErrLimited.With(errors.New("ratelimit: " + name + ": more than " + l.String())),
	}
	if n.span <= maxMemo {
		n.waits = make([]atomic.Pointer[string], n.span)
	}
	if size := n.span * int64(l.Quota+1); size <= maxMemo {
		n.memo = make([]atomic.Pointer[string], size)
	}
	return n
}

// policy is the value of RateLimit-Policy. A window that is not a number of
// whole seconds has no parameter w, which can only be a whole number of them:
// one that was rounded would state another limit than the one that holds.
func policy(limits []named) string {
	var b []byte
	for i, n := range limits {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(append(append(b, '"'), n.name...), `";q=`...)
		b = strconv.AppendInt(b, int64(n.Quota), 10)
		if n.Window%time.Second == 0 {
			b = strconv.AppendInt(append(b, ";w="...), int64(n.Window/time.Second), 10)
		}
	}
	return string(b)
}

// state is the value of RateLimit for d.
func (n *named) state(d *Decision) string {
	t := field.Seconds(d.Reset)
	at := int64(d.Remaining)*n.span + t
	known := t < n.span && at < int64(len(n.memo))
	if known {
		if s := n.memo[at].Load(); s != nil {
			return *s
		}
	}
	var buf [256]byte
	b := append(append(append(buf[:0], '"'), n.name...), `";r=`...)
	b = strconv.AppendInt(b, int64(d.Remaining), 10)
	b = strconv.AppendInt(append(b, ";t="...), t, 10)
	if !known {
		return n.texts.of(b)
	}
	kept := string(b) // only what is kept is moved to the heap
	n.memo[at].Store(&kept)
	return kept
}

// wait is d in seconds, for Retry-After: at least 1 there, for no wait is 0.
func (n *named) wait(d time.Duration) string {
	t := field.Seconds(d)
	if t >= int64(len(n.waits)) {
		return n.texts.number(t)
	}
	if s := n.waits[t].Load(); s != nil {
		return *s
	}
	kept := strconv.FormatInt(t, 10)
	n.waits[t].Store(&kept)
	return kept
}

// tell sets the headers that belong to d, all out of one slice of values.
func (l *Limiter) tell(h http.Header, rec *carrier.Record, d *Decision) {
	t := d.taken.tier
	quota := d.Name != "" && t.policy != "" && (l.headers == HeadersAlways || l.headers == HeadersOnRefusal && !d.Allowed)
	n := 0
	if quota {
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
		if n--; d.Name != "" {
			set(n, "Retry-After", t.limits[d.limit].wait(d.RetryAfter))
		} else {
			set(n, "Retry-After", l.texts.number(field.Seconds(d.RetryAfter)))
		}
	}
	if !quota {
		return
	}
	limit := &t.limits[d.limit]
	set(0, headerPolicy, after(h[headerPolicy], t.policy))
	set(1, headerState, after(h[headerState], limit.state(d)))
	if l.legacy {
		set(2, "X-Ratelimit-Limit", limit.quota)
		set(3, "X-Ratelimit-Remaining", l.texts.number(int64(d.Remaining)))
		set(4, "X-Ratelimit-Reset", limit.wait(d.Reset))
	}
}

// after adds a member to the list that limiters further out began. In one line:
// not every client joins several lines before it parses a List.
func after(list []string, member string) string {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i] != "" {
			member = list[i] + ", " + member
		}
	}
	return member
}
