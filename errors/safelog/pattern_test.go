package safelog_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/safelog"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const (
	jwt  = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
	jwe  = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..c2l4dGVlbmJ5dGVzISE.Y2lwaGVydGV4dA.dGFn"
	none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9."
	re   = "[REDACTED]"
)

// spaced is a token with a header that is not compact.
func spaced(header string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(header)) + jwt[strings.IndexByte(jwt, '.'):]
}

// logged is what becomes of a string attribute.
func logged(t testing.TB, h slog.Handler, buf *bytes.Buffer, v any) string {
	t.Helper()
	buf.Reset()
	slog.New(h).Info("m", "v", v)
	var line struct{ V any }
	if err := json.Unmarshal(buf.Bytes(), &line); err != nil {
		t.Fatalf("%q: %v", buf.String(), err)
	}
	s, ok := line.V.(string)
	if !ok {
		b, _ := json.Marshal(line.V)
		s = string(b)
	}
	return s
}

func writer(t testing.TB, cfg safelog.Config) (slog.Handler, *bytes.Buffer) {
	t.Helper()
	var buf bytes.Buffer
	h, err := safelog.New(slog.NewJSONHandler(&buf, nil), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return h, &buf
}

var patterns = []struct{ name, in, want string }{
	{"JWT", jwt, re},
	{"JWT in a sentence", "got " + jwt + ", refused", "got " + re + ", refused"},
	{"JWT behind a word", "session_" + jwt, "session_" + re},
	{"JWT in a path", "/t/" + jwt + "/x", "/t/" + re + "/x"},
	{"JWE with an empty key", jwe, re},
	{"unsigned JWT", none + " x", re + " x"},
	{"two JWTs", jwt + " " + jwt, re + " " + re},
	{"JWT split by a zero-width space", jwt[:9] + "\u200b" + jwt[9:], re},
	{"JWT split by a control character", jwt[:30] + "\x00" + jwt[30:], re},

	{"JWT with a space in its header", "got " + spaced("{ \"alg\": \"HS256\" }") + "!", "got " + re + "!"},
	{"JWT with an indented header", "t=" + spaced("{\n  \"alg\": \"HS256\"\n}"), "t=" + re},
	{"JWT with a tab and more", "t=" + spaced("{\t\"alg\":\"HS256\",\"n\":1}") + " " + spaced("{\r\n\"alg\":\"RS256\",\"a\":\"\"}"), "t=" + re + " " + re},
	{"JWT behind a word and with a space", "s_" + spaced(`{ "typ":"JWT", "alg":"none" }`), "s_" + re},
	{"Bearer in quotes", `got Bearer "a1b2c3" and`, `got Bearer "` + re + `" and`},
	{"Bearer in escaped quotes", `got Bearer \"a1b2c3\" and`, `got Bearer \"` + re + `\" and`},
	{"Bearer and a colon", "got Bearer: a1b2c3 and", "got Bearer: " + re + " and"},
	{"Bearer in a URL", "?h=Bearer%20a1b2c3&x=1", "?h=Bearer%20" + re + "&x=1"},
	{"Bearer and a hard space", "got Bearer\u00a0a1b2c3.", "got Bearer\u00a0" + re},
	{"private key", "key -----BEGIN RSA PRIVATE KEY-----\nMIIE\nabcd\n-----END RSA PRIVATE KEY-----\nx", "key " + re + " x"},
	{"private key without an end", "-----BEGIN PRIVATE KEY-----\nMIIE", re},
	{"private key behind its name", "TLS_PRIVATE_KEY=-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- x", "TLS_PRIVATE_KEY=" + re + " x"},
	{"key of a query", "GET /maps?key=AIza_x&z=1", "GET /maps?key=" + re + "&z=1"},
	{"signature of a query", "/blob?sv=1&sig=a%2Fb", "/blob?sv=1&sig=" + re},
	{"card with dots", "paid 4111.1111.1111.1111.", "paid " + re + "."},
	{"card with slashes", "12 4111/1111/1111/1111", "12 " + re},
	{"card with lines", "a_4111_1111_1111_1111_b", "a_" + re + "_b"},
	{"card with hard spaces", "4111\u00a01111\u00a01111\u00a01111", re},
	{"card of 15 with dots", "3782.822463.10005", re},

	{"Bearer", "sent Bearer mF_9.B5f-4.1JqM", "sent Bearer " + re},
	{"Bearer in a header", "Authorization: Bearer mF_9.B5f-4.1JqM", "Authorization: " + re},
	{"bearer, small, two spaces", "bearer  0123abc==", "bearer  " + re},
	{"Bearer of letters only", "Bearer abcdefghijklmnopqrst", "Bearer " + re},
	{"Bearer on a new line", "Bearer\tabc123", "Bearer " + re},
	{"Basic", "Basic dXNlcjpwYXNz", "Basic " + re},
	{"Basic with padding", "basic dTpw, x", "basic " + re + ", x"},

	{"userinfo", "dial postgres://app:hunter2@db:5432/x", "dial postgres://" + re + "@db:5432/x"},
	{"userinfo with an at", "redis://:p@ss:w@host/0", "redis://" + re + "@host/0"},
	{"userinfo with a raw slash", `parse "redis://:p/ss@host": bad`, `parse "redis://` + re + `@host": bad`},
	{"token as a user", "https://ghp_abc@git.example/r.git", "https://" + re + "@git.example/r.git"},
	{"data source name", "app:hunter2@tcp(db:3306)/x", re + "@tcp(db:3306)/x"},

	{"card", "4111111111111111", re},
	{"card with spaces", "paid by 4111 1111 1111 1111.", "paid by " + re + "."},
	{"card with dashes", "5500-0000-0000-0004", re},
	{"card of 15", "3782 822463 10005", re},
	{"card of 13", "4222222222222", re},
	{"card of 19", "6304000000000000000", re},
	{"card, then its month", "4111111111111111 12 27", re + " 12 27"},
	{"number, then a card", "7 4111-1111-1111-1111", "7 " + re},
	{"card behind an escape", `\n4111111111111111`, `\n` + re},

	{"card in letters", "ab4111111111111111ab", "ab" + re + "ab"},
	{"Basic with other letters", "Basic Pz8_Pz86Pz8_", "Basic " + re},
	{"Basic without an end", "Basic dXNlcm5hbWU6c2VjcmV0IQ.x", "Basic " + re},
	{"Basic, very long", "Basic " + strings.Repeat("A", 1500), "Basic " + re},

	{"e-mail", "from jane.doe+x@mail.example.org, ok", "from " + re + ", ok"},
	{"e-mail in brackets", "<jane@example.com>", "<" + re + ">"},
	{"e-mail in a query", "/u?e=jane%40example.com&x=1", "/u?e=" + re + "&x=1"},
	{"e-mail and a full stop", "jane@example.com.", re + "."},
	{"e-mail of other letters", "jörg@müller.example", re},

	{"pair", "password=hunter2 user=x", "password=" + re + " user=x"},
	{"pair with spaces", "db_password = hunter2", "db_password = " + re},
	{"pair in a query", "/cb?access_token=abc&x=1", "/cb?access_token=" + re + "&x=1"},
	{"struct as fmt prints it", "{User:x Password:hunter2 N:1}", "{User:x Password:" + re + " N:1}"},
	{"nested struct", "{Card:{No:1 Cvv:2} N:1}", "{Card:" + re + " N:1}"},
	{"JSON", `{"a":1,"client_secret":"hun\"ter2","b":2}`, `{"a":1,"client_secret":"` + re + `","b":2}`},
	{"JSON with spaces", `{"pin" : 1234}`, `{"pin" : ` + re + `}`},
	{"JSON in JSON", `{\"otp\":\"123456\"}`, `{\"otp\":\"` + re + `\"}`},
	{"unclosed JSON", `{"token":"abc`, `{"token":"` + re},
}

var nearMisses = []string{
	"", "plain", "a longer sentence, with commas and (brackets)",
	"eyJ", "eyJob", "eyJobCenter.is.open", "eyJhbGciOiJIUzI1NiJ9", "the eyJ prefix", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0",
	"eyJob-listing-page.example.com",
	"Bearer", "Bearer token", "missing Bearer authentication", `Bearer realm="x"`, "bearer of bad news",
	"Basic usage", "basic auth", "Basic authentication required",
	"https://example.com/a?b=c", "http://localhost:8080/x@y", "http://[::1]:80/@", "see a://b",
	"a@b", "user@localhost", "@handle", "text@v0.43.0", "react@18.2.0", "a@b.c", "@example.com",
	"4111111111111112", "order 1234567890123456", "0000000000000000", "123456789012", "41111111111111111111",
	"01901630-7a1b-7c3d-8003-000000000000", "01a20507-7747-7105-81e0-5f21a459977e", "id=41111111-1111-1111-8111-111111111111, ok", "2024-05-06 07:08:09", "192.168.100.200", "1715000000000",
	"e3b0c44298fc14111111111111111b934ca495991b7852b855",
	"4111.1111.1111.1112", "4111/11/11/1111/111", "2024.05.06.070809.12", "0000.0000.0000.0000", "10.20.30.40:50", "4111.1111/1111.1111", "1.4111.111.1111.1111",
	"eyAib.x.y", "ewogICJh", "newer.version9.is.0.better", "Bearer: authentication", `Bearer "token"`, "Bearer%20token", "bearer: error", "?monkey=x", "key=x", "/a?keys=1",
	"-----BEGIN CERTIFICATE----- MIIC -----END CERTIFICATE-----", "BEGIN PRIVATE KEY", "-----BEGIN PUBLIC KEY-----",
	"cookie", "named cookie not present", "the-token-is: ", "{user:x name:y z}", "password :", "invalid password: too short",
	"token == nil", "token := f()", "password: must be longer", "spin=1", "email: invalid", "password=",
	"x=1 y:2 z::3", "100% sure", "%4", "日本語のログ", "naïve café",
}

func TestPatterns(t *testing.T) {
	h, buf := writer(t, safelog.Config{})
	for _, tc := range slices.Concat(patterns, wire) {
		if got := logged(t, h, buf, tc.in); got != tc.want {
			t.Errorf("%s: %q\n got %q\nwant %q", tc.name, tc.in, got, tc.want)
		}
		slog.New(h).Info(tc.in)
		if got := buf.String(); len(tc.in) > 12 && tc.in != tc.want && strings.Contains(got, tc.in) {
			t.Errorf("%s: in the message: %s", tc.name, got)
		}
		if got := logged(t, h, buf, []byte(tc.in)); got != tc.want {
			t.Errorf("%s: as bytes: %q, want %q", tc.name, got, tc.want)
		}
		if got := logged(t, h, buf, textError(tc.in)); got != tc.want {
			t.Errorf("%s: as an error: %q, want %q", tc.name, got, tc.want)
		}
		if got := logged(t, h, buf, map[string]any{"a": []string{tc.in}}); strings.Contains(got, `"`+tc.in+`"`) {
			t.Errorf("%s: in a map: %q", tc.name, got)
		}
		// What is clean stays clean: masking is a projection.
		if got := logged(t, h, buf, tc.want); got != tc.want {
			t.Errorf("%s: again: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestNearMisses(t *testing.T) {
	h, buf := writer(t, safelog.Config{})
	discard := safe(t, slog.DiscardHandler).Handler()
	for _, s := range nearMisses {
		if got := logged(t, h, buf, s); got != s {
			t.Errorf("%q became %q", s, got)
		}
		r := slog.Record{Message: s}
		r.AddAttrs(slog.String("v", s), slog.String("w", s))
		mwtest.MaxAllocs(t, s, 0, func() { _ = discard.Handle(t.Context(), r) })
	}
}

type textError string

func (e textError) Error() string { return string(e) }
