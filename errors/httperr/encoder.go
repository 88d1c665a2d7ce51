package httperr

import (
	"encoding/json"
	"mime"
	"net/http"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/internal/field"
)

// Refusal is all that a client may be told of a refusal. An Encoder gets this
// and never the error.
type Refusal struct {
	Status        int
	Code          string
	Message       string
	CorrelationID string
	Faults        []Fault
	Truncated     bool // there were more Faults
}

// Encoder writes the body of refusals in a shape of its own. It must be safe
// for concurrent use. If it panics, the envelope of this package is sent.
type Encoder interface {
	// ContentType returns the media type; it is asked once, by New, and then
	// for each refusal, and must stay the same.
	ContentType() string

	// Append appends the body to b.
	Append(b []byte, r Refusal) []byte
}

// envelope is the default Encoder.
type envelope struct{}

func (envelope) ContentType() string { return "application/json; charset=utf-8" }

func (envelope) Append(b []byte, r Refusal) []byte {
	b = append(b, `{"code":`...)
	b = appendString(b, r.Code)
	b = append(b, `,"message":`...)
	b = appendString(b, r.Message)
	b = append(b, `,"correlation_id":`...)
	b = appendString(b, r.CorrelationID)
	b = appendFaults(b, r.Faults)
	if r.Truncated {
		b = append(b, `,"truncated":true`...)
	}
	return append(b, "}\n"...)
}

func appendFaults(b []byte, faults []Fault) []byte {
	if len(faults) == 0 {
		return b
	}
	// Params are constants of a schema; one that JSON cannot express must not
	// cost the client the rest.
	text, err := json.Marshal(faults)
	if err != nil {
		return b
	}
	return append(append(b, `,"errors":`...), text...)
}

// appendString appends s as a JSON string that is also safe inside HTML.
// encoding/json leaves DEL as it is and allocates, in the one place that a flood
// of refusals goes through.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	plain := 0
	for plain < len(s) && verbatim(s[plain]) {
		plain++
	}
	b = append(b, s[:plain]...)
	for _, c := range s[plain:] {
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', byte(c))
		case c < 0x20 || c == 0x7f || c == '<' || c == '>' || c == '&':
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c == '\u2028' || c == '\u2029':
			b = append(b, `\u202`...)
			b = append(b, hex[c&15])
		default:
			b = utf8.AppendRune(b, c) // invalid UTF-8 arrives as U+FFFD
		}
	}
	return append(b, '"')
}

// verbatim reports whether c stands in a JSON string as it is, whatever follows.
func verbatim(c byte) bool {
	return ' ' <= c && c <= '~' && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&'
}

func validContentType(s string) bool {
	_, _, err := mime.ParseMediaType(s)
	return err == nil && field.Value(s)
}

// encode appends the body of r and returns its content type. An Encoder that
// panics is replaced: a refusal must not fail.
func (m *Middleware) encode(b []byte, r Refusal) (body []byte, contentType string) {
	if own, ok := m.encoder.(envelope); ok {
		return own.Append(b, r), own.ContentType() // the one that does not panic
	}
	n := len(b)
	defer func() {
		if recover() != nil {
			body, contentType = envelope{}.Append(b[:n], r), envelope{}.ContentType()
		}
	}()
	return m.encoder.Append(b, r), m.encoder.ContentType()
}

// fallback writes refusals where there is no outermost layer.
var fallback = &Middleware{encoder: envelope{}}

// outermost returns the outermost layer of a request, given what its record
// has for it.
func outermost(outer any) *Middleware {
	if m, ok := outer.(*Middleware); ok {
		return m
	}
	return fallback
}

// statusText is the title of a status, also of those net/http has none for.
func statusText(status int) string {
	if s := http.StatusText(status); s != "" {
		return s
	}
	return "Error"
}
