package safelog_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/errors/safelog"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

// identifiers are values that look like a secret, and that identify a principal
// where a record has them.
var identifiers = []string{
	"jane@corp.example", "1088689250914128080", "4111111111111111", "auth0|62f1a0c5b3d94763", "user:jane@corp.example", "CN=Jane,emailAddress=jane@corp.example",
	"spiffe://td.example/ns/prod/sa/api", "acct:jane@corp.example", "8c1f0a5be2d94763",
}

// The fields of the audit record that identify are logged as they are. All its
// fields are listed here, so that a new one is either an identifier or a label.
func TestAuditRecordSaysWhichPrincipal(t *testing.T) {
	labels := []string{"level", "msg", "method", "route", "status", "bytes", "duration", "peer", "auth", "rule", "reason", "limit", "code", "events", "cause", "aborted"}
	for _, id := range identifiers {
		h, buf := writer(t, safelog.Config{})
		for _, r := range []audit.Record{{
			Time: time.Now(), Duration: time.Second, CorrelationID: id, TraceID: id, Method: "GET", Route: "/notes/{id}", Status: 403, Bytes: 1, Client: netip.MustParseAddr("192.0.2.1"),
			Principal: id, Issuer: id, TokenID: id, Auth: "jwt", Credential: "8c1f0a5be2d94763", Rule: "scopes(a)", Limit: "burst", Code: "forbidden", Events: audit.AuthFailed,
			Reason: "token=" + planted, Cause: errors.New("password=" + planted), Aborted: true,
		}, {Status: 200, Peer: netip.MustParseAddr("192.0.2.2")}} {
			buf.Reset()
			_ = audit.Log(slog.New(h)).Emit(t.Context(), r)
			var line map[string]any
			if err := json.Unmarshal(buf.Bytes(), &line); err != nil {
				t.Fatal(err)
			}
			delete(line, "time")
			for key, got := range line {
				switch {
				case slices.Contains(labels, key):
				case !slices.Contains(carrier.IdentifyingKeys[:], key):
					t.Errorf("%q is neither a label nor one of carrier.IdentifyingKeys", key)
				case key == "client" && got == "192.0.2.1", key == "credential" && got == r.Credential, key == "correlation_id" && got == r.CorrelationID:
				case key == "client", key == "credential", got != id:
					t.Errorf("%s=%v for %s", key, got, id)
				}
			}
			if strings.Contains(buf.String(), planted) || (r.Cause != nil) != strings.Contains(buf.String(), `"reason":"token=`) {
				t.Errorf("the cause or the reason is missing, or not masked: %s", buf)
			}
		}
	}
}

// The same through the outermost layer, and for each key by itself, at the root,
// in groups and in composites.
func TestIdentifyingKeys(t *testing.T) {
	h, buf := writer(t, safelog.Config{})
	errs, err := httperr.New(httperr.Config{Logger: slog.New(h)})
	if err != nil {
		t.Fatal(err)
	}
	errs.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		carrier.From(r.Context()).Update(func(f *carrier.Facts) { f.Subject = "jane@corp.example" })
	})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	if !strings.Contains(buf.String(), `"principal":"jane@corp.example"`) {
		t.Errorf("got %s", buf)
	}
	for _, key := range carrier.IdentifyingKeys {
		for _, id := range identifiers {
			if key == "credential" && !carrier.IsCredentialHash(id) {
				continue
			}
			j, _ := lines(t, safelog.Config{}, func(l *slog.Logger) {
				l.Info("m", key, id)
				l.With(key, id).Info("m")
				l.WithGroup("g").Info("m", slog.Group("h", key, id))
				l.Info("m", "v", map[string]any{key: id})
				l.Info("m", "v", json.RawMessage(fmt.Sprintf(`{%q:%q}`, key, id)))
				l.Info("m", slog.Any(key, textOf(id)))
			})
			if want := fmt.Sprintf(`%q:%q`, key, id); strings.Count(j, want) != 6 {
				t.Errorf("not everywhere %s:\n%s", want, j)
			}
		}
	}
	type subject struct {
		Sub string `json:"principal"`
		To  []string
	}
	j, _ := lines(t, safelog.Config{}, func(l *slog.Logger) { l.Info("m", "v", subject{"jane@corp.example", []string{"a@b.cd"}}) })
	if !strings.Contains(j, `"v":{"principal":"jane@corp.example","To":["[REDACTED]"]}`) {
		t.Errorf("in a tag: %s", j)
	}
	record := audit.Record{Principal: "jane@corp.example", TokenID: "4111111111111111", Credential: "8c1f0a5be2d94763"}
	j, _ = lines(t, safelog.Config{}, func(l *slog.Logger) { l.Info("m", "r", record) })
	if !strings.Contains(j, `"Principal":"jane@corp.example","Issuer":"","TokenID":"4111111111111111","Auth":"","Credential":"8c1f0a5be2d94763"`) {
		t.Errorf("as a struct: %s", j)
	}
}

