package family_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/internal/family"
)

// A reference is a family that remembers every token that it ever gave, and follows the
// rules as they are written in the documentation.
type reference struct {
	policy  family.Policy
	made    []family.Token
	history []fact // of made
}

// A fact is all that is known about one token.
type fact struct {
	parent   int // the token that it is the successor of; -1 for the first
	madeAt   time.Duration
	spentAt  time.Duration // when it got its first successor; -1 if it has none
	used     bool
	replaced int // the token that took its place; -1 if none
}

func (r *reference) add(t family.Token, parent int, now time.Duration) {
	r.made = append(r.made, t)
	r.history = append(r.history, fact{parent: parent, madeAt: now, spentAt: -1, replaced: -1})
}

// current returns the token that has no successor and was not replaced.
func (r *reference) current() int { return len(r.history) - 1 }

// decide returns the outcome for token n, and the token that it gives.
func (r *reference) decide(n int, now time.Duration) (family.Outcome, int) {
	cur := r.current()
	c := r.history[cur]
	inGrace := c.parent >= 0 && now-c.madeAt < r.policy.Grace
	switch {
	case n == cur && inGrace:
		return family.Same, cur
	case n == cur:
		return family.Rotated, cur + 1
	case n == c.parent && inGrace:
		return family.Replayed, cur
	case r.history[n].replaced == cur && inGrace:
		return family.Replayed, cur
	case n == c.parent && !c.used && now-r.history[n].spentAt < r.policy.LostReply:
		return family.Replaced, cur + 1
	}
	return family.Reused, -1
}

// apply records the outcome for token n.
func (r *reference) apply(n int, o family.Outcome, given family.Token, now time.Duration) {
	switch o {
	case family.Same:
		r.history[n].used = true
	case family.Rotated:
		r.history[n].used, r.history[n].spentAt = true, now
		r.add(given, n, now)
	case family.Replaced:
		old := r.current()
		r.add(given, n, now)
		r.history[old].replaced = r.current()
	}
}

// runReference presents tokens as the bytes of schedule say, to a family and to the
// reference. It stops after a reuse.
func runReference(t *testing.T, p family.Policy, schedule []byte, decide func(*server, family.Token) family.Decision) (outcomes [8]int, same bool) {
	t.Helper()
	s, first := newServer(p)
	ref := &reference{policy: p}
	ref.add(first, -1, 0)
	start := s.now
	steps := [...]time.Duration{0, time.Millisecond, time.Second, 29 * time.Second, 30 * time.Second, 31 * time.Second, 5 * time.Minute, 13 * time.Hour}
	for i := 0; i+1 < len(schedule); i += 2 {
		s.pass(steps[schedule[i]%8])
		now := s.now.Sub(start)
		n := max(0, ref.current()-int(schedule[i+1]%5))
		want, gives := ref.decide(n, now)
		d := decide(s, ref.made[n])
		if d.Outcome != want {
			return outcomes, false
		}
		given, ok := s.store(d)
		if ok != (gives >= 0) || ok && gives < len(ref.made) && given != ref.made[gives] {
			return outcomes, false
		}
		for k, old := range ref.made { // a new token is new
			if k != gives && ok && old == given {
				return outcomes, false
			}
		}
		ref.apply(n, want, given, now)
		outcomes[want]++
		if want == family.Reused {
			break
		}
	}
	return outcomes, true
}

func asBuilt(s *server, t family.Token) family.Decision { return s.decide(t) }

// Any schedule of uses has the outcomes of the reference: the history is a line, and one
// token at a time can rotate.
func TestAgainstReference(t *testing.T) {
	var all [8]int
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		schedule := make([]byte, 80)
		for i := range schedule {
			schedule[i] = byte(r.Uint32())
		}
		for _, p := range []family.Policy{strict, phones} {
			outcomes, same := runReference(t, p, schedule, asBuilt)
			if !same {
				t.Fatalf("schedule %v with %+v differs", schedule, p)
			}
			for o, n := range outcomes {
				all[o] += n
			}
		}
	}
	for _, o := range []family.Outcome{family.Reused, family.Same, family.Replayed, family.Rotated, family.Replaced} {
		if all[o] < 100 {
			t.Errorf("outcome %d came %d times only", o, all[o])
		}
	}
}

// The reference detects the usual rotation, and a replacement that gives the lost token
// again.
func TestReferenceDetectsVariants(t *testing.T) {
	for name, broken := range map[string]func(s *server, tok family.Token) family.Decision{
		"the current token always rotates": func(s *server, tok family.Token) family.Decision {
			f := s.fam
			if tok.Hash() == f.State.Current {
				f.Rotated = time.Time{}
			}
			return s.policy.Decide(f, tok, s.now, family.NewSecret())
		},
		"any spent token is forgiven": func(s *server, tok family.Token) family.Decision {
			d := s.decide(tok)
			if d.Outcome == family.Reused {
				d.Outcome = family.Replayed
			}
			return d
		},
		"a use does not confirm": func(s *server, tok family.Token) family.Decision {
			d := s.decide(tok)
			d.Next.Confirmed = false
			return d
		},
		"LostReply begins anew": func(s *server, tok family.Token) family.Decision {
			d := s.decide(tok)
			d.Next.PreviousSince = time.Time{}
			return d
		},
	} {
		r := rand.New(rand.NewPCG(1, 2))
		caught := false
		for range 3000 {
			schedule := make([]byte, 80)
			for i := range schedule {
				schedule[i] = byte(r.Uint32())
			}
			if _, same := runReference(t, phones, schedule, broken); !same {
				caught = true
				break
			}
		}
		if !caught {
			t.Errorf("%s: not caught", name)
		}
	}
}

func FuzzDecide(f *testing.F) {
	f.Add([]byte{0, 0, 1, 0, 1, 1, 5, 0, 0, 1, 0, 2})
	f.Fuzz(func(t *testing.T, schedule []byte) {
		if len(schedule) > 400 {
			return
		}
		for _, p := range []family.Policy{strict, phones} {
			if _, same := runReference(t, p, schedule, asBuilt); !same {
				t.Errorf("differs from the reference with %+v", p)
			}
		}
	})
}
