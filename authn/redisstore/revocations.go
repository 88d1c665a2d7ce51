package redisstore

import (
	"context"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/internal/redisscript"
)

// RevokeToken implements sessionstore.Revocations.
func (s *Sessions) RevokeToken(ctx context.Context, tag string, token [16]byte, keep time.Duration) error {
	_, err := s.write(ctx, s.scripts.sessions, []string{s.key(tag)}, "token", token[:], millis(keep))
	return err
}

// RevokeSubject implements sessionstore.Revocations.
func (s *Sessions) RevokeSubject(ctx context.Context, tag string, keep, subjectKeep time.Duration) ([]string, error) {
	reply, err := s.write(ctx, s.scripts.sessions, []string{s.key(tag)}, "subject", millis(keep), millis(subjectKeep))
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
	if err := s.store.checkEviction(ctx); err != nil {
		return v, err
	}
	var reply redisscript.Reply
	err = s.store.do(ctx, func(ctx context.Context) (err error) {
		call := redisscript.NewCall(verdictInts)
		call.Begin(s.scripts.revoked, 1)
		call.Append(s.key(q.Tag), tokenArg(&q.Tokens[0]), tokenArg(&q.Tokens[1]), q.SID)
		if reply, err = call.Do(ctx, s.store.client); err == nil {
			err = reply.Check(verdictInts)
		}
		return err
	})
	if err != nil {
		return v, err
	}
	flags := reply.Int(0)
	if flags < 0 {
		_, err = s.checkFormat(s.key(q.Tag), []string{"format"})
		return v, err
	}
	v.Token, v.Session = flags&tokenRevoked != 0, flags&sessionEnded != 0
	v.Started, v.NotBefore = moment(reply.Int(1)), moment(reply.Int(2))
	return v, nil
}

// tokenArg returns the key of a token. A zero key is none.
func tokenArg(token *[16]byte) any {
	if *token == [16]byte{} {
		return ""
	}
	return token[:]
}
