package ratelimit_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/ratelimit"
)

// fullestMinuteOfARollout plays a client that asks every second for five minutes, while a limit of from
// becomes a limit of to. It returns the admissions of the fullest minute.
func fullestMinuteOfARollout(t *testing.T, from, to int, keepOld bool) (most int) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeStore{} // keeps counts over the restart
		limiter := func(name string, quota int) *ratelimit.Limiter {
			// Package redisstore counts other limits under other keys.
			name = fmt.Sprint(name, "-", quota)
			return build(t, ratelimit.Config{Name: name, Store: s, Limits: []ratelimit.Limit{ratelimit.PerMinute(quota)}})
		}
		var admitted exactLog
		admit := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { admitted = append(admitted, time.Since(clock)) })
		serve := func(h http.Handler, d time.Duration) {
			for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Second) {
				h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
			}
		}
		serve(limiter("api", from).Handler(admit), 130*time.Second)
		if keepOld {
			serve(limiter("api", from).Handler(limiter("api-2", to).Handler(admit)), 61*time.Second)
			serve(limiter("api-2", to).Handler(admit), 130*time.Second)
		} else {
			serve(limiter("api", to).Handler(admit), 130*time.Second)
		}
		most = admitted.maxInWindow(time.Minute)
	})
	return most
}

// A changed number gives a key up to both quotas in one window, and with the rollout of
// doc.go, in a Store, no more than the larger of the two.
func TestRolloutOfAChangedQuota(t *testing.T) {
	for _, change := range [][2]int{{20, 25}, {25, 20}, {10, 30}} {
		from, to := change[0], change[1]
		if n := fullestMinuteOfARollout(t, from, to, true); n > max(from, to) {
			t.Errorf("%d to %d: %d in one minute", from, to, n)
		}
		if n := fullestMinuteOfARollout(t, from, to, false); n <= max(from, to) {
			t.Errorf("%d to %d: a plain change admits only %d: doc.go may promise more", from, to, n)
		}
	}
}
