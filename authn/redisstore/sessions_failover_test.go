package redisstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

// A failover, or a restart from an old file, brings back an earlier state of a subject. A
// step is one call of a store, with a description of its answer without times.
type step struct {
	name string
	run  func(ctx context.Context, s sessionstore.Store) (string, error)
}

var (
	sidA, sidB, sidC = testTag + strings.Repeat("A", 26), testTag + strings.Repeat("B", 26), testTag + strings.Repeat("C", 26)
	allSIDs          = []string{sidA, sidB, sidC}
	leaked           = [16]byte{7, 0xff}
	upstreamKey      = strings.Repeat("U", 26)
)

func createStep(sid string, most int, refuse bool) step {
	return step{fmt.Sprintf("create %s %d %v", sid[50:], most, refuse), func(ctx context.Context, s sessionstore.Store) (string, error) {
		c := testCreation(sid)
		c.Max, c.Refuse = most, refuse
		out, err := s.Create(ctx, c)
		return fmt.Sprint(out.Full, out.Started.IsZero(), sortedIDs(out.Ended)), err
	}}
}

func commitStep(c sessionstore.Commit) step {
	return step{fmt.Sprintf("commit %s %s", c.SID[50:], c.New), func(ctx context.Context, s sessionstore.Store) (string, error) {
		r, outcome, err := s.Commit(ctx, c)
		return fmt.Sprint(outcome, describe(r)), err
	}}
}

func endStep(sids ...string) step {
	return step{fmt.Sprint("end ", len(sids)), func(ctx context.Context, s sessionstore.Store) (string, error) {
		ended, err := s.End(ctx, sids, 16*time.Minute)
		return fmt.Sprint(sortedIDs(ended)), err
	}}
}

var (
	subjectStep = step{"revoke subject", func(ctx context.Context, s sessionstore.Store) (string, error) {
		ended, err := s.RevokeSubject(ctx, testTag, 16*time.Minute, 24*time.Hour)
		return fmt.Sprint(sortedIDs(ended)), err
	}}
	tokenStep = step{"revoke token", func(ctx context.Context, s sessionstore.Store) (string, error) {
		return "", s.RevokeToken(ctx, testTag, leaked, 16*time.Minute)
	}}
	linkStep = step{"link", func(ctx context.Context, s sessionstore.Store) (string, error) {
		until, err := s.Link(ctx, sessionstore.Link{Upstream: upstreamKey, SID: sidA, Started: time.Unix(1000, 0), Keep: time.Hour})
		return fmt.Sprint(until.UnixMilli()), err
	}}
	linkedStep = step{"linked", func(ctx context.Context, s sessionstore.Store) (string, error) {
		sids, err := s.Linked(ctx, upstreamKey, time.Unix(2000, 0), time.Hour)
		return fmt.Sprint(sortedIDs(sids)), err
	}}

	// history is what one master does. Each of its states may come back.
	history = []step{
		createStep(sidA, 0, false), linkStep,
		commitStep(testRotation(sidA, "state 0", "state 1")),
		createStep(sidB, 2, true), tokenStep,
		commitStep(testRotation(sidA, "state 1", "state 2")),
		commitStep(sessionstore.Commit{SID: sidB, Idle: time.Hour, Access: time.Minute, Old: []byte("state 0"), New: []byte("confirmed")}),
		endStep(sidA), linkedStep, subjectStep,
	}

	// later are the steps that may come to any of these states, besides those of history.
	later = []step{
		createStep(sidC, 1, false), createStep(sidC, 2, true), endStep(sidA, sidB),
		commitStep(sessionstore.Commit{SID: sidA, Idle: time.Hour, Access: time.Minute}),
		commitStep(sessionstore.Commit{SID: sidA, Idle: time.Hour, Old: []byte("state 2"), New: []byte("state 3"), Rotates: true}),
	}
)

func sortedIDs(sids []string) (ends []string) {
	for _, sid := range sids {
		ends = append(ends, sid[50:])
	}
	slices.Sort(ends)
	return ends
}

func describe(r sessionstore.Record) string {
	return fmt.Sprintf("%q %q %q %v %v", r.Data, r.State, r.Sealed, r.Rotated.IsZero(), r.AccessUntil.IsZero())
}

// view describes all that a store answers about the subject, without times.
func view(ctx context.Context, s sessionstore.Store, empty bool) (string, error) {
	var b strings.Builder
	var errs []error
	for _, sid := range allSIDs {
		r, found, err := s.Read(ctx, sid)
		v, checkErr := s.Check(ctx, sessionstore.Query{Tag: testTag, SID: sid})
		// A session of a subject without any data counts as ended, if it is asked for.
		ended := v.Session && !empty
		fmt.Fprintln(&b, sid[50:], found, describe(r), ended, v.Started.IsZero(), found && r.Started.Equal(v.Started))
		errs = append(errs, err, checkErr)
	}
	v, err := s.Check(ctx, sessionstore.Query{Tag: testTag, Tokens: [2][16]byte{{}, leaked}})
	list, now, listErr := s.List(ctx, testTag)
	for _, r := range list {
		errs = append(errs, missing(r.SID == "" || !now.Before(r.Expires)))
	}
	fmt.Fprintln(&b, v.Token, v.Session, v.NotBefore.IsZero(), len(list))
	return b.String(), errors.Join(append(errs, err, listErr)...)
}

