package mwtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// Envelope is the body of every refusal. It is a second definition, so that a test
// notices a change of the first.
type Envelope struct {
	Code          string          `json:"code"`
	Message       string          `json:"message"`
	CorrelationID string          `json:"correlation_id"`
	Errors        []EnvelopeFault `json:"errors,omitempty"`
	Truncated     bool            `json:"truncated,omitempty"`
}

// EnvelopeFault is one entry of the errors member of an envelope.
type EnvelopeFault struct {
	Pointer *string        `json:"pointer,omitempty"`
	In      string         `json:"in,omitempty"`
	Name    string         `json:"name,omitempty"`
	Code    string         `json:"code"`
	Message string         `json:"message"`
	Params  map[string]any `json:"params,omitempty"`
}

var codeGrammar = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// Refused fails t unless res has the status and carries an envelope with the
// code, and returns that envelope. It reads and closes the body.
func Refused(t *testing.T, res *http.Response, status int, code string) Envelope {
	t.Helper()
	e, err := ReadEnvelope(res)
	if err != nil {
		t.Errorf("%v", err)
		return e
	}
	if res.StatusCode != status || e.Code != code {
		t.Errorf("got %d %s, want %d %s", res.StatusCode, e.Code, status, code)
	}
	return e
}

// ReadEnvelope strictly reads the body of a response as an envelope: it accepts no
// unknown member and no data after the envelope, and checks the headers of a refusal.
func ReadEnvelope(res *http.Response) (Envelope, error) {
	var e Envelope
	defer func() { _ = res.Body.Close() }() // an error of Close does not matter: the whole body has been read
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return e, err
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&e); err != nil {
		return e, fmt.Errorf("status %d: body %q is not an envelope: %w", res.StatusCode, body, err)
	}
	if rest, _ := io.ReadAll(dec.Buffered()); len(bytes.TrimSpace(rest)) > 0 {
		return e, fmt.Errorf("status %d: data after the envelope: %q", res.StatusCode, rest)
	}
	switch h := res.Header; {
	case res.StatusCode < 400:
		err = fmt.Errorf("an envelope with status %d", res.StatusCode)
	case !codeGrammar.MatchString(e.Code):
		err = fmt.Errorf("code %q is not snake_case", e.Code)
	case e.Message == "" || strings.ContainsAny(e.Message, "\r\n\t"):
		err = fmt.Errorf("message %q", e.Message)
	case e.CorrelationID == "" || len(h["X-Correlation-Id"]) != 1 || h.Get("X-Correlation-ID") != e.CorrelationID:
		err = fmt.Errorf("correlation ID %q in the body, %q in the header", e.CorrelationID, h["X-Correlation-Id"])
	case h.Get("Content-Type") != "application/json; charset=utf-8":
		err = fmt.Errorf("Content-Type %q", h.Get("Content-Type"))
	case h.Get("Cache-Control") != "no-store":
		err = fmt.Errorf("Cache-Control %q", h.Get("Cache-Control"))
	case h.Get("X-Content-Type-Options") != "nosniff":
		err = fmt.Errorf("X-Content-Type-Options %q", h.Get("X-Content-Type-Options"))
	}
	return e, err
}
