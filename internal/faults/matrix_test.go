package faults

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/go-sallyport/sallyport/internal/mwtest"
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
	tls    *tls.Config // nil: the proxy leads to the port without TLS
	proxy  *proxy
}

func newRig(tb testing.TB) *rig {
	tb.Helper()
	r := &rig{tb: tb, server: redistest.Start(tb)}
	r.proxy = newProxy(tb, r.upstream())
	return r
}

func newTLSRig(tb testing.TB) *rig {
	tb.Helper()
	r := &rig{tb: tb}
	r.server, r.tls = redistest.StartTLS(tb)
	r.proxy = newProxy(tb, r.upstream())
	return r
}

// upstream returns the address to which the proxy leads.
func (r *rig) upstream() string {
	if r.tls != nil {
		return r.server.TLSAddr
	}
	return r.server.Addr
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
	// goroutineLimit is the largest number of goroutines that a fault may leave while it
	// lasts, however many calls there are.
	goroutineLimit int
}

// overTLS returns f for connections with TLS. A server that does not answer ends a
// handshake, and so a dial: as after refused dials, go-redis then dials once a second.
// Meanwhile it has as many dials under way as the pool has room for, with two goroutines
// each, and fewer than there are calls.
func (f fault) overTLS() fault {
	f.recoveryLimit, f.goroutineLimit = redial, 16+2*64
	return f
}

func toxic(name, json string) fault {
	return fault{name: name, begin: func(r *rig) { r.proxy.add(json) }, heal: func(r *rig) { r.proxy.heal() }, recoveryLimit: recovery, goroutineLimit: 16}
}

const noFault = "none"

var faults = []fault{
	{name: noFault, begin: func(*rig) {}, heal: func(*rig) {}, recoveryLimit: recovery, goroutineLimit: 16},
	toxic("black hole, replies", blackHoleDown),
	toxic("black hole, commands", blackHoleUp),
	toxic("reset, replies", resetDown),
	toxic("reset, commands", resetUp),
	toxic("replies cut short", cutDown),
	toxic("slow bytes", crawl),
	toxic("200 ms late", late),
	{
		name:           "refused",
		begin:          func(r *rig) { r.proxy.refuse() },
		heal:           func(r *rig) { r.proxy.accept(r.upstream()) },
		recoveryLimit:  redial,
		goroutineLimit: 16,
	},
	{
		name:           "SIGSTOP",
		begin:          func(r *rig) { r.signal(syscall.SIGSTOP) },
		heal:           func(r *rig) { r.signal(syscall.SIGCONT) },
		recoveryLimit:  recovery,
		goroutineLimit: 16,
	},
	{
		name: "kill -9 and restart",
		// The kernel, and not the proxy, refuses a connection to a port without a
		// listener.
		begin: func(r *rig) { r.server.Stop(); r.proxy.refuse() },
		heal: func(r *rig) {
			r.server.Restart(r.tb)
			r.proxy.accept(r.upstream())
		},
		recoveryLimit:  redial,
		goroutineLimit: 16,
	},
}

// Under each fault a decision is made within its budget, and its error has a name.
// After the fault there are decisions again, and no goroutine is left. Each fault is one row
// of a table, without TLS and with it.
func TestFaults(t *testing.T) {
	for _, s := range soundSubjects() {
		for column, connect := range map[string]func(testing.TB) *rig{"plain": newRig, "TLS": newTLSRig} {
			t.Run(s.name+"/"+column, func(t *testing.T) {
				for _, f := range faults {
					t.Run(f.name, func(t *testing.T) { testFault(t, s, f, column, connect) })
				}
			})
		}
	}
}

func testFault(t *testing.T, s subject, f fault, column string, connect func(testing.TB) *rig) {
	others := goleak.IgnoreCurrent()
	r := connect(t)
	if s.tls = r.tls; s.tls != nil {
		f = f.overTLS()
	}
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
	t.Logf("%-18s %-5s %-22s %v", s.name, column, f.name, m)
	mwtest.Publish(t, "deadline.faults", 1)
	mwtest.Publish(t, "deadline.p_median", m.quantile(50))
	mwtest.Publish(t, "deadline.late", max(0, m.quantile(99)-budget-4*m.late.at(0.99)))
	mwtest.Publish(t, "deadline.longest", m.quantile(100))
	mwtest.Publish(t, "deadline.unnamed", m.kinds[unclassified])
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
	if m.goroutines > f.goroutineLimit { // the goroutines of eight callers have ended by now
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
		{soundSubjects()[0], fault{name: "one that is none", begin: func(*rig) {}, heal: func(*rig) {}, recoveryLimit: recovery, goroutineLimit: 16}, "fault"},
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
