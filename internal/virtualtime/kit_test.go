package virtualtime

import (
	"cmp"
	"container/heap"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const day = 24 * time.Hour

// durations are the time limits of a program.
type durations struct {
	limitWindow   time.Duration // of the limiter
	lockWindow    time.Duration // of the lockout
	lifetime      time.Duration // of access tokens
	ahead         time.Duration // between the publication and the first use of a key
	overlap       time.Duration // of two API keys
	cookieIdle    time.Duration
	cookieEnd     time.Duration
	refreshIdle   time.Duration
	refreshEnd    time.Duration
	grace         time.Duration // of a predecessor of a refresh token
	certificate   time.Duration // life of a certificate
	clockOfLimits float64       // speed of the clock of the limiter
}

var promised = durations{
	limitWindow: time.Hour, lockWindow: time.Hour, lifetime: 15 * time.Minute, ahead: 15 * time.Minute, overlap: 7 * day,
	cookieIdle: day, cookieEnd: 14 * day, refreshIdle: 14 * day, refreshEnd: 30 * day, grace: 30 * time.Second,
	certificate: 30 * day, clockOfLimits: 1,
}

// A program is one run of the model.
type program struct {
	t      *testing.T
	actual durations // with which the packages are configured
	random *rand.Rand
	start  time.Time
	queue  schedule
	last   int // order of the last event that was scheduled
	log    []string
	faults []string
}

// An event is a step of one part at a time.
type event struct {
	at    time.Duration
	order int // of events at the same time
	do    func()
}

// A schedule is a heap of the coming events.
type schedule []event

func (s schedule) Len() int { return len(s) }
func (s schedule) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(s[i].at, s[j].at), cmp.Compare(s[i].order, s[j].order)) < 0
}
func (s schedule) Swap(i, j int) { s[i], s[j] = s[j], s[i] }
func (s *schedule) Push(x any)   { *s = append(*s, x.(event)) }
func (s *schedule) Pop() any {
	last := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return last
}

// run runs the parts for a time, in a bubble of its own.
func run(t *testing.T, seed uint64, length time.Duration, actual durations) *program {
	t.Helper()
	p := &program{t: t, actual: actual, random: rand.New(rand.NewPCG(seed, 90))}
	synctest.Test(t, func(t *testing.T) {
		p.t, p.start = t, time.Now()
		for _, begin := range []func(*program){
			limiting, guessing, signing, overlapping, visiting, leaving, refreshing, replaying, certifying,
		} {
			begin(p)
		}
		for len(p.queue) > 0 && p.queue[0].at <= length {
			next := heap.Pop(&p.queue).(event)
			time.Sleep(next.at - p.now())
			synctest.Wait() // background work is done, so the order of events is that of the schedule
			next.do()
		}
	})
	return p
}

// now returns the time since the start of the program.
func (p *program) now() time.Duration { return time.Since(p.start) }

// in schedules a step after a time.
func (p *program) in(d time.Duration, do func()) {
	p.last++
	heap.Push(&p.queue, event{p.now() + d, p.last, do})
}

// between returns a random time of whole milliseconds.
func (p *program) between(low, high time.Duration) time.Duration {
	return low + time.Duration(p.random.Int64N(int64((high-low)/time.Millisecond)+1))*time.Millisecond
}

// note writes an event to the log.
func (p *program) note(part, step, got string) {
	d := p.now()
	at := fmt.Sprintf("%02dd %02d:%02d:%06.3f", d/day, d/time.Hour%24, d/time.Minute%60, (d % time.Minute).Seconds())
	p.log = append(p.log, fmt.Sprintf("%s %s: %s: %s", at, part, step, got))
}

// want writes an event to the log, and reports an answer that the promised durations do not allow.
func (p *program) want(part, step string, err error, want string) {
	got := answer(err)
	p.note(part, step, got)
	if got != want {
		p.fail(part, "%s: %s, want %s", step, got, want)
	}
}

func (p *program) fail(part, format string, args ...any) {
	p.faults = append(p.faults, part+": "+fmt.Sprintf(format, args...)+fmt.Sprintf(" after %v", p.now()))
}

// check stops the test for an error that is no answer of the program.
func (p *program) check(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// answer returns the code of an error, or accepted.
func answer(err error) string {
	if err == nil {
		return "accepted"
	}
	if denial, ok := errors.AsType[*httperr.Error](err); ok {
		return denial.Code
	}
	return err.Error()
}

const (
	accepted = "accepted"
	expired  = "credentials_expired"
	ended    = "session_ended"
)

// An interval counts attempts, and finds more than a limit in any interval of a length.
type interval struct {
	times  []time.Duration
	limit  int
	length time.Duration
}

// add reports whether the interval that ends now has more attempts than the limit.
func (i *interval) add(now time.Duration) bool {
	i.times = append(i.times, now)
	n := len(i.times) - 1 - i.limit
	return n >= 0 && now-i.times[n] < i.length
}

func must[T any](p *program) func(T, error) T { return mwtest.Must[T](p.t) }

// parts returns the number of events of each part.
func (p *program) parts() map[string]int {
	n := map[string]int{}
	for _, line := range p.log {
		n[strings.SplitN(line[len("00d 00:00:00.000 "):], ":", 2)[0]]++
	}
	return n
}

// failed returns the parts with faults.
func (p *program) failed() (parts []string) {
	for _, f := range p.faults {
		part, _, _ := strings.Cut(f, ":")
		parts = append(parts, part)
	}
	slices.Sort(parts)
	return slices.Compact(parts)
}

// ann is the user of all credentials.
func ann() *authn.Principal { return &authn.Principal{Issuer: service, Subject: "ann"} }

const service = "https://notes.example"
