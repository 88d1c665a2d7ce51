// Package limits is the code of the page about limits: each peer as services use it, and the
// same limit on this library. README.md is the page.
package limits

import (
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/didip/tollbooth/v8"
	"github.com/didip/tollbooth/v8/limiter"
	"github.com/go-chi/httprate"
	ulule "github.com/ulule/limiter/v3"
	"github.com/ulule/limiter/v3/drivers/middleware/stdlib"
	"github.com/ulule/limiter/v3/drivers/store/memory"
	"golang.org/x/time/rate"
)

// page: httprate
func httprateBefore(next http.Handler) http.Handler {
	return httprate.LimitByIP(100, time.Minute)(next) //nolint:staticcheck // services have it
}

// page: end

// page: ulule
func ululeBefore(next http.Handler) http.Handler {
	store := memory.NewStoreWithOptions(ulule.StoreOptions{Prefix: "api", CleanUpInterval: time.Hour})
	l := ulule.New(store, ulule.Rate{Period: time.Minute, Limit: 100})
	return stdlib.NewMiddleware(l).Handler(next)
}

// page: end

// page: tollbooth
func tollboothBefore(next http.Handler) http.Handler {
	l := tollbooth.NewLimiter(100.0/60, nil).SetBurst(100)
	l.SetIPLookup(limiter.IPLookup{Name: "RemoteAddr"})
	return tollbooth.LimitHandler(l, next)
}

// page: end

// page: xtime
func xtimeBefore(next http.Handler) http.Handler {
	var mu sync.Mutex
	limiters := map[string]*rate.Limiter{} // grows with the number of addresses
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		mu.Lock()
		l := limiters[host]
		if l == nil {
			l = rate.NewLimiter(5, 40)
			limiters[host] = l
		}
		mu.Unlock()
		if !l.Allow() {
			http.Error(w, "too many requests", http.StatusTooManyRequests)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// page: end

// page: realip
func realIPBefore(next http.Handler) http.Handler {
	return httprate.LimitByRealIP(100, time.Minute)(next) //nolint:staticcheck // services have it
}

// page: end
