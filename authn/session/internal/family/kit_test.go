package family_test

import (
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/internal/family"
)

// A server is one family on a store that keeps what it is told, for the tests.
type server struct {
	policy family.Policy
	id     string
	fam    family.Family
	sealed time.Time // when Sealed must be gone
	now    time.Time
}

func newServer(p family.Policy) (*server, family.Token) {
	s := &server{policy: p, id: family.NewID(string(make26('A'))), now: time.UnixMilli(1_000_000)}
	secret := family.NewSecret()
	s.fam = family.Family{Key: family.NewKey(), State: family.State{Current: family.HashOf(secret)}}
	return s, family.New(s.id, secret, s.fam.Key)
}

func make26(c byte) []byte {
	b := make([]byte, family.TagLen)
	for i := range b {
		b[i] = c
	}
	return b
}

func (s *server) pass(d time.Duration) { s.now = s.now.Add(d) }

// decide decides about a token, with the state as it is stored now.
func (s *server) decide(t family.Token) family.Decision {
	f := s.fam
	if !s.now.Before(s.sealed) {
		f.Sealed = nil
	}
	return s.policy.Decide(f, t, s.now, family.NewSecret())
}

// store stores a decision, and returns the token for the client. The state goes through the
// form that a store keeps.
func (s *server) store(d family.Decision) (family.Token, bool) {
	if d.Changed {
		state, err := family.DecodeState(d.Next.Encode())
		if err != nil {
			panic(err)
		}
		s.fam.State = state
		if d.Rotates() {
			s.fam.Rotated, s.fam.Sealed, s.sealed = s.now, d.Sealed, s.now.Add(s.policy.Grace)
		}
	}
	if !d.Outcome.Gives() {
		return family.Token{}, false
	}
	return family.New(s.id, d.Secret, s.fam.Key), true
}

// present presents a token, and requires the outcome.
func (s *server) present(t *testing.T, token family.Token, want family.Outcome) family.Token {
	t.Helper()
	d := s.decide(token)
	if d.Outcome != want {
		t.Fatalf("outcome %d, want %d", d.Outcome, want)
	}
	next, _ := s.store(d)
	return next
}
