package main

import (
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// limits are the tiers of the rate limits. Each of them counts by itself, and a request can
// pass several.
type limits struct {
	general *ratelimit.Limiter // all requests, by address
	login   *ratelimit.Limiter // failed logins, by address and account
	reset   *ratelimit.Limiter // password resets, by account
	data    *ratelimit.Limiter // notes and sessions, by principal
	writes  *ratelimit.Limiter // changes of notes, by principal
	admin   *ratelimit.Limiter // routes of admins, by principal
}

// newLimits returns the limiters. Each quota is multiplied by wider, for a test that sends
// many requests.
func newLimits(store ratelimit.Store, wider int) limits {
	tier := func(name string, quota int, window time.Duration, key ratelimit.KeyFunc, refundIf func(int) bool) *ratelimit.Limiter {
		return must(ratelimit.New(ratelimit.Config{
			Name:     name,
			Store:    store,
			Limits:   []ratelimit.Limit{{Quota: quota * wider, Window: window}},
			Key:      key,
			RefundIf: refundIf,
		}))
	}
	byPrincipal := ratelimit.By(authn.PrincipalKey)
	return limits{
		general: tier("general", 100, 15*time.Minute, ratelimit.ByClientIP, nil),
		login:   tier("login", 5, 15*time.Minute, ratelimit.Join(ratelimit.ByClientIP, ratelimit.By(loginAccount)), ratelimit.Succeeded),
		reset:   tier("reset", 3, time.Hour, noKey, nil),
		data:    tier("data", 60, time.Minute, byPrincipal, nil),
		writes:  tier("writes", 30, time.Minute, byPrincipal, nil),
		admin:   tier("admin", 20, time.Minute, byPrincipal, nil),
	}
}

// noKey is the Key of a limiter that is used by Guard alone, which is given the key.
func noKey(*http.Request) (ratelimit.Key, bool) { return ratelimit.Key{}, false }
