package advisories

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

// counting returns a naive limiter: three requests of each key.
func counting(key func(*http.Request) string) func(*testing.T) http.Handler {
	return func(*testing.T) http.Handler {
		used := map[string]int{}
		return when(func(r *http.Request) bool {
			used[key(r)]++
			return used[key(r)] <= 3
		})(nil)
	}
}

// limited returns a constructor of a handler with three requests an hour of each key.
func limited(key ratelimit.KeyFunc) func(*testing.T) http.Handler {
	return func(t *testing.T) http.Handler {
		t.Helper()
		l := must[*ratelimit.Limiter](t)(ratelimit.New(ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(3)}, Key: key}))
		return must[*clientip.Middleware](t)(clientip.New(clientip.Direct())).Handler(l.Handler(reach))
	}
}

// after returns a step that sends the first request n times, and returns the answer to the second one.
func after(n int, first, second step) step {
	return func(t *testing.T, h http.Handler) string {
		t.Helper()
		for range n {
			first(t, h)
		}
		return second(t, h)
	}
}

// guess is a step with a wrong password of an account.
func guess(account string) step { return send("POST", "/login?account="+account, "") }

func limitTrials() map[string]trial {
	from := func(addr string) step { return send("GET", "/", "", "RemoteAddr", addr) }
	one, two := from("[::ffff:192.0.2.1]:4000"), from("[::ffff:192.0.2.2]:4000")
	of := func(tenant, user string) step { return send("GET", "/", "", "Tenant", tenant, "User", user) }
	flood := func(t *testing.T, h http.Handler) string {
		t.Helper()
		after(10, guess("victim"), func(t *testing.T, h http.Handler) string {
			for i := range 5000 {
				guess(fmt.Sprint("other", i))(t, h)
			}
			return ""
		})(t, h)
		return guess("victim")(t, h)
	}
	return map[string]trial{
		"CVE-2026-30827": {ours: limited(ratelimit.ByClientIP), attack: after(4, one, two), honest: after(2, one, one), through: "403",
			naive: counting(func(r *http.Request) string {
				peer := netip.MustParseAddrPort(r.RemoteAddr).Addr()
				return netip.PrefixFrom(netip.AddrFrom16(peer.As16()), 56).Masked().String()
			})},
		"CVE-2024-21662": {attack: flood, honest: guess("ann"), pass: "401 unauthenticated", through: "401 unauthenticated",
			ours: func(t *testing.T) http.Handler {
				guard := must[*lockout.Guard](t)(lockout.New(lockout.Config{PerAddress: 10, DelayAfter: 10, MaxAccounts: 1000}))
				return httperr.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
					attempt, err := guard.Begin(r.Context(), r.URL.Query().Get("account"), netip.MustParseAddr("203.0.113.9"))
					if err != nil {
						return err
					}
					if _, err := attempt.Failure(r.Context()); err != nil {
						return err
					}
					return errWrongPassword
				})
			},
			naive: func(*testing.T) http.Handler {
				failures, order := map[string]int{}, []string{}
				return httperr.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
					account := r.URL.Query().Get("account")
					if failures[account] >= 10 {
						return lockout.ErrDelayed
					}
					if failures[account] == 0 {
						if order = append(order, account); len(order) > 1000 {
							delete(failures, order[0])
							order = order[1:]
						}
					}
					failures[account]++
					return errWrongPassword
				})
			}},
		"CVE-2026-48096": {attack: after(4, of("a/b", "c"), of("a", "b/c")), honest: after(2, of("a", "b"), of("a", "b")), through: "403",
			ours: limited(ratelimit.Join(ratelimit.ByHeader("Tenant"), ratelimit.ByHeader("User"))),
			naive: counting(func(r *http.Request) string {
				return strings.Join([]string{r.Header.Get("Tenant"), r.Header.Get("User")}, "/")
			})},
	}
}

var errWrongPassword = &httperr.Error{Status: http.StatusUnauthorized, Code: "unauthenticated", Message: "The password is wrong."}
