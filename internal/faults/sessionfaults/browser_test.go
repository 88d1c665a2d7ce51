package sessionfaults

import (
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"
)

// A shape is a kind of browser on a kind of network. The shares are between 0 and 1.
type shape struct {
	name     string
	tabs     int
	together bool          // the timers of the tabs fire together, as after the browser has slept
	noWay    float64       // share of requests that never arrive
	noReply  float64       // share of answers that never arrive
	slow     float64       // share of ways that take 1 to 20 s
	suspends float64       // share of failures after which the app sleeps, for 20 min on average
	late     bool          // a request arrives although its tab has given it up
	access   time.Duration // life of an access token
}

const quarter = 15 * time.Minute

// The six shapes.
var (
	desktop  = shape{name: "1 tab, good network", tabs: 1, noWay: .001, noReply: .001, slow: .002, access: quarter}
	fourGood = shape{name: "4 tabs wake together, 0.02 % slow", tabs: 4, together: true, slow: .0002, access: quarter}
	fourSlow = shape{
		name: "4 tabs wake together, 1 % slow", tabs: 4, together: true, noWay: .001, noReply: .001, slow: .01, access: quarter,
	}
	fourFree = shape{name: "4 tabs, timers of their own", tabs: 4, noWay: .001, noReply: .001, slow: .01, access: quarter}
	phone    = shape{name: "phone, 2 % lost, half suspend", tabs: 1, noWay: .02, noReply: .02, slow: .05, suspends: .5, access: quarter}
	flaky    = shape{name: "4 flaky tabs, 60 s tokens", tabs: 4, together: true, noWay: .01, noReply: .01, slow: .05, access: time.Minute}
)

// A browser has one cookie for all its tabs.
type browser struct {
	shape
	service *service
	sid     string
	until   time.Time
	follow  func() // called after each refresh that succeeds; nil: no thief follows

	mu    sync.Mutex
	jar   string
	sent  int  // refreshes that reached the service
	ended bool // a tab was told that the session has ended
}

func newBrowser(tb testing.TB, s *service, sh shape, subject string, until time.Time) *browser {
	tb.Helper()
	b := &browser{shape: sh, service: s, until: until}
	b.sid, b.jar = s.login(tb, subject)
	return b
}

// run opens the tabs, and returns when they are closed: at b.until, or when the session has
// ended.
func (b *browser) run(seed uint64) {
	var wg sync.WaitGroup
	for i := range b.tabs {
		wg.Go(func() {
			t := tab{b, rand.New(rand.NewPCG(seed, uint64(i)))}
			if !b.together {
				time.Sleep(b.access * time.Duration(i) / time.Duration(b.tabs))
			}
			for t.open() {
				t.idle()
				t.renew()
			}
		})
	}
	wg.Wait()
}

// A tab refreshes whenever its access token is about to expire.
type tab struct {
	*browser
	rnd *rand.Rand
}

func (t tab) open() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.ended && time.Now().Before(t.until)
}

// idle waits until the access token is nearly over. With together, it is a moment that all
// tabs share.
func (t tab) idle() {
	if !t.together {
		time.Sleep(t.share(t.access, 0.95, 1))
		return
	}
	next := time.Now().Add(t.access / 2).Truncate(t.access).Add(t.access)
	time.Sleep(time.Until(next) + t.share(50*time.Millisecond, 0, 1))
}

// share returns a random part of d.
func (t tab) share(d time.Duration, from, to float64) time.Duration {
	return time.Duration((from + (to-from)*t.rnd.Float64()) * float64(d))
}

// renew refreshes until that succeeds. After three failures it pauses for up to half an hour.
func (t tab) renew() {
	for failures := 0; t.open() && !t.attempt(); {
		switch {
		case t.rnd.Float64() < t.suspends:
			time.Sleep(time.Duration(t.rnd.ExpFloat64() * float64(20*time.Minute)))
			failures = 0
		case failures < 3:
			time.Sleep(t.share(time.Second, 1, 5))
			failures++
		default:
			time.Sleep(t.share(time.Minute, 1, 30))
			failures = 0
		}
	}
}

// timeout is how long a tab waits for an answer. Then it closes the connection: a request
// that has not arrived never does, unless the shape is late, and no cookie is stored.
const timeout = 10 * time.Second

// attempt sends one refresh, and reports whether the answer came in time.
func (t tab) attempt() bool {
	token := t.cookie() // as it is when the request leaves
	if t.rnd.Float64() < t.noWay {
		time.Sleep(timeout)
		return false
	}
	there, back := t.way(), t.way()
	if there+back > timeout || t.rnd.Float64() < t.noReply {
		if there < timeout || t.late {
			time.AfterFunc(there, func() { t.present(token) })
		}
		time.Sleep(timeout)
		return false
	}
	time.Sleep(there)
	next, ok := t.present(token)
	time.Sleep(back)
	if ok {
		t.mu.Lock()
		t.jar = next // the last answer counts, however old its token is
		t.mu.Unlock()
	}
	return ok
}

// way returns the time that a request or an answer is under way.
func (t tab) way() time.Duration {
	if t.rnd.Float64() < t.slow {
		return t.share(time.Second, 1, 20)
	}
	return time.Duration(math.Exp(0.6*t.rnd.NormFloat64()) * float64(40*time.Millisecond))
}

// cookie returns the refresh token that the browser has now.
func (b *browser) cookie() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.jar
}

// present gives a token to the service.
func (b *browser) present(token string) (next string, ok bool) {
	next, status := b.service.refresh(presenting(token), token)
	if status == http.StatusOK && b.follow != nil {
		b.follow()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sent++
	if status == http.StatusUnauthorized {
		b.ended = true
	}
	return next, status == http.StatusOK
}
