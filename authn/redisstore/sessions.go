package redisstore

import (
	"context"
	_ "embed" // the scripts are files of their own, so that editors read them as Lua
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/internal/redisscript"
)

// Sessions is a sessionstore.Store in Redis: the sessions, and the revocations of access
// tokens. It is safe for concurrent use. The clock of Redis decides, and every key has a
// time to live.
type Sessions struct {
	store    *Store
	sessions string // the beginning of the key of a subject, up to its tag
	upstream string // the same for a session at the identity provider
	scripts  sessionScripts
	checks   sync.Pool // of *check
}

// sessionScripts are the scripts of a Sessions. The tests give them other clocks.
type sessionScripts struct{ sessions, upstream, revoked *redisscript.Script }

var (
	//go:embed sessions.lua
	sessionsSource string
	//go:embed upstream.lua
	upstreamSource string
	//go:embed revoked.lua
	revokedSource string

	theScripts = newSessionScripts(sessionsSource, upstreamSource, revokedSource)
)

func newSessionScripts(sessions, upstream, revoked string) sessionScripts {
	return sessionScripts{redisscript.New(sessions, 0), redisscript.New(upstream, 0), redisscript.New(revoked, verdictInts)}
}

var _ sessionstore.Store = (*Sessions)(nil)

// Sessions returns the sessions and revocations that have the Prefix of s. It does not
// connect.
func (s *Store) Sessions() *Sessions {
	return &Sessions{store: s, sessions: s.prefix + ":sessions:{", upstream: s.prefix + ":upstream:{", scripts: theScripts}
}

var (
	errSID        = errors.New("redisstore: not a session ID")
	errEndedAgain = errors.New("redisstore: the session was created before, and has ended")
	errReply      = errors.New("redisstore: a reply of another form")
)

// key returns the key of the hash of a subject.
func (s *Sessions) key(tag string) string { return s.sessions + tag + "}" }

// keysOf returns the key of the subject of a session, and the key of the sealed text of the
// session.
func (s *Sessions) keysOf(sid string) ([]string, error) {
	if len(sid) <= sessionstore.TagLen {
		return nil, errSID
	}
	key := s.key(sid[:sessionstore.TagLen])
	return []string{key, key + ":" + sid[sessionstore.TagLen:]}, nil
}

// Create implements sessionstore.Store. A late retry, of a session that has ended meanwhile,
// is an error.
func (s *Sessions) Create(ctx context.Context, c sessionstore.Creation) (created sessionstore.Created, err error) {
	keys, err := s.keysOf(c.SID)
	if err != nil {
		return created, err
	}
	refuse := 0
	if c.Refuse {
		refuse = 1
	}
	reply, err := s.store.write(ctx, s.scripts.sessions, keys[:1], "create", c.SID,
		millis(c.Idle), millis(c.Absolute), millis(c.Access), c.Max, refuse, millis(c.Keep), c.Data, c.State)
	switch {
	case err != nil:
		return created, err
	case reply[0] == "full":
		return sessionstore.Created{Full: true}, nil
	case reply[0] == "ended":
		return created, errEndedAgain
	case len(reply) < 3:
		return created, errReply
	}
	created.Ended = reply[3:]
	if created.Started, err = parseMoment(reply[1]); err == nil {
		created.Expires, err = parseMoment(reply[2])
	}
	return created, err
}

// Read implements sessionstore.Store. With Config.Replicas, it reports that a session has
// ended only if the replicas know that too: a logout that is tried again after
// ErrNotReplicated finds that the session has ended.
func (s *Sessions) Read(ctx context.Context, sid string) (r sessionstore.Record, found bool, err error) {
	keys, err := s.keysOf(sid)
	if err != nil {
		return r, false, err
	}
	reply, err := s.store.call(ctx, s.scripts.sessions, keys, "read", sid)
	switch {
	case err != nil:
		return r, false, err
	case reply[0] == "ended" && s.store.replicas > 0:
		_, err = s.End(ctx, []string{sid}, 0)
		return r, false, err
	case reply[0] != "found":
		return r, false, nil
	}
	r, err = recordOf(sid, reply)
	return r, err == nil, err
}

// recordOf reads a reply with a record.
func recordOf(sid string, reply []string) (sessionstore.Record, error) {
	if len(reply) != 4 {
		return sessionstore.Record{}, errReply
	}
	now, err := parseMoment(reply[1])
	if err != nil {
		return sessionstore.Record{}, errReply
	}
	r, err := parseRecord(sid, reply[2], reply[3], now)
	if err != nil {
		return r, fmt.Errorf("redisstore: session %s: %w", sid, err)
	}
	return r, nil
}

// Commit implements sessionstore.Store.
func (s *Sessions) Commit(ctx context.Context, c sessionstore.Commit) (sessionstore.Record, sessionstore.Outcome, error) {
	keys, err := s.keysOf(c.SID)
	if err != nil {
		return sessionstore.Record{}, 0, err
	}
	kind, sealedFor := "use", int64(0)
	switch {
	case c.New == nil:
	case c.Rotates && len(c.Sealed) > 0:
		kind, sealedFor = "rotate", millis(c.SealedFor)
	case c.Rotates:
		kind = "rotate"
	default:
		kind = "change"
	}
	reply, err := s.store.write(ctx, s.scripts.sessions, keys, "commit", c.SID,
		millis(c.Idle), millis(c.Access), kind, c.Old, c.New, c.Sealed, sealedFor, millis(c.Every))
	if err != nil {
		return sessionstore.Record{}, 0, err
	}
	outcome := sessionstore.Applied
	switch reply[0] {
	case "ended":
		return sessionstore.Record{}, sessionstore.Ended, nil
	case "applied":
	case "conflict":
		outcome = sessionstore.Conflict
	default:
		return sessionstore.Record{}, 0, errReply
	}
	r, err := recordOf(c.SID, reply)
	if err != nil {
		return r, 0, err
	}
	return r, outcome, nil
}

// End implements sessionstore.Store.
func (s *Sessions) End(ctx context.Context, sids []string, keep time.Duration) ([]string, error) {
	args := []any{"end", millis(keep)}
	for _, sid := range sids {
		if len(sid) <= sessionstore.TagLen || sid[:sessionstore.TagLen] != sids[0][:sessionstore.TagLen] {
			return nil, errSID
		}
		args = append(args, sid)
	}
	if len(sids) == 0 {
		return nil, errSID
	}
	reply, err := s.store.write(ctx, s.scripts.sessions, []string{s.key(sids[0][:sessionstore.TagLen])}, args...)
	if err != nil {
		return nil, err
	}
	return reply[1:], nil
}

// List implements sessionstore.Store.
func (s *Sessions) List(ctx context.Context, tag string) (all []sessionstore.Record, now time.Time, err error) {
	reply, err := s.store.call(ctx, s.scripts.sessions, []string{s.key(tag)}, "list", "")
	if err != nil {
		return nil, now, err
	}
	if len(reply)%2 != 0 {
		return nil, now, errReply
	}
	if now, err = parseMoment(reply[1]); err != nil {
		return nil, now, errReply
	}
	for i := 2; i < len(reply); i += 2 {
		r, err := parseRecord(reply[i], reply[i+1], "", now)
		if err != nil {
			return nil, now, fmt.Errorf("redisstore: session %s: %w", reply[i], err)
		}
		all = append(all, r)
	}
	return all, now, nil
}
