package virtualtime

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"time"

	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

// limiting sends bursts to a limiter of five requests per window. A refused request comes again a
// millisecond before the promised time, and at that time.
func limiting(p *program) {
	const part, quota = "limiter", 5
	limiter := must[*ratelimit.Limiter](p)(ratelimit.New(ratelimit.Config{
		Limits: []ratelimit.Limit{{Quota: quota, Window: p.actual.limitWindow}}, Key: ratelimit.ByClientIP,
	}))
	admitted := &interval{limit: quota, length: promised.limitWindow}
	take := func(step, want string) time.Duration {
		d := limiter.TakeAt(time.Duration(float64(p.now())*p.actual.clockOfLimits), ratelimit.StringKey("ann"), 1)
		err := d.Refusal()
		if want == "" {
			p.note(part, step, answer(err))
		} else {
			p.want(part, step, err, want)
		}
		if d.Allowed && admitted.add(p.now()) {
			p.fail(part, "more than %d requests in %v", quota, promised.limitWindow)
		}
		return d.RetryAfter
	}
	var burst func()
	burst = func() {
		if retry := take("request", ""); retry > 0 {
			p.in(retry-time.Millisecond, func() { take("too early", "rate_limited") })
			p.in(retry, func() {
				take("at Retry-After", accepted)
				p.in(p.between(time.Hour, 9*time.Hour), burst)
			})
			return
		}
		p.in(p.between(0, 20*time.Minute), burst)
	}
	p.in(0, burst)
}

// guessing guesses the password of an account from fifty addresses. The owner logs in twice a day
// from an address of her own, and is never refused.
func guessing(p *program) {
	const part, limit = "lockout", 30
	var last lockout.Decision
	guard := must[*lockout.Guard](p)(lockout.New(lockout.Config{
		Window: p.actual.lockWindow, Secret: []byte("a secret of thirty-two bytes, and more"),
		Observe: func(_ context.Context, d lockout.Decision) { last = d },
	}))
	failures := &interval{limit: limit, length: promised.lockWindow}
	var latest time.Duration // failure
	guess := func(step, want string, addr netip.Addr) time.Duration {
		attempt, err := guard.Begin(p.t.Context(), "ann", addr)
		if want == "" {
			p.note(part, step, answer(err))
		} else {
			p.want(part, step, err, want)
		}
		if err != nil {
			if end := p.now() + last.RetryAfter; last.Locked && end != latest+promised.lockWindow {
				p.fail(part, "locked until %v after a failure at %v", end, latest)
			}
			return last.RetryAfter
		}
		latest = p.now()
		_, err = attempt.Failure(p.t.Context())
		p.check(err)
		if failures.add(p.now()) {
			p.fail(part, "more than %d guesses in %v", limit, promised.lockWindow)
		}
		return 0
	}
	var attack func()
	attack = func() {
		addr := netip.AddrFrom4([4]byte{192, 0, 2, byte(p.random.IntN(50))})
		if retry := guess("guess", "", addr); retry > 0 {
			locked := last.Locked
			p.in(retry-time.Millisecond, func() { guess("too early", "login_delayed", addr) })
			p.in(retry, func() {
				guess("at Retry-After", accepted, addr)
				if locked {
					p.in(p.between(6*time.Hour, day), attack) // the attacker waits until the failures are forgotten
					return
				}
				p.in(p.between(0, 2*time.Minute), attack)
			})
			return
		}
		p.in(p.between(0, 2*time.Minute), attack)
	}
	var owner func()
	owner = func() {
		attempt, err := guard.Begin(p.t.Context(), "ann", netip.MustParseAddr("203.0.113.9"))
		p.want(part, "the owner", err, accepted)
		if err == nil {
			p.check(attempt.Success(p.t.Context()))
		}
		p.in(12*time.Hour, owner)
	}
	p.in(0, owner)
	p.in(time.Second, attack)
}

// cookies returns a store of cookie sessions.
func cookies(p *program) *session.Cookie {
	return must[*session.Cookie](p)(session.NewCookie(session.CookieConfig{
		Store: new(sessionstore.Memory), Issuer: service, Idle: p.actual.cookieIdle, Absolute: p.actual.cookieEnd,
		Grant: func(context.Context, session.Session) (session.Rights, error) { return session.Rights{}, nil },
	}))
}

// begin starts a cookie session, and returns a function that uses it.
func begin(p *program, c *session.Cookie) func() error {
	w := httptest.NewRecorder()
	_, err := c.Start(w, httptest.NewRequest("POST", service+"/login", nil), session.Login{Principal: ann()})
	p.check(err)
	r := httptest.NewRequest("GET", service+"/notes", nil)
	for _, cookie := range w.Result().Cookies() {
		r.AddCookie(cookie)
	}
	return func() error {
		_, err := c.Authenticate(r)
		return err
	}
}

