package audit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// fullRecord returns a record with a value in every field.
func fullRecord() audit.Record {
	return audit.Record{
		Time: time.Now(), Duration: time.Millisecond, CorrelationID: "c-1", TraceID: strings.Repeat("a", 32),
		Method: "GET", Route: "/notes/{id}", Path: "/notes/*", Status: 403, Bytes: 12, Client: netip.MustParseAddr("192.0.2.1"),
		Peer: netip.MustParseAddr("10.0.0.1"), Principal: "ann", Issuer: "https://id.example", TokenID: "t-1", Auth: "jwt", Credential: "00ff", Rule: "scopes(a)", Reason: "policy0\nforged", Limit: "burst", Code: "forbidden",
		Events: audit.AuthSucceeded | audit.AuthzDenied, Cause: errors.New("why\r\nforged"), Aborted: true, Ignored: 3,
	}
}

func TestLog(t *testing.T) {
	var buf bytes.Buffer
	sink := audit.Log(slog.New(slog.NewJSONHandler(&buf, nil)))
	emit := func(r audit.Record) map[string]any {
		buf.Reset()
		if err := sink.Emit(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(buf.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		delete(m, "time")
		return m
	}
	want := map[string]any{
		"level": "INFO", "msg": "request", "correlation_id": "c-1", "trace_id": strings.Repeat("a", 32), "method": "GET",
		"route": "/notes/{id}", "path": "/notes/*", "status": 403.0, "bytes": 12.0, "duration": 1e6, "client": "192.0.2.1", "principal": "ann",
		"issuer": "https://id.example", "token_id": "t-1",
		"auth": "jwt", "credential": "00ff", "rule": "scopes(a)", "reason": "policy0 forged", "limit": "burst", "code": "forbidden",
		"events": "auth.succeeded,authz.denied", "cause": "why  forged", "aborted": true, "ignored": 3.0,
	}
	if got := emit(fullRecord()); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	want = map[string]any{"level": "ERROR", "msg": "request", "correlation_id": "c", "method": "", "route": "", "status": 500.0, "bytes": 0.0, "duration": 0.0}
	if got := emit(audit.Record{CorrelationID: "c", Status: 500}); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if got := emit(audit.Record{Peer: netip.MustParseAddr("10.0.0.1")}); got["peer"] != "10.0.0.1" || got["client"] != nil {
		t.Errorf("without a client: %v", got)
	}
	if got := emit(audit.Record{Cause: (*faulty)(nil)}); got["cause"] != "(the text of the cause panicked)" {
		t.Errorf("a cause with a panic in Error: %v", got)
	}
	if got := emit(audit.Record{Status: 200, Events: audit.Panic}); got["level"] != "ERROR" {
		t.Errorf("a panic at level %v", got["level"])
	}
}

// faulty is an error whose Error method panics if the receiver is nil.
type faulty struct{ text string }

func (f *faulty) Error() string { return f.text }

// In JSON the duration is a number of nanoseconds, as Log says.
func TestLogDuration(t *testing.T) {
	var buf bytes.Buffer
	if err := audit.Log(slog.New(slog.NewJSONHandler(&buf, nil))).Emit(t.Context(), audit.Record{Duration: 1500 * time.Microsecond}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(buf.String(), `"duration":1500000`) {
		t.Error(buf.String())
	}
}

func TestLogAllocs(t *testing.T) {
	r := fullRecord()
	r.Client, r.Peer, r.Cause, r.Events, r.Reason = netip.Addr{}, netip.Addr{}, nil, audit.AuthSucceeded, "policy0"
	sink := audit.Log(slog.New(slog.NewJSONHandler(io.Discard, nil)))
	mwtest.MaxAllocs(t, "a line", 1, func() { _ = sink.Emit(t.Context(), r) })
	off := audit.Log(slog.New(slog.DiscardHandler))
	mwtest.MaxAllocs(t, "a line below the level", 0, func() { _ = off.Emit(t.Context(), r) })
}
