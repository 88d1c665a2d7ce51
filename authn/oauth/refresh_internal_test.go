package oauth

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestReadExpiry(t *testing.T) {
	now := time.Now()
	for raw, want := range map[string]time.Duration{
		"300": 300 * time.Second, `"300"`: 300 * time.Second, "0": 0, "-5": 0, "1.5": 0, `"x"`: 0, "null": 0, "99999999999": 0, "2000000000": maxLife,
	} {
		got, _, err := readTokens(`{"access_token":"a","token_type":"Bearer","expires_in":`+raw+`}`, now)
		if err != nil || want == 0 && !got.Expires.IsZero() || want > 0 && got.Expires.Sub(now) != want {
			t.Errorf("%s: %v, want %v (%v)", raw, got.Expires.Sub(now), want, err)
		}
	}
}

// FuzzReadTokens: a response that is read has the same tokens for encoding/json, and a lifetime
// that is not negative.
func FuzzReadTokens(f *testing.F) {
	f.Add(`{"access_token":"a","token_type":"Bearer","expires_in":3600,"refresh_token":"r","id_token":"i"}`)
	f.Add(`{"error":"invalid_grant"}`)
	f.Add(`{"access_token":"a","token_type":"bearer","expires_in":"3600"}`)
	f.Add(`{"ACCESS_TOKEN":"b","access_token":"a","token_type":"Bearer"}`)
	now := time.Now()
	f.Fuzz(func(t *testing.T, text string) {
		got, code, err := readTokens(text, now)
		if err != nil {
			return
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text), &members); err != nil {
			t.Fatalf("%q is read as %q, %v", text, code, err)
		}
		peer := func(name string) (s string) { _ = json.Unmarshal(members[name], &s); return s }
		if code != "" {
			if code != peer("error") {
				t.Fatalf("%q has the error %q", text, code)
			}
			return
		}
		if got.Access == "" || got.Access != peer("access_token") || got.Refresh != peer("refresh_token") || got.ID != peer("id_token") ||
			!strings.EqualFold(peer("token_type"), "Bearer") || !got.Expires.IsZero() && got.Expires.Before(now) {
			t.Fatalf("%q is read as %q, %q, %q, %v", text, got.Access, got.Refresh, got.ID, got.Expires)
		}
	})
}
