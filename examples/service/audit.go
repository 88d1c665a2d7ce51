package main

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"

	"github.com/go-sallyport/sallyport/errors/audit"
)

// newTrail returns the sink of the record of each request: all of them go to the log, and those
// that were refused or that may have changed something go to the table audit too. Close it after
// the server has ended. The queue drops records rather than let requests wait.
func newTrail(db *sql.DB, logger *slog.Logger) *audit.AsyncSink {
	log := audit.Log(logger)
	sink := must(audit.Async(audit.Func(func(ctx context.Context, r audit.Record) error {
		err := log.Emit(ctx, r)
		if r.Status < 400 && (r.Method == "GET" || r.Method == "HEAD") {
			return err
		}
		_, dbErr := db.ExecContext(ctx,
			`INSERT INTO audit (time, correlation_id, method, route, status, client, issuer, subject, rule, code, events)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			r.Time.UnixMilli(), r.CorrelationID, r.Method, r.Route, r.Status, r.Client.String(), r.Issuer, r.Principal,
			r.Rule, r.Code, r.Events.String())
		return errors.Join(err, dbErr)
	}), 1024))
	sink.OnError = func(err error) { logger.Error("audit", "err", err) }
	return sink
}
