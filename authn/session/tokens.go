package session

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// Tokens are the credentials of a session. Printing and logging them shows no token.
type Tokens struct {
	Access    string    // the answer of Config.Issue
	ExpiresAt time.Time // of Access, by the clock of this process

	// Refresh is the refresh token of a native client. It is empty if the refresh token is
	// in the cookie.
	Refresh string

	Session Session

	cookieAge time.Duration
}

// Respond writes the tokens as the answer of a token endpoint (RFC 6749, section 5.1), with
// status 200 and Cache-Control: no-store.
func (t Tokens) Respond(w http.ResponseWriter) error {
	body, err := json.Marshal(struct {
		Access    string `json:"access_token"`
		Type      string `json:"token_type"`
		ExpiresIn int64  `json:"expires_in"`
		Refresh   string `json:"refresh_token,omitempty"`
		Scope     string `json:"scope,omitempty"`
	}{t.Access, "Bearer", int64(time.Until(t.ExpiresAt) / time.Second), t.Refresh, strings.Join(t.Session.Scopes, " ")})
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", noStore)
	_, err = w.Write(append(body, '\n'))
	return err
}

const noStore = "no-store"

// String hides the tokens.
func (t Tokens) String() string { return "tokens of session " + t.Session.ID }

// GoString hides the tokens from the verb %#v.
func (t Tokens) GoString() string { return t.String() }

// LogValue hides the tokens from package log/slog.
func (t Tokens) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MarshalJSON hides the tokens. Respond writes them.
func (t Tokens) MarshalJSON() ([]byte, error) { return json.Marshal(t.String()) }