func missing(is bool) error {
	if is {
		return errors.New("a record without its values")
	}
	return nil
}

// A savedKey is a key of a state.
type savedKey struct {
	name, dump string
	life       int64
}

// save returns the keys of the server. Each has a time to live.
func save(ctx context.Context, s *Sessions) (state []savedKey, err error) {
	for _, name := range s.store.client.Keys(ctx, "*").Val() {
		life := s.store.client.PTTL(ctx, name).Val().Milliseconds()
		if life <= 0 {
			return nil, fmt.Errorf("%s has no time to live", name)
		}
		state = append(state, savedKey{name, s.store.client.Dump(ctx, name).Val(), life})
	}
	return state, nil
}

func restore(ctx context.Context, s *Sessions, state []savedKey) error {
	err := s.store.client.FlushAll(ctx).Err()
	for _, k := range state {
		err = errors.Join(err, s.store.client.Restore(ctx, k.name, time.Duration(k.life)*time.Millisecond, k.dump).Err())
	}
	return err
}

// playEveryState runs each step twice on each state of history, and compares each answer, and
// the state after it, with a memory store that has done the same from the start.
func playEveryState(ctx context.Context, s *Sessions) error {
	if err := s.store.client.FlushAll(ctx).Err(); err != nil {
		return err
	}
	states := [][]savedKey{nil}
	for _, h := range history {
		if _, err := h.run(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", h.name, err)
		}
		state, err := save(ctx, s)
		if err != nil {
			return err
		}
		states = append(states, state)
	}
	for i, state := range states {
		for _, next := range slices.Concat(history, later) {
			if err := playState(ctx, s, state, history[:i], next); err != nil {
				return fmt.Errorf("after %d steps, %s: %w", i, next.name, err)
			}
		}
	}
	return nil
}

func playState(ctx context.Context, s *Sessions, state []savedKey, done []step, next step) error {
	memory := new(sessionstore.Memory)
	for _, h := range done {
		if _, err := h.run(ctx, memory); err != nil {
			return err
		}
	}
	if err := restore(ctx, s, state); err != nil {
		return err
	}
	for range 2 {
		got, err := next.run(ctx, s)
		if errors.Is(err, errEndedAgain) { // memory has no late retries
			return nil
		}
		want, wantErr := next.run(ctx, memory)
		if err := errors.Join(err, wantErr); err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("answer\n%s\nwant\n%s", got, want)
		}
		if _, err := save(ctx, s); err != nil {
			return err
		}
		empty := s.store.client.Exists(ctx, s.key(testTag)).Val() == 0
		if got, err = view(ctx, s, empty); err != nil {
			return err
		}
		if want, err = view(ctx, memory, false); err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("state\n%s\nwant\n%s", got, want)
		}
	}
	return nil
}

func TestStepsOfEveryEarlierState(t *testing.T) {
	s := newStore(t, redistest.Start(t).Addr, Config{}).Sessions()
	if err := playEveryState(t.Context(), s); err != nil {
		t.Error(err)
	}
}

// The test has to detect scripts that do not survive a failover.
func TestEarlierStatesDetectBrokenScripts(t *testing.T) {
	s := newStore(t, redistest.Start(t).Addr, Config{}).Sessions()
	for name, edit := range map[string][2]string{
		"a change of any state":             {"state ~= ARGV[6]", "false"},
		"a use is refused after a change":   {"ARGV[5] ~= 'use' and state", "state"},
		"an end that revokes nothing":       {"redis.call('HSET', key, 'e' .. id, text(ends))", ""},
		"an end that keeps the session":     {"redis.call('HDEL', key, 's' .. id)", ""},
		"a sealed text outlives a rotation": {"redis.call('DEL', KEYS[2])", ""},
		"a retry of create starts again":    {"local v = redis.call('HGET', key, 's' .. sid)\n  if v then", "local v\n  if v then"},
		"a key that never expires":          {"redis.call('PEXPIRE', key, text(life))", ""},
		"a token that is not kept":          {"redis.call('HSET', key, 't' .. ARGV[2], text(ends))", ""},
	} {
		source := strings.Replace(sessionsSource, edit[0], edit[1], 1)
		if source == sessionsSource {
			t.Fatalf("%s: nothing to break", name)
		}
		s.scripts = newSessionScripts(source, upstreamSource, revokedSource)
		err := playEveryState(t.Context(), s)
		if t.Logf("%s: %v", name, err); err == nil {
			t.Errorf("%s: not detected", name)
		}
	}
}