type textOf string

// An identifier is no key. What opens something by itself is masked under every
// key, and a credential under its name.
func TestIdentifyingKeysHideSecrets(t *testing.T) {
	for _, secret := range []string{jwt, "Bearer " + planted, "https://bob:" + planted + "@h.example/", "gh" + "p_16C7e42F292c6912E7710c838347Ae178B4a", "-----BEGIN PRIVATE KEY----- " + planted} {
		for _, key := range carrier.IdentifyingKeys {
			j, x := lines(t, safelog.Config{}, func(l *slog.Logger) { l.Info("m", key, secret, "v", map[string]string{key: secret}) })
			if strings.Contains(j+x, secret) || strings.Contains(j+x, planted) {
				t.Errorf("%s: %s%s", key, j, x)
			}
		}
	}
	j, x := lines(t, safelog.Config{}, func(l *slog.Logger) {
		l.Info("m", "credential", planted, "db_credential", "8c1f0a5be2d94763", "session_id", "8c1f0a5be2d94763", "v", struct{ Credential string }{planted})
		l.Info("m", "client", struct{ Email, Password string }{"jane@corp.example", planted}, "tenant", slog.GroupValue(slog.String("note", "jane@corp.example")))
	})
	for _, s := range []string{planted, "8c1f0a5be2d94763", "jane@corp.example"} {
		if strings.Contains(j+x, s) {
			t.Errorf("%s in %s%s", s, j, x)
		}
	}
	j, _ = lines(t, safelog.Config{Keys: []string{"principal", "credential"}}, func(l *slog.Logger) {
		l.Info("m", "principal", "ann", "credential", "8c1f0a5be2d94763", "client", "a@b.cd")
	})
	if !strings.Contains(j, `"principal":"[REDACTED]","credential":"[REDACTED]","client":"a@b.cd"`) {
		t.Errorf("keys of Config.Keys: %s", j)
	}
}

// DangerouslyPlainKeys exempt a key from the patterns as well, at any depth.
// Sensitive keys below it are masked nevertheless, and control characters go.
func TestDangerouslyPlainKeysAreNotSearched(t *testing.T) {
	cfg := safelog.Config{DangerouslyPlainKeys: []string{"recipient", "order_token", "Copies"}}
	const mail = "jane@corp.example"
	type tagged struct {
		Copies []string `json:"cc"`
		To     string   `json:"recipient"`
		Other  string
	}
	for name, tc := range map[string]struct {
		log  func(*slog.Logger)
		want string
	}{
		"text":           {func(l *slog.Logger) { l.Info("m", "recipient", mail, "Recipient", mail+"\x1b", "other", mail) }, `"recipient":"jane@corp.example","Recipient":"jane@corp.example","other":"[REDACTED]"}`},
		"sensitive name": {func(l *slog.Logger) { l.Info("m", "order_token", "token=4111111111111111") }, `"order_token":"token=4111111111111111"}`},
		"lines":          {func(l *slog.Logger) { l.Info("m", "recipient", "a\nCookie: b\nc") }, `"recipient":"a Cookie: b c"}`},
		"With":           {func(l *slog.Logger) { l.With("recipient", mail).Info("m") }, `"recipient":"jane@corp.example"}`},
		"group": {func(l *slog.Logger) {
			l.Info("m", slog.Group("recipient", "mail", mail, "password", planted, slog.Group("g", "m", mail)), "x", mail)
		}, `"recipient":{"mail":"jane@corp.example","password":"[REDACTED]","g":{"m":"jane@corp.example"}},"x":"[REDACTED]"}`},
		"WithGroup": {func(l *slog.Logger) { l.WithGroup("recipient").With("a", mail).Info("m", "b", mail) }, `"recipient":{"a":"jane@corp.example","b":"jane@corp.example"}}`},
		"map":       {func(l *slog.Logger) { l.Info("m", "v", map[string]any{"recipient": []string{mail}, "x": mail}) }, `"v":{"recipient":["jane@corp.example"],"x":"[REDACTED]"}}`},
		"composite": {func(l *slog.Logger) { l.Info("m", "recipient", map[string]any{"a": mail, "pin": planted}) }, `"recipient":{"a":"jane@corp.example","pin":"[REDACTED]"}}`},
		"struct":    {func(l *slog.Logger) { l.Info("m", "v", tagged{[]string{mail}, mail, mail}) }, `"v":{"cc":["jane@corp.example"],"recipient":"jane@corp.example","Other":"[REDACTED]"}}`},
		"error":     {func(l *slog.Logger) { l.Info("m", "recipient", errors.New("to "+mail)) }, `"recipient":"to jane@corp.example"}`},
		"bytes":     {func(l *slog.Logger) { l.Info("m", "recipient", json.RawMessage(`{"a":"jane@corp.example"}`)) }, `"recipient":{"a":"jane@corp.example"}}`},
		"LogValuer": {func(l *slog.Logger) { l.Info("m", "v", []any{wrapLog{map[string]string{"recipient": mail}}, mail}) }, `"v":[{"recipient":"jane@corp.example"},"[REDACTED]"]}`},
		"attr":      {func(l *slog.Logger) { l.Info("m", "v", []any{slog.Group("recipient", "a", mail)}, "w", mail) }, `"v":[{"recipient":{"a":"jane@corp.example"}}],"w":"[REDACTED]"}`},
	} {
		if j, _ := lines(t, cfg, tc.log); !strings.HasSuffix(j, tc.want+"\n") {
			t.Errorf("%s:\n got %swant …%s", name, j, tc.want)
		}
	}
}

