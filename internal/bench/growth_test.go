package bench

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// flat is the largest quotient of two sizes that counts as no growth: the noise of the machine.
const flat = 1.25

// A growth is one measure at several sizes of a service. because explains a curve.
type growth struct {
	subject, because string
	field            []contender // from the smallest to the largest size
	workers, keys    int
}

// alone is a scenario for one contender, because growth compares our own sizes.
func (g growth) scenario() scenario {
	names := make([]string, g.keys)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return scenario{name: g.subject, workers: g.workers, keys: g.keys, names: names, admit: true, field: g.field}
}

// growth adds a row for each measure with the time at each size, by CPU.
func (tab *table) growth(t *testing.T, e effort) {
	defer tab.cores(t, e)
	for _, g := range growths(t, *full) {
		all := measure(t, g.scenario(), e)
		var cells []string
		for _, r := range all {
			cells = append(cells, r.name+" "+formatDuration(r.cpu))
		}
		first, last := all[0], all[len(all)-1]
		ratio := last.ratioTo(first)
		verdict := fmt.Sprintf("largest ÷ smallest %.2f: flat", ratio)
		if ratio > flat {
			verdict = fmt.Sprintf("largest ÷ smallest %.2f: %s", ratio, g.because)
		}
		tab.rows = append(tab.rows, [5]string{"growth, " + g.subject, "–", strings.Join(cells, ", "), "–", verdict})
	}
}

// outermost adds the row of the outermost layer. Its parts are beside it: the line of
// slog.JSONHandler alone, and the layer with a logger that discards the line.
func (tab *table) outermost(t *testing.T, e effort) {
	sc := outermostScenario(t)
	all := measure(t, sc, e)
	line, rest := splitOff(all, lineAlone)
	silent, whole := splitOff(rest, oursSilent)
	mine, peers := splitOff(whole, ours)
	verdict := fmt.Sprintf("%.2fx chi, %s; the JSON line alone %.2fx, all but the record %.2fx",
		mine.ratioTo(peers[0]), atMost(mine, peers[0], 0.9), line.ratioTo(peers[0]), silent.ratioTo(peers[0]))
	byCPU(tab, sc.name+", CPU", verdict, whole)
}

// chainCosts adds the rows of the whole chain beyond its peers. Without -table it only tries them.
func (tab *table) chainCosts(t *testing.T, e effort) {
	tab.outermost(t, e)
	tab.measured(t, e, chainScenarios(t))
	tab.signatureAlone(t, e)
	if *full {
		tab.baseline(t, 9)
	}
}

func growths(t *testing.T, full bool) []growth {
	keys := []int{1_000, 100_000}
	if full {
		keys = append(keys, 1_000_000, 10_000_000)
	}
	return []growth{
		routeGrowth(t), limitGrowth(t), keyGrowth(t, keys),
	}
}

// routeGrowth serves the last one of 1, 10 and 100 routes of an inventory.
func routeGrowth(t *testing.T) growth {
	errs := must(httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler)}))
	authenticate := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(authn.NewContext(r.Context(), &authn.Principal{Issuer: tokenIssuer, Subject: "ann", Scopes: []string{chainScope}})))
		})
	}
	g := growth{subject: "routes", because: "http.ServeMux walks more branches", workers: 1, keys: 1}
	for _, n := range []int{1, 10, 100} {
		mux := must(routes.New(routes.Config{Authenticate: authenticate}))
		for i := range n {
			mux.Handle(routes.Route{Pattern: fmt.Sprintf("GET /v1/things%d", i), Require: authz.Scopes(chainScope), NoObject: "it is a benchmark", Handler: &mwtest.Spy{}})
		}
		h, w, r := errs.Handler(must(mux.Build())), mwtest.NewDiscard(), httptest.NewRequest("GET", fmt.Sprintf("/v1/things%d", n-1), nil)
		g.field = append(g.field, contender{strconv.Itoa(n), func(int, int) (bool, error) {
			w.Reset()
			h.ServeHTTP(w, r)
			return w.Code == http.StatusOK, nil
		}})
	}
	return g
}

