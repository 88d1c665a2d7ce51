package audit

import (
	"context"
	"log/slog"

	"github.com/go-sallyport/sallyport/internal/sanitize"
)

// Log returns a Sink that writes each record to logger as the message
// "request". The level is error if the server failed, else info. Nil is the
// logger that slog.Default returns when Log is called. The attribute duration is a
// time.Duration: slog.JSONHandler writes it as a number of nanoseconds.
func Log(logger *slog.Logger) Sink {
	if logger == nil {
		logger = slog.Default()
	}
	return logSink{logger}
}

type logSink struct{ logger *slog.Logger }

// Enabled reports whether the logger takes the record of a request; failed says
// whether the server failed. The outermost layer calls it before it makes a
// record.
func (s logSink) Enabled(ctx context.Context, failed bool) bool {
	return s.logger.Enabled(ctx, level(failed))
}

func level(failed bool) slog.Level {
	if failed {
		return slog.LevelError
	}
	return slog.LevelInfo
}

// causeText returns the text of err. The Error method of a nil pointer may panic;
// such a cause must not cost the record.
func causeText(err error) (text string) {
	defer func() {
		if recover() != nil {
			text = "(the text of the cause panicked)"
		}
	}()
	if err == nil {
		return ""
	}
	return err.Error()
}

// Emit implements Sink. Its error is that of the logger's handler. The time of the line is
// the end of the request.
func (s logSink) Emit(ctx context.Context, r Record) error {
	level := level(r.Status >= 500 || r.Events.Has(Panic))
	if !s.logger.Enabled(ctx, level) {
		return nil
	}
	attrs := [24]slog.Attr{
		slog.String("correlation_id", r.CorrelationID),
		slog.String("method", r.Method),
		slog.String("route", r.Route),
		slog.Int("status", r.Status),
		slog.Int64("bytes", r.Bytes),
		slog.Duration("duration", r.Duration),
	}
	n := 6
	add := func(key, value string) {
		if value != "" {
			attrs[n] = slog.String(key, value)
			n++
		}
	}
	add("path", r.Path)
	add("trace_id", r.TraceID)
	switch {
	case r.Client.IsValid():
		add("client", r.Client.String())
	case r.Peer.IsValid():
		add("peer", r.Peer.String())
	}
	add("principal", r.Principal)
	add("issuer", r.Issuer)
	add("token_id", r.TokenID)
	add("auth", r.Auth)
	add("credential", r.Credential)
	add("rule", r.Rule)
	add("reason", sanitize.Text(r.Reason))
	add("limit", r.Limit)
	add("code", r.Code)
	add("events", r.Events.String())
	add("cause", sanitize.Text(causeText(r.Cause)))
	if r.Ignored > 0 {
		attrs[n] = slog.Int("ignored", r.Ignored)
		n++
	}
	if r.Aborted {
		attrs[n] = slog.Bool("aborted", true)
		n++
	}
	// Without a place in the source: it would be this line for each record.
	line := slog.NewRecord(r.Time.Add(r.Duration), level, "request", 0)
	line.AddAttrs(attrs[:n]...)
	return s.logger.Handler().Handle(ctx, line)
}
