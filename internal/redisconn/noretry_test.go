package redisconn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"

	"github.com/redis/go-redis/v9"
)

type reply string

func (r reply) Error() string { return string(r) }
func (reply) RedisError()     {}

// The cluster client can read only an error that says that a command did not run. The
// caller can read all errors, also if the hook has run twice.
func TestHiddenErrors(t *testing.T) {
	reloads := 0
	h := noRetry{reload: func() { reloads++ }}
	for _, c := range []struct {
		err             error
		hidden, reloads bool
	}{
		{io.EOF, true, true},
		{fmt.Errorf("x: %w", io.ErrUnexpectedEOF), true, true},
		{&net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}, true, true},
		{&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, true, true},
		{context.DeadlineExceeded, true, true},
		{redis.ErrPoolTimeout, true, true},
		{context.Canceled, true, false},
		{reply("TRYAGAIN Multiple keys request during rehashing of slot"), true, false},
		{reply("MOVED 866 127.0.0.1:1"), false, false},
		{reply("ASK 866 127.0.0.1:1"), false, false},
		{reply("READONLY You can't write against a read only replica."), false, false},
		{reply("NOSCRIPT No matching script."), false, false},
	} {
		reloads = 0
		once := h.hide(c.err)
		if got := !errors.Is(once, c.err); got != c.hidden || redis.IsTryAgainError(once) {
			t.Errorf("%v: hidden %t, want %t", c.err, got, c.hidden)
		}
		if got := reloads > 0; got != c.reloads {
			t.Errorf("%v: the slots are read again: %t, want %t", c.err, got, c.reloads)
		}
		if got := unhide(fmt.Errorf("outer: %w", h.hide(once))); !errors.Is(got, c.err) {
			t.Errorf("%v is lost: %v", c.err, got)
		}
	}
	if h.hide(nil) != nil || unhide(nil) != nil {
		t.Error("hide(nil) or unhide(nil) is an error")
	}
}
