package limits

import (
	"context"
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// page: after
func perAddress(limits ...ratelimit.Limit) (func(http.Handler) http.Handler, error) {
	ip, err := clientip.New(clientip.Direct()) // or list your proxies
	if err != nil {
		return nil, err
	}
	l, err := ratelimit.New(ratelimit.Config{Limits: limits, Key: ratelimit.ByClientIP})
	if err != nil {
		return nil, err
	}
	return func(next http.Handler) http.Handler { return ip.Handler(l.Handler(next)) }, nil
}

// page: end

// page: several
func several() (*ratelimit.Limiter, error) {
	return ratelimit.New(ratelimit.Config{
		Limits: []ratelimit.Limit{ratelimit.PerSecond(10), ratelimit.PerMinute(100), {Quota: 5000, Window: 24 * time.Hour}},
		Key:    ratelimit.ByClientIP,
	})
}

// page: end

// page: quotas
// perCustomer has the quota of each customer in a database. The customer is known: behind authn,
// key is authn.PrincipalKey.
func perCustomer(
	quota func(ctx context.Context, customer ratelimit.Key) (perMinute int, err error), key ratelimit.KeyFunc,
) (*ratelimit.Limiter, error) {
	return ratelimit.New(ratelimit.Config{
		Limits: []ratelimit.Limit{ratelimit.PerMinute(2)}, // for customers without a quota, and until the database answers
		Key:    key,
		LimitsFor: func(ctx context.Context, customer ratelimit.Key) ([]ratelimit.Limit, error) {
			n, err := quota(ctx, customer)
			if err != nil || n == 0 {
				return nil, err
			}
			return []ratelimit.Limit{ratelimit.PerMinute(n)}, nil
		},
		LimitsTTL: time.Minute,
	})
}

// page: end

// page: shadow
// shadow tries a limit out beside the old one: it refuses nothing.
func shadow(report func(limit string)) (*ratelimit.Limiter, error) {
	return ratelimit.New(ratelimit.Config{
		Limits: []ratelimit.Limit{
			{Quota: 100, Window: time.Minute, Shadow: true},
		},
		Key: ratelimit.ByClientIP,
		Observe: func(_ *http.Request, d ratelimit.Decision) {
			if d.Shadowed != "" {
				report(d.Shadowed)
			}
		},
	})
}

// page: end
