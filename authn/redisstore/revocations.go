package redisstore

import (
	"context"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/internal/redisscript"
)

// RevokeToken implements sessionstore.Revocations.
func (s *Sessions) RevokeToken(ctx context.Context, tag string, token [16]byte, keep time.Duration) error {
	_, err := s.store.write(ctx, s.scripts.sessions, []string{s.key(tag)}, "token", token[:], millis(keep))
	return err
}

// RevokeSubject implements sessionstore.Revocations.
func (s *Sessions) RevokeSubject(ctx context.Context, tag string, keep, subjectKeep time.Duration) ([]string, error) {
	reply, err := s.store.write(ctx, s.scripts.sessions, []string{s.key(tag)}, "subject", millis(keep), millis(subjectKeep))
	if err != nil {
		return nil, err
	}
	return reply[1:], nil
}

// verdictInts is the number of integers in the reply of revoked.lua.
const verdictInts = 3

// The flags in the reply of revoked.lua.
const (
	tokenRevoked = 1 << iota
	sessionEnded
)

// Check implements sessionstore.Revocations, with one command. A session of a subject of which
// Redis has no data counts as ended: the package comment has a section about lost data.
func (s *Sessions) Check(ctx context.Context, q sessionstore.Query) (v sessionstore.Verdict, err error) {
	if len(q.Tag) != sessionstore.TagLen {
		return v, errSID
	}
	if err := s.store.checkEviction(ctx); err != nil {
		return v, err
	}
	c, _ := s.checks.Get().(*check)
	if c == nil {
		c = newCheck(s.sessions)
	}
	defer s.checks.Put(c)
	if err := s.store.do(ctx, func(ctx context.Context) error { return c.run(ctx, s, &q) }); err != nil {
		return v, err
	}
	if c.flags < 0 {
		_, err = s.store.checkFormat(s.key(q.Tag), []string{"format"})
		return v, err
	}
	v.Token, v.Session = c.flags&tokenRevoked != 0, c.flags&sessionEnded != 0
	v.Started, v.NotBefore = moment(c.started), moment(c.notBefore)
	return v, nil
}

// A check holds the arguments and the reply of one Check at a time. It is used again, so that
// a check allocates less than four times.
type check struct {
	call                      *redisscript.Call
	tagAt                     int // where the tag is in key
	key, sid                  []byte
	tokens                    [2][16]byte
	args                      [4]any // key, both tokens and sid, boxed once
	flags, started, notBefore int64
}

// sidLen is the length of the session IDs of package session.
const sidLen = 2 * sessionstore.TagLen

func newCheck(prefix string) *check {
	c := &check{
		call: redisscript.NewCall(verdictInts), tagAt: len(prefix),
		key: make([]byte, len(prefix)+sessionstore.TagLen+1), sid: make([]byte, sidLen),
	}
	copy(c.key, prefix)
	c.key[len(c.key)-1] = '}'
	c.args = [...]any{c.key, c.tokens[0][:], c.tokens[1][:], c.sid}
	return c
}

func (c *check) run(ctx context.Context, s *Sessions, q *sessionstore.Query) error {
	if s.store.client.Cluster() {
		c.call = redisscript.NewCall(verdictInts) // a Call is for one slot
	}
	copy(c.key[c.tagAt:], q.Tag)
	c.tokens = q.Tokens
	c.call.Begin(s.scripts.revoked, 1)
	c.call.Append(c.args[0])
	for i, token := range c.tokens {
		if token == [16]byte{} {
			c.call.Append("")
		} else {
			c.call.Append(c.args[1+i])
		}
	}
	if len(q.SID) == sidLen {
		copy(c.sid, q.SID)
		c.call.Append(c.args[3])
	} else {
		c.call.Append(q.SID)
	}
	reply, err := c.call.Do(ctx, s.store.client)
	if err == nil {
		err = reply.Check(verdictInts)
	}
	if err == nil {
		c.flags, c.started, c.notBefore = reply.Int(0), reply.Int(1), reply.Int(2)
	}
	return err
}
