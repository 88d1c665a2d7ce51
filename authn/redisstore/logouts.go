package redisstore

import (
	"context"
	_ "embed" // the script is a file of its own, so that editors read it as Lua
	"time"

	"github.com/go-sallyport/sallyport/authn/oauth/logoutstore"
	"github.com/go-sallyport/sallyport/internal/redisscript"
)

// Logouts is a logoutstore.Store in Redis: the logout tokens that were used, and the sessions at
// an identity provider that ended a moment ago. It is safe for concurrent use. The clock of
// Redis ends the entries.
type Logouts struct {
	store  *Store
	script *redisscript.Script
}

var (
	//go:embed logouts.lua
	logoutsSource string
	logoutsScript = redisscript.New(logoutsSource, 0)

	_ logoutstore.Store = (*Logouts)(nil)
)

// Logouts returns the logouts that have the Prefix of s. It does not connect.
func (s *Store) Logouts() *Logouts { return &Logouts{store: s, script: logoutsScript} }

func (l *Logouts) key(name string) string { return l.store.prefix + ":logout:" + name }

// Note implements logoutstore.Store.
func (l *Logouts) Note(ctx context.Context, name string, at time.Time, keep time.Duration) error {
	_, err := l.store.write(ctx, l.script, []string{l.key(name)}, at.UnixMilli(), millis(keep))
	return err
}

// Noted implements logoutstore.Store.
func (l *Logouts) Noted(ctx context.Context, name string) (time.Time, error) {
	reply, err := l.store.call(ctx, l.script, []string{l.key(name)}, "", 0)
	switch {
	case err != nil:
		return time.Time{}, err
	case len(reply) != 2:
		return time.Time{}, errReply
	}
	return parseMoment(reply[1])
}
