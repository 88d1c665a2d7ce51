package sessiontest

import (
	"time"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
)

var revoking = []Behaviour{
	{"a revoked token is of one subject", func(r Rig) {
		one, other := tag(), tag()
		token, second := [16]byte{1, 0xff}, [16]byte{2}
		r.must(r.RevokeToken(r.Context(), one, token, keep))
		if !r.checkToken(one, token) || !r.checkToken(one, second, token) || !r.checkToken(one, [16]byte{}, token) {
			r.Error("not revoked")
		}
		if r.checkToken(one, second) || r.checkToken(other, token) || r.checkToken(one) {
			r.Error("another token is revoked")
		}
	}},
	{"a token is revoked for keep", func(r Rig) {
		tag, token := tag(), [16]byte{3}
		r.must(r.RevokeToken(r.Context(), tag, token, keep))
		r.must(r.RevokeToken(r.Context(), tag, token, time.Minute)) // the longer one counts
		r.Pass(keep - time.Second)
		if !r.checkToken(tag, token) {
			r.Error("too early")
		}
		r.Pass(2 * time.Second)
		if r.checkToken(tag, token) {
			r.Error("too late")
		}
	}},
	{"a subject that is revoked has no session", func(r Rig) {
		one, other := tag(), tag()
		for n := range 3 {
			r.create(sid(one, n))
		}
		r.create(sid(other, 0))
		r.Pass(time.Second)
		ended, err := r.RevokeSubject(r.Context(), one, keep, 24*time.Hour)
		r.must(err)
		r.same(ended, []string{sid(one, 0), sid(one, 1), sid(one, 2)})
		r.same(r.ids(one), nil)
		r.same(r.ids(other), []string{sid(other, 0)})
		now := r.read(sid(other, 0)).Now
		v := r.check(one, sid(one, 1))
		if !v.Session {
			r.Errorf("%+v", v)
		}
		r.near("NotBefore", v.NotBefore, now, 0)
		if v := r.check(other, sid(other, 0)); v.Session || !v.NotBefore.IsZero() {
			r.Errorf("%+v", v)
		}
		r.commit(rotation(sid(one, 0), "state 0", "state 1"), sessionstore.Ended)
		again, err := r.RevokeSubject(r.Context(), one, keep, time.Minute)
		r.must(err)
		r.same(again, nil)
		r.Pass(24*time.Hour - time.Second)
		if r.check(one, "").NotBefore.IsZero() {
			r.Error("forgotten too early")
		}
		r.Pass(2 * time.Second)
		if !r.check(one, "").NotBefore.IsZero() {
			r.Error("remembered for too long")
		}
	}},
	{"a login after a revocation is later than it", func(r Rig) {
		tag := tag()
		for n := range 5 {
			_, err := r.RevokeSubject(r.Context(), tag, keep, 24*time.Hour)
			r.must(err)
			started := r.create(sid(tag, n)).Started
			v := r.check(tag, sid(tag, n))
			if v.Session || !v.Started.Equal(started) || !v.Started.After(v.NotBefore) {
				r.Fatalf("%+v, started %v", v, started)
			}
		}
	}},
	{"a check of nothing", func(r Rig) {
		tag := tag()
		if v := r.check(tag, ""); v != (sessionstore.Verdict{}) {
			r.Errorf("%+v", v)
		}
	}},
}
