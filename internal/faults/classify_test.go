package faults

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"
)

const unclassified = "unclassified"

// replies are the error replies of an unhealthy server.
var replies = []string{"CLUSTERDOWN", "MOVED", "ASK", "TRYAGAIN", "READONLY", "LOADING", "NOSCRIPT", "OOM", "NOAUTH", "MASTERDOWN"}

// classify returns a name for the error of a store whose server is not well. An error
// without a name is a case that the authors have not considered.
func classify(err error) string {
	// The decision of the caller comes first, because a deadline may wrap the error of
	// the connection that it ended.
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "deadline"
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, redis.ErrPoolTimeout), errors.Is(err, redis.ErrPoolExhausted):
		return "pool"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "eof"
	case errors.Is(err, net.ErrClosed), errors.Is(err, redis.ErrClosed):
		return "closed"
	}
	if reply, is := errors.AsType[redis.Error](err); is {
		for _, word := range replies {
			if strings.HasPrefix(reply.Error(), word+" ") || reply.Error() == word {
				return word
			}
		}
	}
	if timeout, is := errors.AsType[net.Error](err); is && timeout.Timeout() {
		return "timeout"
	}
	return unclassified
}

func TestClassify(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("take: %w", context.DeadlineExceeded), "deadline"},
		{&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, "reset"},
		{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, "refused"},
		{fmt.Errorf("take: %w", io.EOF), "eof"},
		{os.ErrDeadlineExceeded, "timeout"},
		{errors.New("i/o timeout"), unclassified},
		{errors.New("MOVED 1 a:1"), unclassified}, // not a reply
		{io.ErrShortWrite, unclassified},
	} {
		if got := classify(tt.err); got != tt.want {
			t.Errorf("%v: %s, not %s", tt.err, got, tt.want)
		}
	}
}