// limitGrowth decides by 1, 4 and 8 limits of one limiter, the most that New takes.
func limitGrowth(t *testing.T) growth {
	g := growth{subject: "limits of a limiter", because: "each limit is a window of its own", workers: 1, keys: 1}
	for _, n := range []int{1, 4, 8} {
		var limits []ratelimit.Limit
		for i := range n {
			limits = append(limits, ratelimit.Limit{Quota: 50_000_000 + i*5_000_000, Window: time.Duration(i+1) * time.Hour})
		}
		l := must(ratelimit.New(ratelimit.Config{Limits: limits, Key: ratelimit.ByClientIP}))
		g.field = append(g.field, contender{strconv.Itoa(n), func(int, int) (bool, error) { return decide(l, "ann").Allowed, nil }})
	}
	return g
}

// keyGrowth decides for one key after the table has held so many.
func keyGrowth(t *testing.T, sizes []int) growth {
	g := growth{subject: "keys of a limiter", because: "the table no longer fits into the caches of the processor", workers: 1, keys: 1}
	for _, n := range sizes {
		l := must(ratelimit.New(ratelimit.Config{Limits: []ratelimit.Limit{{Quota: unreachableLimit, Window: time.Hour}}, Key: ratelimit.ByClientIP}))
		for i := range n {
			decide(l, strconv.Itoa(i))
		}
		i := 0
		g.field = append(g.field, contender{strconv.Itoa(n), func(int, int) (bool, error) {
			i += 7_919
			return decide(l, strconv.Itoa(i%n)).Allowed, nil
		}})
	}
	return g
}

// cores serves the whole chain on one and on two processors at a time.
func (tab *table) cores(t *testing.T, e effort) {
	s := newSigner(t, "RS256")
	requests := chainRequests(s.token(t))
	h := ourChain(t, chainVariants[0], s, 1_000_000, &mwtest.Spy{})
	rate := func(procs int) result {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		writers := make([]*mwtest.Discard, 2)
		for i := range writers {
			writers[i] = mwtest.NewDiscard()
		}
		sc := scenario{name: "cores", workers: 2, keys: clients, admit: true, field: []contender{{ours, func(worker, i int) (bool, error) {
			w := writers[worker]
			w.Reset()
			h.ServeHTTP(w, requests[i])
			return w.Code == http.StatusOK, nil
		}}}}
		for _, r := range requests {
			sc.names = append(sc.names, r.RemoteAddr)
		}
		return measure(t, sc, e)[0]
	}
	one, two := rate(1), rate(2)
	tab.rows = append(tab.rows, [5]string{
		"growth, whole chain on 1 and 2 cores", "–", fmt.Sprintf("1 %s, 2 %s", formatDuration(one.cpu), formatDuration(two.cpu)), "–",
		fmt.Sprintf("CPU of a request, 2 ÷ 1: %.2f", float64(two.cpu)/float64(one.cpu)),
	})
}

// signatureAlone compares the chain with a fresh token with the verification of its signature.
func (tab *table) signatureAlone(t *testing.T, e effort) {
	s := newSigner(t, "RS256")
	token := s.token(t)
	end := strings.LastIndexByte(token, '.')
	signature := must(base64.RawURLEncoding.DecodeString(token[end+1:]))
	sum := sha256.Sum256([]byte(token[:end]))
	requests := chainRequests(token)
	h, w := ourChain(t, chainVariants[2], s, 1_000_000, &mwtest.Spy{}), mwtest.NewDiscard()
	const alone = "rsa.VerifyPKCS1v15 alone"
	sc := scenario{name: "signature", workers: 1, keys: clients, admit: true, field: []contender{
		{ours, func(_, i int) (bool, error) {
			w.Reset()
			h.ServeHTTP(w, requests[i])
			return w.Code == http.StatusOK, nil
		}},
		{alone, func(int, int) (bool, error) {
			return rsa.VerifyPKCS1v15(s.public.(*rsa.PublicKey), crypto.SHA256, sum[:], signature) == nil, nil
		}},
	}}
	for _, r := range requests {
		sc.names = append(sc.names, r.RemoteAddr)
	}
	floor, whole := splitOff(measure(t, sc, e), alone)
	mine, _ := splitOff(whole, ours)
	tab.rows = append(tab.rows, [5]string{
		chainRow + "fresh RS256 ÷ signature alone", alone + " " + formatDuration(floor.cpu), formatDuration(mine.cpu), fmt.Sprintf("%.2f", mine.ratioTo(floor)), atMost(mine, floor, 1.15),
	})
}
