package main

import (
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/concurrency"
)

// limits are the tiers of the rate limits.
type limits struct {
	address *ratelimit.Limiter // all requests, by address
	data    []routes.Limit     // requests with a session, by principal
	login   []routes.Limit     // requests that hash a password
}

// newLimits multiplies each quota by wider, for a test that sends many requests.
func newLimits(wider int) limits {
	tier := func(name string, quota int, window time.Duration, key ratelimit.KeyFunc) *ratelimit.Limiter {
		return must(ratelimit.New(ratelimit.Config{
			Name: name, Limits: []ratelimit.Limit{{Quota: quota * wider, Window: window}}, Key: key,
		}))
	}
	// All hashes of passwords together use at most 8 times 19 MiB.
	hashes := must(concurrency.New(concurrency.Config{Name: "hash", Max: 8, MaxKeys: 1, Key: everyRequest}))
	return limits{
		address: tier("address", 300, time.Minute, ratelimit.ByClientIP),
		data:    []routes.Limit{tier("data", 120, time.Minute, ratelimit.By(authn.PrincipalKey))},
		login:   []routes.Limit{tier("login", 20, time.Minute, ratelimit.ByClientIP), hashes},
	}
}

// everyRequest is one key for all requests.
func everyRequest(*http.Request) (ratelimit.Key, bool) { return ratelimit.StringKey("all"), true }
