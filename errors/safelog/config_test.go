package safelog_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/safelog"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestLimits(t *testing.T) {
	cfg := safelog.Config{MaxAttrs: 3, MaxDepth: 3, MaxNodes: 6, MaxString: 32}
	deep := any(planted)
	for range 50 {
		deep = []any{deep}
	}
	many := make([]string, 100)
	wide := map[string]int{}
	for i := range many {
		many[i], wide[strings.Repeat("k", i+1)] = "e", i
	}
	for name, tc := range map[string]struct {
		log  func(*slog.Logger)
		want string
	}{
		"attributes": {func(l *slog.Logger) { l.Info("m", "a", 1, "b", 2, "c", 3, "d", planted, "e", planted) },
			`"a":1,"b":2,"c":3,"safelog_dropped":2}`},
		"attributes of With": {func(l *slog.Logger) { l.With("a", 1, "b", 2).Info("m", "c", 3, "d", planted) },
			`"a":1,"b":2,"c":3,"safelog_dropped":1}`},
		"too many in With": {func(l *slog.Logger) {
			l.With("a", 1, "b", 2, "c", 3, "d", planted).WithGroup("g").Info("m", "e", planted)
		},
			`"a":1,"b":2,"c":3,"safelog_dropped":2}`},
		"attributes in groups": {func(l *slog.Logger) {
			l.Info("m", slog.Group("g", "a", 1, slog.Group("h", "b", 2, "c", 3, "d", planted)))
		},
			`"g":{"a":1,"h":{"b":2,"c":3}},"safelog_dropped":1}`},
		"deep groups": {func(l *slog.Logger) {
			l.Info("m", slog.Group("a", slog.Group("b", slog.Group("c", slog.Group("d", "e", planted)))))
		}, `"a":{"b":{"c":{"d":"[TRUNCATED]"}}}}`},
		"deep":  {func(l *slog.Logger) { l.Info("m", "v", deep) }, `"v":[[[["[TRUNCATED]"]]]]}`},
		"wide":  {func(l *slog.Logger) { l.Info("m", "v", many) }, `"v":["e","e","e","e","e","[TRUNCATED]"]}`},
		"spent": {func(l *slog.Logger) { l.Info("m", "v", many, "w", []int{1}) }, `"[TRUNCATED]"],"w":"[TRUNCATED]"}`},
		"map":   {func(l *slog.Logger) { l.Info("m", "v", wide) }, `,"[TRUNCATED]":null}}`},
		"struct": {func(l *slog.Logger) {
			l.Info("m", "v", struct{ A, B, C, D, E, F, G string }{G: planted})
		}, `"v":{"A":"","B":"","C":"","D":"","E":"","[TRUNCATED]":null}}`},
		"marshaled": {func(l *slog.Logger) { l.Info("m", "v", json.RawMessage(`{"a":[1,2,3,4,5,6,7,8],"b":{"c":{"d":{}}}}`)) },
			`"v":{"a":[1,2,3,"[TRUNCATED]"],"[TRUNCATED]":null}}`},
		"long": {func(l *slog.Logger) { l.Info("m", "v", []string{strings.Repeat("x", 99)}) },
			`"v":["` + strings.Repeat("x", 32) + ` (truncated)"]}`},
	} {
		j, x := lines(t, cfg, tc.log)
		if !strings.HasSuffix(j, tc.want+"\n") {
			t.Errorf("%s:\n got %swant …%s", name, j, tc.want)
		}
		if strings.Contains(j+x, planted) || !json.Valid([]byte(j)) {
			t.Errorf("%s: %s%s", name, j, x)
		}
	}
	huge := make([]string, 1<<16)
	for i := range huge {
		huge[i] = strings.Repeat("y", 1000)
	}
	j, x := lines(t, safelog.Config{MaxNodes: 1 << 20}, func(l *slog.Logger) { l.Info("m", "v", huge) })
	if len(j) > 24<<10 || len(x) > 24<<10 {
		t.Errorf("a huge value makes lines of %d and %d bytes", len(j), len(x))
	}
}

