package family_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/internal/family"
)

const (
	grace = 30 * time.Second
	lost  = 24 * time.Hour
)

var (
	strict = family.Policy{Grace: grace}
	phones = family.Policy{Grace: grace, LostReply: lost}
)

// Three tabs refresh within 100 ms, the last one with a token that is two rotations old by
// then, if nothing kept the second from rotating.
func TestTabsThatWakeTogether(t *testing.T) {
	s, rt0 := newServer(strict)
	rt1 := s.present(t, rt0, family.Rotated)
	s.pass(50 * time.Millisecond)
	if again := s.present(t, rt1, family.Same); again != rt1 {
		t.Error("the current token gave another one")
	}
	s.pass(50 * time.Millisecond)
	if again := s.present(t, rt0, family.Replayed); again != rt1 {
		t.Error("the predecessor gave another successor")
	}
}

func TestGrandparentIsReuse(t *testing.T) {
	s, rt0 := newServer(strict)
	rt1 := s.present(t, rt0, family.Rotated)
	s.pass(31 * time.Second)
	rt2 := s.present(t, rt1, family.Rotated)
	s.pass(9 * time.Second)
	if again := s.present(t, rt1, family.Replayed); again != rt2 {
		t.Error("another successor")
	}
	s.pass(time.Second)
	s.present(t, rt0, family.Reused)
}

// The first millisecond after the grace is outside.
func TestGraceEnds(t *testing.T) {
	s, rt0 := newServer(strict)
	rt1 := s.present(t, rt0, family.Rotated)
	s.pass(grace - time.Millisecond)
	s.present(t, rt0, family.Replayed)
	s.present(t, rt1, family.Same)
	s.pass(time.Millisecond)
	s.present(t, rt0, family.Reused)
	s.present(t, rt1, family.Rotated)
}

// The first token rotates at once: there is no rotation before it.
func TestFirstTokenRotates(t *testing.T) {
	s, rt0 := newServer(strict)
	s.present(t, rt0, family.Rotated)
}

// A request that was read before the rotation of another one is decided with the state
// after it.
func TestReadBeforeTheRotation(t *testing.T) {
	s, rt0 := newServer(strict)
	admitted := s.now
	s.pass(20 * time.Second) // the rotation was slow
	rt1 := s.present(t, rt0, family.Rotated)
	d := strict.Decide(s.fam, rt0, admitted, family.NewSecret())
	if next, _ := s.store(d); d.Outcome != family.Replayed || next != rt1 {
		t.Errorf("outcome %d", d.Outcome)
	}
}

func TestForgedTokens(t *testing.T) {
	s, rt0 := newServer(phones)
	s.present(t, rt0, family.Rotated)
	other, _ := newServer(phones)
	for name, token := range map[string]family.Token{
		"a tag under another key":        family.New(s.id, family.NewSecret(), other.fam.Key),
		"a tag under no key":             family.New(s.id, family.NewSecret(), nil),
		"a right secret and a wrong tag": rt0.WithSecret("A"+rt0.Text()[58:109], other.fam.Key),
	} {
		if d := s.decide(token); d.Outcome != family.Unknown || d.Changed {
			t.Errorf("%s: outcome %d", name, d.Outcome)
		}
	}
	// A family without a key accepts nothing.
	if d := phones.Decide(family.Family{}, family.New(s.id, family.NewSecret(), nil), s.now, ""); d.Outcome != family.Unknown {
		t.Errorf("outcome %d", d.Outcome)
	}
	// A reader of the store can make tags: then the family ends, and gives nothing.
	if d := s.decide(family.New(s.id, family.NewSecret(), s.fam.Key)); d.Outcome != family.Reused || d.Secret != "" {
		t.Errorf("outcome %d", d.Outcome)
	}
}

// A phone loses the answer and sleeps. Its token gets a new successor, and the one that was
// lost is spent.
func TestLostReply(t *testing.T) {
	s, rt0 := newServer(phones)
	s.present(t, rt0, family.Rotated) // lost
	s.pass(20 * time.Minute)
	rt2 := s.present(t, rt0, family.Replaced)
	s.pass(time.Second)
	if again := s.present(t, rt0, family.Replayed); again != rt2 {
		t.Error("the predecessor gave another successor within the grace")
	}
	s.pass(15 * time.Minute)
	rt3 := s.present(t, rt2, family.Rotated)
	s.pass(15 * time.Minute)
	s.present(t, rt3, family.Rotated)
	s.present(t, rt0, family.Reused)
}

