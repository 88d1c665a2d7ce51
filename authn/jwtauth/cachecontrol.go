package jwtauth

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	minFresh     = time.Minute
	defaultFresh = 15 * time.Minute
	maxFresh     = time.Hour
)

// freshFor returns how long a response may be used without asking again (RFC
// 9111, section 5.2.2), within bounds: an issuer that forbids caching is not
// asked with each token, and one that allows a year of it can still withdraw a
// key. What cannot be understood counts as zero.
func freshFor(h http.Header) time.Duration {
	age, fresh := time.Duration(-1), defaultFresh
	for _, directive := range strings.Split(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.Trim(directive, " \t"), "=")
		switch strings.ToLower(name) {
		case "no-store", "no-cache":
			return minFresh
		case "max-age":
			d := seconds(strings.Trim(value, `"`))
			if age >= 0 && d != age {
				return minFresh // two that differ: neither can be believed
			}
			age, fresh = d, d
		}
	}
	if age >= 0 {
		fresh -= seconds(strings.Trim(h.Get("Age"), " \t"))
	}
	return min(max(fresh, minFresh), maxFresh)
}

// seconds reads delta-seconds (RFC 9111, section 1.2.2). A year stands for all
// that is longer.
func seconds(s string) time.Duration {
	const most = 365 * 24 * 60 * 60
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0
		}
	}
	if len(s) > 8 {
		return most * time.Second
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return time.Duration(min(n, most)) * time.Second
}
