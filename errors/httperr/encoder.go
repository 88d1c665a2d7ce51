package httperr

import (
	"encoding/json"
	"mime"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/internal/field"
)

// Refusal is the public part of a refusal: everything in it may be sent to the
// client. An Encoder gets the Refusal and never the error.
type Refusal struct {
	Status        int
	Code          string
	Message       string
	CorrelationID string
	Faults        []Fault
	Truncated     bool // the input had more faults than Faults lists
}

// Encoder writes the bodies of refusals in a format of your choice. It must be
// safe for concurrent use. If it panics, the envelope of this package is sent.
type Encoder interface {
	// ContentType returns the media type of the bodies, always the same one.
	// New calls it once, and the Middleware once for each refusal.
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
	return appendEnd(b, r)
}

// appendEnd appends the members that the envelope and problem details have in
// common: the correlation ID and the faults.
func appendEnd(b []byte, r Refusal) []byte {
	b = append(b, `,"correlation_id":`...)
	b = appendString(b, r.CorrelationID)
	if len(r.Faults) > 0 {
		// A parameter that JSON cannot express must not cost the client the rest
		// of the body, so the faults are left out then.
		if text, err := json.Marshal(r.Faults); err == nil {
			b = append(append(b, `,"errors":`...), text...)
		}
	}
	if r.Truncated {
		b = append(b, `,"truncated":true`...)
	}
	return append(b, "}\n"...)
}

// appendString appends s as a JSON string that is also safe inside HTML.
// encoding/json does not escape DEL, and it allocates; a flood of refusals would
// pay for that allocation on each request.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	plain := 0
	for plain < len(s) && needsNoEscape(s[plain]) {
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

// needsNoEscape reports whether c may stand in a JSON string unescaped,
// independently of the bytes that follow it.
func needsNoEscape(c byte) bool {
	return ' ' <= c && c <= '~' && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&'
}

func validContentType(s string) bool {
	_, _, err := mime.ParseMediaType(s)
	return err == nil && field.Value(s)
}

// encode appends the body of r and returns its content type. If the Encoder
// panics, encode uses the envelope of this package: a refusal must not fail.
func (m *Middleware) encode(b []byte, r Refusal) (body []byte, contentType string) {
	if builtIn, ok := m.cfg.Encoder.(envelope); ok {
		return builtIn.Append(b, r), builtIn.ContentType() // it cannot panic, so it needs no defer
	}
	n := len(b)
	defer func() {
		if recover() != nil {
			body, contentType = envelope{}.Append(b[:n], r), envelope{}.ContentType()
		}
	}()
	return m.cfg.Encoder.Append(b, r), m.cfg.Encoder.ContentType()
}

// fallback writes the refusals of requests without an outermost layer.
var fallback = &Middleware{cfg: Config{Encoder: envelope{}, CorrelationHeader: defaultCorrelationHeader}}

// outermost returns the outermost layer of a request, or fallback. Its argument
// is carrier.Facts.Outer of the request.
func outermost(outer any) *Middleware {
	if m, ok := outer.(*Middleware); ok {
		return m
	}
	return fallback
}