// For one more grace the replaced token gives its replacement: it may have arrived after
// all.
func TestReplacedTokenInGrace(t *testing.T) {
	s, rt0 := newServer(phones)
	rt1 := s.present(t, rt0, family.Rotated)
	s.pass(20 * time.Minute)
	rt2 := s.present(t, rt0, family.Replaced)
	s.pass(grace - time.Millisecond)
	if again := s.present(t, rt1, family.Replayed); again != rt2 {
		t.Error("the replaced token gave another one")
	}
	s.present(t, rt2, family.Same)
	s.pass(time.Millisecond)
	s.present(t, rt1, family.Reused)
}

// The same, after several replies were lost.
func TestReplacedTwice(t *testing.T) {
	s, rt0 := newServer(phones)
	rt1 := s.present(t, rt0, family.Rotated)
	s.pass(time.Hour)
	rt2 := s.present(t, rt0, family.Replaced)
	s.pass(time.Hour)
	rt3 := s.present(t, rt0, family.Replaced)
	if again := s.present(t, rt2, family.Replayed); again != rt3 {
		t.Error("the replaced token gave another one")
	}
	s.present(t, rt1, family.Reused)
	s.pass(lost - 2*time.Hour - time.Millisecond)
	s.present(t, rt0, family.Replaced)
	s.pass(grace)
	s.present(t, rt0, family.Reused) // LostReply counts from the first rotation
}

// A thief who presents a token that the client has rotated is caught when the client uses
// its token: in one generation.
func TestFollowerIsCaught(t *testing.T) {
	s, rt0 := newServer(phones)
	rt1 := s.present(t, rt0, family.Rotated) // the client has it, and waits
	s.pass(5 * time.Minute)
	s.present(t, rt0, family.Replaced) // the thief
	s.pass(10 * time.Minute)
	s.present(t, rt1, family.Reused) // the client
}

// As soon as the successor was presented, the predecessor is spent.
func TestConfirmedSuccessor(t *testing.T) {
	s, rt0 := newServer(phones)
	rt1 := s.present(t, rt0, family.Rotated)
	s.present(t, rt1, family.Same)
	if d := s.decide(rt1); d.Changed {
		t.Error("a confirmed token changes the state again")
	}
	if s.fam.State.Wrapped != [32]byte{} {
		t.Error("a key is kept for a replacement that cannot come")
	}
	s.pass(grace)
	s.present(t, rt0, family.Reused)
}

func TestWithoutLostReply(t *testing.T) {
	s, rt0 := newServer(strict)
	s.present(t, rt0, family.Rotated)
	if s.fam.State.Wrapped != [32]byte{} {
		t.Error("a key is kept for a replacement that cannot come")
	}
	s.pass(grace)
	s.present(t, rt0, family.Reused)
}

// Without the sealed text, a predecessor is answered with 503, and nothing ends.
func TestLostSuccessor(t *testing.T) {
	s, rt0 := newServer(phones)
	s.present(t, rt0, family.Rotated)
	for name, sealed := range map[string][]byte{
		"gone": nil, "short": s.fam.Sealed[1:], "changed": append([]byte{s.fam.Sealed[0] ^ 1}, s.fam.Sealed[1:]...), "zero": make([]byte, 52),
	} {
		f := s.fam
		f.Sealed = sealed
		if d := phones.Decide(f, rt0, s.now, family.NewSecret()); d.Outcome != family.Lost || d.Changed || d.Secret != "" {
			t.Errorf("%s: outcome %d", name, d.Outcome)
		}
	}
}

// The store has nothing of a token but hashes and sealed text, and the size of a state does
// not grow.
func TestStoreHasNoToken(t *testing.T) {
	s, token := newServer(phones)
	size := len(s.fam.State.Encode())
	for range 20 {
		lostToken := s.present(t, token, family.Rotated)
		s.pass(time.Hour)
		next := s.present(t, token, family.Replaced)
		stored := append(s.fam.State.Encode(), s.fam.Sealed...)
		for _, secret := range []family.Token{token, lostToken, next} {
			text := secret.Text()
			if bytes.Contains(stored, []byte(text[57:100])) {
				t.Fatal("a secret is in the store")
			}
		}
		if n := len(s.fam.State.Encode()); n != size || len(s.fam.Sealed) != 104 {
			t.Fatalf("a state of %d bytes, then of %d, and %d sealed", size, n, len(s.fam.Sealed))
		}
		token = next
		s.pass(time.Minute)
	}
}