// visiting uses a cookie session every six hours, so that it lasts until its absolute end.
func visiting(p *program) {
	const part = "cookie"
	c := cookies(p)
	var login func()
	login = func() {
		use, began := begin(p, c), p.now()
		var visit func()
		visit = func() {
			p.want(part, "a visit", use(), accepted)
			if p.now()-began+6*time.Hour < promised.cookieEnd {
				p.in(6*time.Hour, visit)
			}
		}
		visit()
		p.in(promised.cookieEnd-time.Millisecond, func() { p.want(part, "before its end", use(), accepted) })
		p.in(promised.cookieEnd, func() {
			p.want(part, "at its end", use(), expired)
			login()
		})
	}
	p.in(0, login)
}

// leaving begins two cookie sessions: one is used just before the end of its idle time, the other
// one at that end.
func leaving(p *program) {
	const part = "idle cookie"
	c := cookies(p)
	var login func()
	login = func() {
		early, late := begin(p, c), begin(p, c)
		p.in(promised.cookieIdle-time.Millisecond, func() { p.want(part, "before its end", early(), accepted) })
		p.in(promised.cookieIdle, func() {
			p.want(part, "at its end", late(), expired)
			p.in(p.between(time.Hour, 2*day), login)
		})
	}
	p.in(0, login)
}

// families returns a manager of refresh tokens.
func families(p *program) *session.Manager {
	return must[*session.Manager](p)(session.New(session.Config{
		Store: new(sessionstore.Memory), Issuer: service, CrossOrigin: http.NewCrossOriginProtection(),
		Idle: p.actual.refreshIdle, Absolute: p.actual.refreshEnd, Grace: p.actual.grace,
		Grant: func(context.Context, session.Session) (session.Rights, error) { return session.Rights{}, nil },
		Issue: func(context.Context, session.Session) (string, time.Time, error) {
			return "an access token", time.Now().Add(time.Minute), nil
		},
	}))
}

// A holder has the newest refresh token of a family.
type holder struct {
	p     *program
	m     *session.Manager
	token string
}

func newHolder(p *program, m *session.Manager) *holder {
	tokens, err := m.Begin(p.t.Context(), session.Login{Principal: ann()})
	p.check(err)
	return &holder{p, m, tokens.Refresh}
}

// refresh presents a token, and keeps its successor.
func (h *holder) refresh(token string) error {
	tokens, err := h.m.Rotate(h.p.t.Context(), token)
	if err == nil {
		h.token = tokens.Refresh
	}
	return err
}

// refreshing refreshes a family twice a day until its absolute end, and leaves two others alone until
// the end of their idle time.
func refreshing(p *program) {
	const part = "refresh"
	m := families(p)
	var login func()
	login = func() {
		busy, early, late, began := newHolder(p, m), newHolder(p, m), newHolder(p, m), p.now()
		var again func()
		again = func() {
			p.want(part, "a refresh", busy.refresh(busy.token), accepted)
			if p.now()-began+12*time.Hour < promised.refreshEnd {
				p.in(12*time.Hour, again)
			}
		}
		p.in(12*time.Hour, again)
		p.in(promised.refreshIdle-time.Millisecond, func() { p.want(part, "before its idle end", early.refresh(early.token), accepted) })
		p.in(promised.refreshIdle, func() { p.want(part, "at its idle end", late.refresh(late.token), ended) })
		p.in(promised.refreshEnd-time.Millisecond, func() { p.want(part, "before its end", busy.refresh(busy.token), accepted) })
		p.in(promised.refreshEnd, func() {
			p.want(part, "at its end", busy.refresh(busy.token), ended)
			login()
		})
	}
	p.in(0, login)
}

// replaying presents a spent token within its grace, which gives the same successor, and another one after
// it, which ends the family.
func replaying(p *program) {
	const part = "replay"
	m := families(p)
	var login func()
	login = func() {
		patient, thief := newHolder(p, m), newHolder(p, m)
		spent, stolen := patient.token, thief.token
		p.want(part, "a refresh", patient.refresh(spent), accepted)
		p.want(part, "a refresh", thief.refresh(stolen), accepted)
		successor := patient.token
		p.in(promised.grace-time.Millisecond, func() {
			p.want(part, "a predecessor within its grace", patient.refresh(spent), accepted)
			if patient.token != successor {
				p.fail(part, "another successor")
			}
		})
		p.in(promised.grace+time.Millisecond, func() {
			p.want(part, "a predecessor after its grace", (&holder{p: p, m: m}).refresh(stolen), ended)
			p.want(part, "its successor", thief.refresh(thief.token), ended)
			p.want(part, "another family", patient.refresh(patient.token), accepted)
			p.in(p.between(time.Hour, day), login)
		})
	}
	p.in(0, login)
}
