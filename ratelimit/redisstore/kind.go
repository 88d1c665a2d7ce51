package redisstore

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/redis/go-redis/v9"
)

// A Kind is the reason why Redis has decided nothing, for a metric or an alarm. Its
// String is a label. Its other methods tell which reaction fits.
type Kind uint8

// The comments name the error, or the reply of the server, behind each kind.
const (
	kindUnexpected   Kind = iota // anything else
	kindCanceled                 // the caller's context was cancelled
	kindDeadline                 // no reply in time
	kindRefused                  // no connection could be made
	kindReset                    // the connection broke
	kindEOF                      // the server closed the connection
	kindPool                     // no connection was free, or the server has too many
	kindClosed                   // the Store is closed
	kindClusterDown              // CLUSTERDOWN or MASTERDOWN
	kindMoved                    // MOVED, ASK, TRYAGAIN or CROSSSLOT that redirects did not solve
	kindReadOnly                 // a replica was asked, as after a failover
	kindLoading                  // the server reads its data, or runs a long script
	kindNoScript                 // the script was unknown, even when sent in full
	kindOutOfMemory              // maxmemory is reached
	kindNotPermitted             // NOAUTH, WRONGPASS or NOPERM
	kindEvicts                   // maxmemory-policy evicts counts
	kindCorrupt                  // the key holds a value that this package did not write
)

var kinds = [...]struct {
	name                                   string
	unreachable, misconfigured, mayHaveRun bool
}{
	kindUnexpected:   {name: "unexpected", mayHaveRun: true},
	kindCanceled:     {name: "canceled", mayHaveRun: true},
	kindDeadline:     {name: "deadline", unreachable: true, mayHaveRun: true},
	kindRefused:      {name: "refused", unreachable: true},
	kindReset:        {name: "reset", unreachable: true, mayHaveRun: true},
	kindEOF:          {name: "eof", unreachable: true, mayHaveRun: true},
	kindPool:         {name: "pool", unreachable: true},
	kindClosed:       {name: "closed"},
	kindClusterDown:  {name: "cluster_down", unreachable: true},
	kindMoved:        {name: "moved", misconfigured: true},
	kindReadOnly:     {name: "read_only", misconfigured: true},
	kindLoading:      {name: "loading", unreachable: true},
	kindNoScript:     {name: "no_script", misconfigured: true},
	kindOutOfMemory:  {name: "oom", misconfigured: true},
	kindNotPermitted: {name: "no_auth", misconfigured: true},
	kindEvicts:       {name: "evicts", misconfigured: true},
	kindCorrupt:      {name: "corrupt"},
}

// String returns "canceled", "deadline", "refused", "reset", "eof", "pool", "closed",
// "cluster_down", "moved", "read_only", "loading", "no_script", "oom", "no_auth",
// "evicts", "corrupt" or "unexpected".
func (k Kind) String() string { return kinds[k.orUnexpected()].name }

// MarshalText returns the String of k, for logs and metrics that write a Kind as text.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// orUnexpected returns k, or kindUnexpected if k is not one of the constants.
func (k Kind) orUnexpected() Kind {
	if int(k) < len(kinds) {
		return k
	}
	return kindUnexpected
}

// Unreachable reports whether no server was ready to decide in time: the network or
// Redis is down, slow, full of clients or starting.
func (k Kind) Unreachable() bool { return kinds[k.orUnexpected()].unreachable }

// Misconfigured reports whether Redis answered and refused the script. Redis refuses
// every further call too, until the configuration of the server or of the client
// changes, or a failover ends.
func (k Kind) Misconfigured() bool { return kinds[k.orUnexpected()].misconfigured }

// MayHaveRun reports whether the script may have run although its reply is missing.
// Units may have been spent, and a second attempt may spend them again.
func (k Kind) MayHaveRun() bool { return kinds[k.orUnexpected()].mayHaveRun }

func kindOf(err error) Kind {
	if e, ok := errors.AsType[redis.Error](err); ok {
		return kindOfReply(e.Error())
	}
	if n, ok := errors.AsType[net.Error](err); ok && n.Timeout() {
		return kindDeadline
	}
	op, ok := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(err, errCorrupt):
		return kindCorrupt
	case errors.Is(err, context.Canceled):
		return kindCanceled
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return kindDeadline
	case errors.Is(err, redis.ErrPoolTimeout), errors.Is(err, redis.ErrPoolExhausted):
		return kindPool
	case errors.Is(err, redis.ErrClosed):
		return kindClosed
	case errors.Is(err, syscall.ECONNREFUSED), ok && op.Op == "dial":
		return kindRefused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed):
		return kindReset
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return kindEOF
	}
	return kindUnexpected
}

var replyKinds = []struct {
	word string
	kind Kind
}{
	{"CLUSTERDOWN", kindClusterDown},
	{"MASTERDOWN", kindClusterDown},
	{"MOVED", kindMoved},
	{"ASK", kindMoved},
	{"TRYAGAIN", kindMoved},
	{"CROSSSLOT", kindMoved},
	{"READONLY", kindReadOnly},
	{"LOADING", kindLoading},
	{"BUSY", kindLoading},
	{"NOSCRIPT", kindNoScript},
	{"OOM", kindOutOfMemory},
	{"NOAUTH", kindNotPermitted},
	{"WRONGPASS", kindNotPermitted},
	{"NOPERM", kindNotPermitted},
	{"WRONGTYPE", kindCorrupt},
}

// kindOfReply recognizes a reply by its first word. A server before version 7.0 wraps
// the error of a script in a text of its own, and puts the word after a dash.
func kindOfReply(text string) Kind {
	switch {
	case strings.HasPrefix(text, "ERR max number of clients"):
		return kindPool
	case strings.Contains(text, "The user executing the script "), // since version 7.0, without the word NOPERM
		strings.HasPrefix(text, "ERR Protocol error: unauthenticated "): // the script is longer than a client may send without a password
		return kindNotPermitted
	}
	word, _, _ := strings.Cut(text, " ")
	for _, r := range replyKinds {
		if word == r.word || strings.Contains(text, "-"+r.word+" ") {
			return r.kind
		}
	}
	return kindUnexpected
}
