package ratelimit

import (
	"errors"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/internal/carrier"
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
}

// maxMemo bounds the memory of memo: a pointer each, and a short string once
// it was needed.
const maxMemo = 1 << 14

func compileNamed(name string, l Limit, hold int64) named {
	n := named{
		Limit: l, name: name, span: seconds(time.Duration(hold)) + 1,
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
func (n *named) state(d Decision) string {
	t := seconds(d.Reset)
	at := int64(d.Remaining)*n.span + t
	known := t < n.span && at < int64(len(n.memo))
	if known {
		if s := n.memo[at].Load(); s != nil {
			return *s
		}
	}
	var buf [128]byte
	b := append(append(append(buf[:0], '"'), n.name...), `";r=`...)
	b = strconv.AppendInt(b, int64(d.Remaining), 10)
	b = strconv.AppendInt(append(b, ";t="...), t, 10)
	s := string(b)
	if known {
		kept := s // only what is kept is moved to the heap
		n.memo[at].Store(&kept)
	}
	return s
}

// wait is the value of Retry-After: at least 1, for the wait is never 0.
func (n *named) wait(d time.Duration) string {
	t := seconds(d)
	known := t < int64(len(n.waits))
	if known {
		if s := n.waits[t].Load(); s != nil {
			return *s
		}
	}
	s := strconv.FormatInt(t, 10)
	if known {
		kept := s
		n.waits[t].Store(&kept)
	}
	return s
}

// tell sets the headers that belong to d, all out of one slice of values.
func (l *Limiter) tell(h http.Header, rec *carrier.Record, d Decision) {
	quota := l.headers == HeadersAlways || l.headers == HeadersOnRefusal && !d.Allowed
	n := 0
	if quota {
		n += 2
	}
	if !d.Allowed {
		n++
	}
	if n == 0 {
		return
	}
	limit, v := &l.limits[d.limit], rec.Values(n)
	if quota {
		v[0], v[1] = after(h[headerPolicy], l.policy), after(h[headerState], limit.state(d))
		h[headerPolicy], h[headerState] = v[0:1:1], v[1:2:2]
	}
	if !d.Allowed {
		v[n-1] = limit.wait(d.RetryAfter)
		h["Retry-After"] = v[n-1 : n : n]
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

// seconds rounds up: a client that is told to wait must not come too early.
func seconds(d time.Duration) int64 {
	return int64((d + time.Second - 1) / time.Second)
}
