package faults

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/go-sallyport/sallyport/internal/redistest"
)

// The promise of a decision: it takes at most the budget, under each fault.
const (
	budget   = 25 * time.Millisecond
	p99Slack = 5 * time.Millisecond
	maxSlack = 15 * time.Millisecond
	// recovery is how soon after the end of a fault there are decisions again.
	recovery = 100 * time.Millisecond
	// redial is the same after a time without a listener. After as many refused dials
	// as a pool has room for, go-redis dials once a second and fails all other calls at
	// once.
	redial = 1250 * time.Millisecond
)

// A rig is a server with a proxy before it.
type rig struct {
	tb     testing.TB
	server *redistest.Server
	proxy  *proxy
}

func (r *rig) signal(sig syscall.Signal) {
	if err := syscall.Kill(r.server.PID(), sig); err != nil {
		r.tb.Errorf("%v: %v", sig, err)
	}
}

// A fault is a failure that begins and ends.
type fault struct {
	name        string
	begin, heal func(*rig)
	// recoveryLimit is how long it may take until there are decisions again.
	recoveryLimit time.Duration
}

func toxic(name, json string) fault {
	return fault{name: name, begin: func(r *rig) { r.proxy.add(json) }, heal: func(r *rig) { r.proxy.heal() }, recoveryLimit: recovery}
}

const noFault = "none"

var faults = []fault{
	{name: noFault, begin: func(*rig) {}, heal: func(*rig) {}, recoveryLimit: recovery},
	toxic("black hole, replies", blackHoleDown),
	toxic("black hole, commands", blackHoleUp),
	toxic("reset, replies", resetDown),
	toxic("reset, commands", resetUp),
	toxic("replies cut short", cutDown),
	toxic("slow bytes", crawl),
	toxic("200 ms late", late),
	{
		name:          "refused",
		begin:         func(r *rig) { r.proxy.refuse() },
		heal:          func(r *rig) { r.proxy.accept(r.server.Addr) },
		recoveryLimit: redial,
	},
	{
		name:          "SIGSTOP",
		begin:         func(r *rig) { r.signal(syscall.SIGSTOP) },
		heal:          func(r *rig) { r.signal(syscall.SIGCONT) },
		recoveryLimit: recovery,
	},
	{
		name: "kill -9 and restart",
		// The kernel, and not the proxy, refuses a connection to a port without a
		// listener.
		begin: func(r *rig) { r.server.Stop(); r.proxy.refuse() },
		heal: func(r *rig) {
			r.server = redistest.Start(r.tb)
			r.proxy.accept(r.server.Addr)
		},
		recoveryLimit: redial,
	},
}

// Under each fault a decision is made within its budget, and its error has a name.
// After the fault there are decisions again, and no goroutine is left.
func TestFaults(t *testing.T) {
	for _, s := range soundSubjects() {
		t.Run(s.name, func(t *testing.T) {
			for _, f := range faults {
				t.Run(f.name, func(t *testing.T) { testFault(t, s, f) })
			}
		})
	}
}

func testFault(t *testing.T, s subject, f fault) {
	others := goleak.IgnoreCurrent()
	r := &rig{tb: t, server: redistest.Start(t)}
	r.proxy = newProxy(t, r.server.Addr)
	subject, end := s.start(t, r.proxy.addr, limit{100000, forever})
	warm(t, subject)
	m := measure(r, subject, f)
	for range 2 {
		if m.kept(f.recoveryLimit, 0) || m.conclusive() {
			break
		}
		t.Logf("again, the machine was too busy: %v", m)
		m = measure(r, subject, f)
	}
	t.Logf("%-18s %-22s %v", s.name, f.name, m)
	for _, found := range m.findings(f, 0) {
		t.Error(found)
	}
	end()
	r.proxy.refuse()
	r.server.Stop()
	if err := goleak.Find(append(proxyGoroutines, others)...); err != nil {
		t.Error(err)
	}
}

// findings returns the faults of m. Each begins with its subject.
func (m measurement) findings(f fault, excess time.Duration) (found []string) {
	if !m.kept(f.recoveryLimit, excess) {
		found = append(found, fmt.Sprintf("budget %v: p99 %v, max %v; recovery %v", budget, m.quantile(99), m.quantile(100), m.recovered))
	}
	if m.unnamed != nil {
		found = append(found, fmt.Sprintf("errors: %d are unclassified, such as %T: %v", m.kinds[unclassified], m.unnamed, m.unnamed))
	}
	if decided := m.kinds["decided"]; f.name != noFault && decided > len(m.took)/2 {
		found = append(found, fmt.Sprintf("fault: %d of %d calls were decided", decided, len(m.took)))
	}
	if m.goroutines > 16 { // the goroutines of eight callers have ended by now
		found = append(found, fmt.Sprintf("goroutines: %d more than before, they grow with the calls", m.goroutines))
	}
	return found
}

// The same measurement detects a fault without effect, a store that leaks, a store
// whose errors have no name, and the client as the user has it, which keeps no budget.
func TestFaultsDetectsMistakes(t *testing.T) {
	hole, refused := toxic("black hole, replies", blackHoleDown), faults[8]
	for _, tt := range []struct {
		subject subject
		fault   fault
		want    string
	}{
		{soundSubjects()[0], fault{name: "one that is none", begin: func(*rig) {}, heal: func(*rig) {}, recoveryLimit: recovery}, "fault"},
		{leaksOnError, refused, "goroutines"},
		{opaqueErrors, refused, "errors"},
		{clientRetries, hole, "budget"},
	} {
		t.Run(tt.subject.name, func(t *testing.T) {
			r := newRig(t)
			user := redis.NewClient(&redis.Options{Addr: r.proxy.addr, ReadTimeout: 300 * time.Millisecond, MaxRetries: 1}) // fails sooner than in 5 s
			subject, _ := tt.subject.attach(t, user, limit{100000, forever})
			warm(t, subject)
			found := measure(r, subject, tt.fault).findings(tt.fault, 0)
			t.Logf("%-30s %-22s %q", tt.subject.name, tt.fault.name, found)
			if !slices.ContainsFunc(found, func(f string) bool { return strings.HasPrefix(f, tt.want+":") || strings.HasPrefix(f, tt.want+" ") }) {
				t.Errorf("no finding about its %s", tt.want)
			}
		})
	}
}