func TestConfig(t *testing.T) {
	_, err := safelog.New(nil, safelog.Config{
		Keys:                 []string{"", "ok", "__1", strings.Repeat("k", 65), "a\u200bb", "\xff", "Tab\t"},
		DangerouslyPlainKeys: []string{"O-K", "", "fine"},
		MaxString:            -1, MaxAttrs: -2, MaxDepth: 101, MaxNodes: -4,
	})
	mwtest.Faults(t, err, "safelog: next: is nil", `safelog: Keys[0]: "": has no letter`, `safelog: Keys[2]: "__1": has no letter`,
		"safelog: Keys[3]:", "safelog: Keys[4]:", "safelog: Keys[5]:", "safelog: Keys[6]:",
		`safelog: DangerouslyPlainKeys[0]: "O-K": is also in Keys`, "safelog: DangerouslyPlainKeys[1]:",
		`safelog: MaxString: "-1": is negative`, `safelog: MaxAttrs: "-2"`, `safelog: MaxDepth: "101": is too large`, `safelog: MaxNodes: "-4"`)
	for _, e := range mwtest.Leaves(err) {
		if !strings.Contains(e.Error(), "; ") {
			t.Errorf("no fix: %v", e)
		}
	}
	_, err = safelog.New((*slog.JSONHandler)(nil), safelog.Config{MaxDepth: -1})
	mwtest.Faults(t, err, "safelog: next", `safelog: MaxDepth: "-1": is negative`)
}

func TestKeys(t *testing.T) {
	cfg := safelog.Config{Keys: []string{"license_key", "Größe", "vin"}, DangerouslyPlainKeys: []string{"prompt_tokens", "Token-Type"}}
	masked := []string{"password", "PASSWORD", "Pass-Word", "pass word", "userPassword", "dbpassword", "user.password", "password2", "passwords", "tokens[0]",
		"authorization", "Proxy-Authorization", "cookie", "Set-Cookie", "X-Api-Key", "apiKey", "api_keys", "passwd", "pwd", "secret", "clientSecret", "token", "access_token",
		"csrftoken", "refreshToken", "pass", "db_pass", "sid", "session", "PHPSESSID", "JSESSIONID", "auth_key", "X-Auth-Key", "Ocp-Apim-Subscription-Key", "SecretString", "signature", "X-Amz-Signature", "sig", "password_confirmation", "private_key_pem", "otp_code", "id_token", "otp", "pin", "userPIN", "user_pin", "ssn", "card", "cardNumber", "cvv", "cvv2", "IBAN", "email", "user_email", "phone",
		"private-key", "pa\u017f\u017fword", "pass\u200bword", "to\u212aen", "password\u0000", "licenseKey", "LICENSE KEYS", "old-license-key", "größe", "GRÖSSE"[:2] + "ÖßE", "car_vin", "completion_tokens"}
	plain := []string{"a", "bypass", "compass", "passed", "side", "inside", "design", "sessions_total", "signatureAlgorithm", "shipping", "spin", "shop-in", "pinned", "opinion", "passport", "cardinal", "discard", "token_count", "tokenizer", "emailed", "panel", "japan", "company", "auth",
		"method", "route", "status", "bytes", "duration", "client", "principal", "rule", "reason", "limit", "code", "cause", "aborted", "value", "stack", "prompt_tokens", "PromptTokens", "token-type", "gvin", "key", "id"}
	for want, keys := range map[string][]string{redacted: masked, "x": plain} {
		for _, k := range keys {
			j, x := lines(t, cfg, func(l *slog.Logger) {
				l.Info("m", slog.Group("g", k, "x"))
				l.Info("m", "g", map[string]string{k: "x"})
			})
			for line := range strings.Lines(j) {
				var got struct{ G map[string]string }
				if err := json.Unmarshal([]byte(line), &got); err != nil || len(got.G) != 1 {
					t.Fatalf("%q: %s: %v", k, line, err)
				}
				for _, v := range got.G {
					if v != want {
						t.Errorf("%q: %q, want %q", k, v, want)
					}
				}
			}
			if strings.Contains(x, redacted) != (want == redacted) {
				t.Errorf("%q, text: %s", k, x)
			}
		}
	}
}
