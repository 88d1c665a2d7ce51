package sessionfaults

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
)

// plain is a store on Redis that is too slow for users, and simple enough to be right: one
// value has all data of a subject, and each change compares and sets it. The proofs are
// calibrated with it. It has the methods that the proofs call.
type plain struct {
	sessionstore.Store
	client  redis.UniversalClient
	wait    bool // for one replica, before a change is confirmed
	patient bool // ignores the deadline of a call
}

type plainSubject struct {
	Sessions map[string]plainSession
	Ended    map[string]time.Time // when the revocation of a session ends
}

type plainSession struct {
	sessionstore.Record
	SealedUntil time.Time
}

const (
	plainRead = `local t = redis.call('TIME') return {redis.call('GET', KEYS[1]) or '', t[1] * 1000 + math.floor(t[2] / 1000)}`
	plainSet  = `if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end redis.call('SET', KEYS[1], ARGV[2]) return 1`
	waitLimit = 100 // ms
)

var errNotReplicated = errors.New("the change has reached no replica")

// change lets f change the data of a subject. It begins again if the data have changed
// meanwhile.
func (s plain) change(ctx context.Context, tag string, f func(now time.Time, d *plainSubject) (changed bool)) error {
	if s.patient {
		ctx = context.WithoutCancel(ctx)
	}
	key := []string{"plain:{" + tag + "}"}
	for {
		reply, err := s.client.Eval(ctx, plainRead, key).Slice()
		if err != nil {
			return err
		}
		text, now := reply[0].(string), time.UnixMilli(reply[1].(int64))
		d := plainSubject{map[string]plainSession{}, map[string]time.Time{}}
		if text != "" {
			if err := json.Unmarshal([]byte(text), &d); err != nil {
				return err
			}
		}
		if !f(now, &d) {
			return nil
		}
		next, err := json.Marshal(d)
		if err != nil {
			return err
		}
		pipe := s.client.Pipeline()
		set := pipe.Eval(ctx, plainSet, key, text, string(next))
		var replicas *redis.Cmd
		if s.wait {
			replicas = pipe.Do(ctx, "WAIT", 1, waitLimit)
		}
		if _, err := pipe.Exec(ctx); err != nil {
			return err
		}
		if n, err := set.Int(); err != nil || n == 0 {
			if err != nil {
				return err
			}
			continue
		}
		if s.wait {
			if n, err := replicas.Int(); err != nil || n == 0 {
				return fmt.Errorf("%w: %w", errNotReplicated, errors.Join(err))
			}
		}
		return nil
	}
}

func (s plain) Create(ctx context.Context, c sessionstore.Creation) (out sessionstore.Created, err error) {
	err = s.change(ctx, c.SID[:sessionstore.TagLen], func(now time.Time, d *plainSubject) bool {
		if old, is := d.Sessions[c.SID]; is {
			out = sessionstore.Created{Started: old.Started, Expires: old.Expires}
			return false
		}
		r := sessionstore.Record{
			SID: c.SID, Data: c.Data, State: c.State, Started: now, LastUsed: now,
			Expires: now.Add(c.Idle), Ends: now.Add(c.Absolute), AccessUntil: now.Add(c.Access),
		}
		d.Sessions[c.SID] = plainSession{Record: r}
		out = sessionstore.Created{Started: r.Started, Expires: r.Expires}
		return true
	})
	return out, err
}

func (s plain) Read(ctx context.Context, sid string) (r sessionstore.Record, found bool, err error) {
	err = s.change(ctx, sid[:sessionstore.TagLen], func(now time.Time, d *plainSubject) bool {
		var one plainSession
		one, found = d.Sessions[sid]
		r = one.at(now)
		return false
	})
	return r, found, err
}

// at returns the record as a caller gets it at now.
func (p plainSession) at(now time.Time) sessionstore.Record {
	if p.Now = now; !now.Before(p.SealedUntil) {
		p.Sealed = nil
	}
	return p.Record
}

func (s plain) Commit(ctx context.Context, c sessionstore.Commit) (r sessionstore.Record, o sessionstore.Outcome, err error) {
	err = s.change(ctx, c.SID[:sessionstore.TagLen], func(now time.Time, d *plainSubject) bool {
		one, found := d.Sessions[c.SID]
		if o = sessionstore.Ended; !found || !now.Before(one.Expires) {
			return false
		}
		one.LastUsed, one.Expires = now, now.Add(c.Idle)
		if until := now.Add(c.Access); until.After(one.AccessUntil) {
			one.AccessUntil = until
		}
		o = sessionstore.Applied
		switch {
		case c.New == nil:
		case !bytes.Equal(one.State, c.Old):
			o = sessionstore.Conflict
		default:
			if one.State = c.New; c.Rotates {
				one.Rotated, one.Sealed, one.SealedUntil = now, c.Sealed, now.Add(c.SealedFor)
			}
		}
		d.Sessions[c.SID], r = one, one.at(now)
		return true
	})
	return r, o, err
}

func (s plain) End(ctx context.Context, sids []string, keep time.Duration) (ended []string, err error) {
	err = s.change(ctx, sids[0][:sessionstore.TagLen], func(now time.Time, d *plainSubject) bool {
		ended = nil
		for _, sid := range sids {
			one, found := d.Sessions[sid]
			if !found {
				continue
			}
			delete(d.Sessions, sid)
			if d.Ended[sid] = now.Add(keep); one.AccessUntil.After(d.Ended[sid]) {
				d.Ended[sid] = one.AccessUntil
			}
			ended = append(ended, sid)
		}
		return ended != nil
	})
	return ended, err
}

func (s plain) Check(ctx context.Context, q sessionstore.Query) (v sessionstore.Verdict, err error) {
	err = s.change(ctx, q.Tag, func(now time.Time, d *plainSubject) bool {
		v = sessionstore.Verdict{Session: now.Before(d.Ended[q.SID]), Started: d.Sessions[q.SID].Started}
		return false
	})
	return v, err
}