// A number under a plural is a count, a bool is no secret, and PWD is a directory.
// Under a name of Config.Keys every value is masked.
func TestCountsStay(t *testing.T) {
	n := 812
	type usage struct {
		PromptTokens   int  `json:"prompt_tokens"`
		ActiveSessions *int `json:"active_sessions"`
		TotalTokens    uint16
		Tokens         []int
		Token          int
		HasPassword    bool
		Pins           int
		Cookies        float64       `json:",string"`
		Sessions       time.Duration `json:"sessions"`
	}
	cfg := safelog.Config{Keys: []string{"visit", "pregnant"}}
	for name, tc := range map[string]struct {
		log  func(*slog.Logger)
		want string
	}{
		"attributes": {func(l *slog.Logger) {
			l.Info("m", "prompt_tokens", 812, "active_sessions", uint64(3), "smartphone", true)
		}, `"prompt_tokens":812,"active_sessions":3,"smartphone":true}`},
		"floats":  {func(l *slog.Logger) { l.Info("m", "secrets", 1.5, "sessions", time.Second, "card", true) }, `"secrets":1.5,"sessions":1000000000,"card":true}`},
		"secrets": {func(l *slog.Logger) { l.Info("m", "pin", 1234, "pins", 1234, "token", 7, "tokens", "812") }, `"pin":"[REDACTED]","pins":"[REDACTED]","token":"[REDACTED]","tokens":"[REDACTED]"}`},
		"own key in a tag": {func(l *slog.Logger) {
			l.Info("m", "v", struct {
				Tokens int `json:"visit"`
				Visits int `json:"tokens"`
			}{3, 4})
		}, `"v":{"visit":"[REDACTED]","tokens":"[REDACTED]"}}`},
		"own keys":  {func(l *slog.Logger) { l.Info("m", "visits", 3, "pregnant", true) }, `"visits":"[REDACTED]","pregnant":"[REDACTED]"}`},
		"directory": {func(l *slog.Logger) { l.Info("m", "PWD", "/srv/app", "pwd", planted, "db_pwd", "/srv/app") }, `"PWD":"/srv/app","pwd":"[REDACTED]","db_pwd":"[REDACTED]"}`},
		"struct": {func(l *slog.Logger) { l.Info("m", "v", usage{812, &n, 9, []int{1}, 1, true, 1234, 2, time.Second}) },
			`"v":{"prompt_tokens":812,"active_sessions":812,"TotalTokens":9,"Tokens":"[REDACTED]","Token":"[REDACTED]","HasPassword":true,"Pins":"[REDACTED]","Cookies":"2","sessions":1000000000}}`},
		"map": {func(l *slog.Logger) { l.Info("m", "v", map[string]any{"tokens": 12, "token": 12, "PWD": "/srv"}) }, `"v":{"PWD":"/srv","token":"[REDACTED]","tokens":12}}`},
		"JSON": {func(l *slog.Logger) {
			l.Info("m", "v", json.RawMessage(`{"tokens":12,"token":12,"pins":123,"cookie":false}`))
		}, `"v":{"tokens":12,"token":"[REDACTED]","pins":"[REDACTED]","cookie":false}}`},
		"type with a method": {func(l *slog.Logger) { l.Info("m", "v", map[string]any{"tokens": loudNumber(1)}) }, `"v":{"tokens":"[REDACTED]"}}`},
		"LogValuer":          {func(l *slog.Logger) { l.Info("m", "tokens", logged1{planted}) }, `"tokens":"[REDACTED]"}`},
		"text":               {func(l *slog.Logger) { l.Info("used prompt_tokens=812 of it, token=812") }, `"msg":"used prompt_tokens=812 of it, token=[REDACTED]"}`},
	} {
		if j, _ := lines(t, cfg, tc.log); !strings.HasSuffix(j, tc.want+"\n") {
			t.Errorf("%s:\n got %swant …%s", name, j, tc.want)
		}
	}
}

type loudNumber int

func (loudNumber) String() string { return planted }
