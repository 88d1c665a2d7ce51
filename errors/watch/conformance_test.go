package watch_test

import (
	"maps"
	"math"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/watch"
)

func login(status int) audit.Record { return audit.Record{Route: "/login", Status: status} }

// scenarios are the promises of a watcher. Each returns the faults that it finds.
var scenarios = map[string]func(maker) error{
	"steady traffic is silent for hours": func(mk maker) error {
		s := newSim(mk, watch.Config{})
		for w := range 8 * 60 {
			s.put(w, 40, audit.Record{Route: "/a", Status: 200, Bytes: 100_000, Principal: "ann"})
			s.put(w, 30, login(401))
		}
		s.wantNone("steady")
		return s.err()
	},
	"ten times the usual is reported within its window": func(mk maker) error {
		s := newSim(mk, watch.Config{})
		s.steady(0, 60, 30, login(401))
		s.wantNone("before")
		s.put(60, 300, login(401))
		want := watch.Alert{
			Series: watch.Series{Signal: watch.Unauthorized, Scope: watch.Route, Subject: "/login", Count: 90, Limit: 90, Baseline: 30},
			Since:  s.at(60), Window: time.Minute, CorrelationID: "1890",
		}
		if len(s.alerts) != 1 {
			s.failf("%d alerts, want 1", len(s.alerts))
			return s.err()
		}
		got := s.alerts[0]
		if math.Abs(got.Baseline-30) > 1e-9 || got.Limit-90 > 1 || got.Count-90 > 1 || got.CorrelationID < "1890" || got.CorrelationID > "1891" {
			s.failf("got %+v", got) // rounding may make 3 × 30 a little more than 90
		}
		got.Baseline, got.Limit, got.Count, got.CorrelationID = want.Baseline, want.Limit, want.Count, want.CorrelationID
		if !reflect.DeepEqual(got, want) {
			s.failf("got  %+v\nwant %+v", got, want)
		}
		return s.err()
	},
	"each signal is reported as itself": func(mk maker) error {
		for sig, r := range map[watch.Signal]audit.Record{
			watch.Unauthorized: {Status: 401}, watch.Forbidden: {Status: 403}, watch.Limited: {Status: 429},
			watch.ServerErrors: {Status: 599}, watch.Requests: {Status: 499}, watch.Bytes: {Status: 200, Bytes: 2 << 20},
		} {
			s := newSim(mk, watch.Config{})
			r.Principal = "ann"
			s.steady(0, 30, 5, r)
			n := 100
			if sig == watch.Requests {
				n = 700
			}
			s.put(30, n, r)
			for _, scope := range []watch.Scope{watch.Route, watch.Principal} {
				if got := s.windows(sig, scope); !slices.Equal(got, []int{30}) {
					s.failf("%v of a %v: alerts in windows %v", sig, scope, got)
				}
			}
			if len(s.alerts) != 1 || s.alerts[0].Signal != sig {
				s.failf("%v: %+v", sig, s.alerts)
			}
			if err := s.err(); err != nil {
				return err
			}
		}
		return nil
	},
	"a ramp of 10 % a window": func(mk maker) error {
		s := newSim(mk, watch.Config{})
		s.steady(0, 100, 30, login(401))
		for w := range 24 { // to ten times the usual
			s.put(100+w, int(30*math.Pow(1.1, float64(w))), login(401))
		}
		if len(s.alerts) == 0 {
			s.failf("not noticed")
		}
		return s.err()
	},
	"a ramp of 5 % a window is below the resolution, and above Max": func(mk maker) error {
		for limit, want := range map[int64]bool{0: false, 200: true} {
			s := newSim(mk, watch.Config{Unauthorized: watch.Level{Max: limit}})
			s.steady(0, 100, 30, login(401))
			for w := range 48 {
				s.put(100+w, int(30*math.Pow(1.05, float64(w))), login(401))
			}
			if noticed := len(s.alerts) > 0; noticed != want {
				s.failf("with Max %d noticed: %v", limit, noticed)
			}
			if err := s.err(); err != nil {
				return err
			}
		}
		return nil
	},
	"a new subject is reported at New": func(mk maker) error {
		s := newSim(mk, watch.Config{})
		s.put(0, 99, login(403))
		s.wantNone("below New")
		s.put(1, 100, login(403))
		if len(s.alerts) != 1 || !s.alerts[0].New || s.alerts[0].Count != 100 || s.alerts[0].Limit != 100 || s.alerts[0].Subject != "/login" {
			s.failf("at New: %+v", s.alerts)
		}
		return s.err()
	},
	"an attack that runs when the process starts is reported": func(mk maker) error {
		for name, guess := range map[string]audit.Record{
			"network":   {Route: "/login", Status: 401, Client: netip.MustParseAddr("192.0.2.1")},
			"principal": {Route: "/login", Status: 401, Principal: "mallory"},
		} {
			s := newSim(mk, watch.Config{})
			s.steady(0, 30, 59, guess)
			s.wantNone("below the ceiling")
			s = newSim(mk, watch.Config{})
			s.steady(0, 40, 99, guess)
			if len(s.alerts) == 0 || s.alerts[0].Since != s.at(0) || s.alerts[0].Limit != 60 || s.alerts[0].Scope == watch.Route {
				s.failf("%s: %d alerts: %+v", name, len(s.alerts), s.alerts[:min(len(s.alerts), 1)])
			}
			if err := s.err(); err != nil {
				return err
			}
		}
		return nil
	},
	"a ceiling is reported in the event of another subject": func(mk maker) error {
		s := newSim(mk, watch.Config{})
		s.steady(0, 30, 2, login(401))
		s.put(30, 40, login(401)) // many clients: an event of the route
		r := login(401)
		r.Client = netip.MustParseAddr("192.0.2.1")
		s.put(31, 59, r)
		s.put(32, 60, r)
		s.put(33, 60, r)
		if len(s.alerts) != 2 || s.alerts[1].Scope != watch.Network || s.alerts[1].Since != s.at(32) {
			s.failf("%+v", s.alerts)
		}
		return s.err()
	},
	"an unknown client that attacks is named once": func(mk maker) error {
		s := newSim(mk, watch.Config{})
		s.steady(0, 30, 2, login(401))
		r := login(401)
		r.Client = netip.MustParseAddr("192.0.2.1")
		s.put(30, 500, r)
		if len(s.alerts) != 1 || s.alerts[0].Scope != watch.Route || len(s.alerts[0].Others) == 0 || s.alerts[0].Others[0].Subject != "192.0.2.1/32" {
			s.failf("%+v", s.alerts)
		}
		return s.err()
	},
	"an attack of many clients is one alert": func(mk maker) error {
		s := newSim(mk, watch.Config{})
		s.steady(0, 30, 2, login(401))
		for i := range 100 * 20 { // each of 20 is above its ceiling
			r := login(401)
			r.Client = netip.AddrFrom4([4]byte{192, 0, 2, byte(i % 20)})
			s.put(30, 1, r)
		}
		if len(s.alerts) != 1 {
			s.failf("%d alerts: %+v", len(s.alerts), s.alerts)
		}
		return s.err()
	},
	"one batch is one alert, and another client has its own": func(mk maker) error {
		s := newSim(mk, watch.Config{})
		usual := audit.Record{Route: "/export", Status: 200, Bytes: 1000, Principal: "ann"}
		s.steady(0, 60, 5, usual)
		batch := audit.Record{Route: "/export", Status: 200, Bytes: 50_000, Principal: "batch"}
		for w := range 25 { // longer than a cooldown; requests and bytes, of the route and of the principal
			s.put(60+w, 5, usual)
			s.put(60+w, 700, batch)
		}
		if len(s.alerts) != 1 || s.alerts[0].Since != s.at(60) {
			s.failf("%d alerts: %+v", len(s.alerts), s.alerts)
		}
		s.alerts = nil
		s.put(85, 20, audit.Record{Route: "/admin", Status: 403, Principal: "batch"})
		s.put(85, 20, audit.Record{Route: "/export", Status: 403, Principal: "mallory"})
		if got := s.windows(watch.Forbidden, watch.Route); len(got) != 1 { // not /admin, which is new
			s.failf("another signal: %+v", s.alerts)
		}
		return s.err()
	},
	"a flood of refusals is one alert": func(mk maker) error {
		s := newSim(mk, watch.Config{})
		r := login(401)
		r.Client = netip.MustParseAddr("192.0.2.1")
		s.steady(0, 20, 1, r)
		s.put(20, 5000, r)
		if len(s.alerts) != 1 || s.alerts[0].Signal != watch.Unauthorized {
			s.failf("%+v", s.alerts)
		}
		return s.err()
	},
	"numbers below Min are not reported": func(mk maker) error {
		s := newSim(mk, watch.Config{})
		s.steady(0, 30, 1, login(200))
		s.put(30, 19, login(401))
		s.wantNone("below Min")
		s.put(31, 20, login(401))
		if got := s.windows(watch.Unauthorized, watch.Route); !slices.Equal(got, []int{31}) {
			s.failf("at Min: %v", got)
		}
		return s.err()
	},
	"one principal downloads much from a busy route": func(mk maker) error {
		s := newSim(mk, watch.Config{})
		names := []string{"ann", "bob", "cid", "dan"}
		usual := func(w int) {
			for _, n := range names {
				s.put(w, 25, audit.Record{Route: "/export", Status: 200, Bytes: 1 << 20, Principal: n})
			}
		}
		for w := range 60 {
			usual(w)
		}
		s.wantNone("before")
		usual(60)
		s.put(60, 1, audit.Record{Route: "/export", Status: 200, Bytes: 60 << 20, Principal: "bob"})
		if len(s.alerts) != 1 || s.alerts[0].Subject != "bob" || s.alerts[0].Scope != watch.Principal || s.alerts[0].Signal != watch.Bytes || s.alerts[0].Count != 85<<20 {
			s.failf("%+v", s.alerts)
		}
		return s.err()
	},
	"an attack that lasts is one event, and one after it is new": func(mk maker) error {
		s := newSim(mk, watch.Config{})
		s.steady(0, 60, 30, login(401))
		s.steady(60, 72, 3000, login(401))
		s.steady(72, 132, 30, login(401))
		s.steady(132, 134, 3000, login(401))
		if got := s.windows(watch.Unauthorized, watch.Route); !slices.Equal(got, []int{60, 132}) {
			s.failf("alerts in windows %v", got)
		}
		return s.err()
	},
	"an attack that lasts longer than six cooldowns is repeated": func(mk maker) error {
		s := newSim(mk, watch.Config{HalfLife: 1000})
		s.steady(0, 60, 30, login(401))
		s.steady(60, 160, 3000, login(401))
		if got := s.windows(watch.Unauthorized, watch.Route); !slices.Equal(got, []int{60, 129}) {
			s.failf("alerts in windows %v", got)
		}
		return s.err()
	},
	"a level that stays becomes the usual one": func(mk maker) error {
		s := newSim(mk, watch.Config{Cooldown: 1})
		s.steady(0, 60, 30, login(401))
		s.steady(60, 160, 300, login(401))
		got := s.windows(watch.Unauthorized, watch.Route)
		for i, w := range got {
			if w != 60+i {
				s.failf("a gap: %v", got)
			}
		}
		if len(got) != 26 { // doc.go promises 26
			s.failf("normal after %d windows", len(got))
		}
		return s.err()
	},
	"a huge window does not make room for the next": func(mk maker) error {
		s := newSim(mk, watch.Config{})
		s.steady(0, 60, 30, login(401))
		s.put(60, 30_000, login(401))
		s.steady(61, 70, 30, login(401))
		s.put(70, 180, login(401))
		if got := s.windows(watch.Unauthorized, watch.Route); !slices.Equal(got, []int{60, 70}) {
			s.failf("alerts in windows %v", got)
		}
		return s.err()
	},
	"a series that is always noisy is not reported": func(mk maker) error {
		s := newSim(mk, watch.Config{})
		for w := range 600 {
			n := 1
			if w%6 == 0 {
				n = 100
			}
			s.put(w, n, login(401))
		}
		for _, w := range s.windows(watch.Unauthorized, watch.Route) {
			if w > 60 {
				s.failf("window %d", w)
			}
		}
		return s.err()
	},
	"silence counts": func(mk maker) error {
		s := newSim(mk, watch.Config{})
		s.steady(0, 60, 90, login(401))
		s.put(60+300, 90, login(401)) // ten half-lives later
		if got := s.windows(watch.Unauthorized, watch.Route); !slices.Equal(got, []int{360}) {
			s.failf("alerts in windows %v", got)
		}
		return s.err()
	},
	"the end of a request is its time": func(mk maker) error {
		s := newSim(mk, watch.Config{})
		s.steady(0, 30, 1, login(200))
		for i := range 25 { // began in different windows, failed together
			r := login(503)
			r.Time = s.at(i)
			r.Duration = s.at(30).Sub(r.Time)
			s.Observe(r)
		}
		if got := s.windows(watch.ServerErrors, watch.Route); !slices.Equal(got, []int{30}) {
			s.failf("alerts in windows %v", got)
		}
		return s.err()
	},
	"late records count in the running window": func(mk maker) error {
		s := newSim(mk, watch.Config{})
		s.steady(0, 30, 1, login(200))
		for i := range 20 {
			s.put(30-i%2*8, 1, login(401)) // 30, 22, 30, …
		}
		if got := s.windows(watch.Unauthorized, watch.Route); !slices.Equal(got, []int{30}) {
			s.failf("alerts in windows %v", got)
		}
		return s.err()
	},
	"a clock that is set back": func(mk maker) error {
		s := newSim(mk, watch.Config{})
		s.steady(0, 60, 90, login(401))
		s.put(60, 400, login(401))
		s.steady(0, 60, 90, login(401)) // the clock is an hour back; the baseline is kept
		if got := s.windows(watch.Unauthorized, watch.Route); !slices.Equal(got, []int{60}) {
			s.failf("alerts in windows %v", got)
		}
		s.put(60, 400, login(401)) // the cooldown is over
		if got := s.windows(watch.Unauthorized, watch.Route); !slices.Equal(got, []int{60, 60}) {
			s.failf("alerts in windows %v", got)
		}
		return s.err()
	},
	"without a principal the network counts": func(mk maker) error {
		s := newSim(mk, watch.Config{})
		routes := []string{"/a", "/b", "/c", "/d", "/e", "/f"}
		for i := range 120 { // each route stays below 100
			ip := netip.MustParseAddr("2001:db8:0:7::").As16()
			ip[15] = byte(i)
			s.put(0, 1, audit.Record{Route: routes[i%6], Status: 401, Client: netip.AddrFrom16(ip)})
			s.put(0, 1, audit.Record{Route: routes[i%6], Status: 403, Client: netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})})
		}
		if len(s.alerts) != 1 || s.alerts[0].Scope != watch.Network || s.alerts[0].Subject != "2001:db8:0:7::/64" {
			s.failf("%+v", s.alerts)
		}
		for range 120 {
			s.put(1, 1, audit.Record{Route: "/g", Status: 403, Client: netip.MustParseAddr("::ffff:192.0.2.7")})
		}
		if len(s.alerts) != 2 || s.alerts[1].Subject != "192.0.2.7/32" {
			s.failf("%+v", s.alerts)
		}
		return s.err()
	},
	"no time, no count": func(mk maker) error {
		s := newSim(mk, watch.Config{})
		for range 1000 {
			s.Observe(login(401))
		}
		s.wantNone("without Time")
		return s.err()
	},
	"Poisson noise": func(mk maker) error {
		s := newSim(mk, watch.Config{})
		rng := rand.New(rand.NewPCG(1, 2))
		for w := range 1000 {
			s.put(w, poisson(rng, 8), login(401))
		}
		s.wantNone("noise")
		return s.err()
	},
}

