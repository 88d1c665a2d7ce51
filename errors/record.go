package httperr

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// record writes what is known of a request once it is over. Every attribute is
// a fixed scalar; the raw path, the query, headers and bodies are never among
// them, for that is where secrets and forged log lines come from.
func (m *Middleware) record(r *http.Request, rec *carrier.Record, t *tracker, took time.Duration, aborted bool) {
	f := rec.Facts()
	status := t.status
	switch {
	case t.hijacked:
		status = http.StatusSwitchingProtocols
	case status == 0 && f.Status == errClientClosed.Status:
		status = f.Status
	case status == 0:
		status = http.StatusOK // net/http sends it when the handler says nothing
	}
	level := slog.LevelInfo
	if status >= 500 || f.Code == "panic" {
		level = slog.LevelError
	}
	if !m.logger.Enabled(r.Context(), level) {
		return
	}
	attrs := [16]slog.Attr{
		slog.String("correlation_id", f.CorrelationID),
		slog.String("method", method(r.Method)),
		slog.String("route", route(r, f.Route)),
		slog.Int("status", status),
		slog.Int64("bytes", t.bytes),
		slog.Duration("duration", took),
	}
	n := 6
	add := func(key, value string) {
		if value != "" {
			attrs[n] = slog.String(key, value)
			n++
		}
	}
	if f.Client.IsValid() {
		add("client", f.Client.String())
	}
	add("principal", f.Subject)
	add("auth", f.AuthMethod)
	add("rule", f.Rule)
	add("limit", f.Limit)
	add("code", f.Code)
	if f.Cause != nil {
		if cause := f.Cause.Error(); cause != f.Code {
			add("cause", clean(cause))
		}
	}
	if aborted {
		attrs[n] = slog.Bool("aborted", true)
		n++
	}
	// The request may have been cancelled; the record of it must be written.
	m.logger.LogAttrs(context.WithoutCancel(r.Context()), level, "request", attrs[:n]...)
}

func (m *Middleware) logPanic(r *http.Request, rec *carrier.Record, p any, stack []byte) {
	m.logger.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelError, "panic",
		slog.String("correlation_id", rec.Facts().CorrelationID),
		slog.String("value", clean(fmt.Sprint(p))),
		slog.String("stack", string(stack)),
	)
}

// route returns the pattern of the router without its method, or "unmatched".
func route(r *http.Request, noted string) string {
	pattern := noted
	if pattern == "" {
		pattern = r.Pattern
	}
	if _, path, ok := strings.Cut(pattern, " "); ok {
		pattern = path
	}
	if pattern == "" {
		return "unmatched"
	}
	return pattern
}

// method bounds the values of the label: a client may send any token.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return m
	}
	return "other"
}

// maxLogged bounds text that input may have had a part in, in bytes.
const maxLogged = 2 << 10

// clean makes such text safe for a log: control and bidirectional characters,
// with which a line can be forged or disguised, become spaces.
func clean(s string) string {
	cut := len(s) > maxLogged
	if cut {
		s = s[:maxLogged]
	}
	s = strings.Map(func(c rune) rune {
		switch {
		case c < 0x20, 0x7f <= c && c < 0xa0,
			c == '\u061c', c == '\u200e', c == '\u200f', c == '\ufeff',
			'\u2028' <= c && c <= '\u202e', '\u2066' <= c && c <= '\u2069':
			return ' '
		}
		return c
	}, s)
	if cut {
		s += " (truncated)"
	}
	return s
}