func TestScenarios(t *testing.T) {
	for name, run := range scenarios {
		for observer, mk := range map[string]maker{"watcher": makeWatcher, "reference": makeReference} {
			if err := run(mk); err != nil {
				t.Errorf("%s: %s: %v", name, observer, err)
			}
		}
	}
}

// The scenarios notice faults: a reference with any one of these faults fails at
// least one scenario.
func TestScenariosNoticeABrokenWatcher(t *testing.T) {
	for _, fault := range []string{
		"never alerts", "baseline never moves", "no warm-up", "no floor", "no factor", "no deviation", "no maximum", "not clipped",
		"no cooldown", "one alert for ever", "an event is not prolonged", "an event has no end", "nothing is explained",
		"refusals explain no requests", "each series by itself", "no ceiling of a client", "ceilings are explained", "a leader is not named", "silence ignored", "start as clock", "late dropped", "late is set back",
		"clock never set back", "no networks", "whole addresses",
	} {
		noticed := ""
		for _, name := range slices.Sorted(maps.Keys(scenarios)) {
			if scenarios[name](makeBroken(fault)) != nil {
				noticed = name
				break
			}
		}
		if noticed == "" {
			t.Errorf("%s: no scenario fails", fault)
		}
		t.Logf("%s: noticed by: %s", fault, noticed)
	}
}
