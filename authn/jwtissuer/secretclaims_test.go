package jwtissuer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/safelog"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// account is a row of a database that a program may pass as the claims by mistake.
type account struct {
	Plan         string                 `json:"plan"`
	PasswordHash string                 `json:"password_hash"`
	Recovery     safelog.Secret[string] `json:"recovery"`
	Devices      []device               `json:"devices"`
}

type device struct {
	Name string `json:"name"`
	PIN  int    `json:"pin"`
}

func TestIssueRefusesSecrets(t *testing.T) {
	i := newIssuer(t, issuerConfig(edDSA(kid)))
	hidden := safelog.NewSecret("hunter2")
	for name, tc := range map[string]struct {
		claims any
		paths  []string
	}{
		"a row":               {account{"pro", "hunter2", hidden, []device{{"phone", 7}, {"watch", 8}}}, []string{"password_hash", "recovery", "devices.pin", "devices.pin"}},
		"a Secret":            {map[string]any{"note": hidden}, []string{"note"}},
		"a pointer to it":     {map[string]any{"note": map[string]any{"x": &hidden}}, []string{"note.x"}},
		"Secrets in a list":   {map[string]any{"notes": []any{1, hidden}}, []string{"notes"}},
		"an empty Secret":     {struct{ A safelog.Secret[[]byte] }{}, []string{"A"}},
		"an empty password":   {map[string]string{"password": ""}, []string{"password"}},
		"names in a list":     {map[string]any{"apiKeys": []string{"hunter2"}}, []string{"apiKeys"}},
		"a map of secrets":    {map[string]any{"secrets": map[string]any{"db": "hunter2", "calls": 7}}, []string{"secrets.db"}},
		"a map below it":      {map[string]any{"API-Keys": map[string]any{"a": map[string]any{"live": "hunter2"}}}, []string{"API-Keys.a.live"}},
		"below a good name":   {map[string]any{"user": map[string]any{"db-Password2": "hunter2"}}, []string{"user.db-Password2"}},
		"a key as JSON":       {json.RawMessage(`{"config":{"client_secret":"hunter2"}}`), []string{"config.client_secret"}},
		"a token":             {map[string]any{"refresh_token": "hunter2"}, []string{"refresh_token"}},
		"a number":            {map[string]any{"otp": 123456}, []string{"otp"}},
		"an escaped name":     {json.RawMessage(`{"\u0070assword":"hunter2"}`), []string{"password"}},
		"a name in two forms": {map[string]any{"PASSWORD": "x", "pass_word": "y"}, []string{"PASSWORD", "pass_word"}},
	} {
		g := grant()
		g.Claims = tc.claims
		var wants []string
		for _, p := range tc.paths {
			wants = append(wants, "jwtissuer: Grant.Claims."+p+": ")
		}
		_, err := i.Issue(g)
		mwtest.Faults(t, err, wants...)
		if strings.Contains(fmt.Sprint(err), "hunter2") {
			t.Errorf("%s: the secret is in %v", name, err)
		}
	}
}

// These claims only sound like secrets.
func TestIssueAcceptsHarmlessNames(t *testing.T) {
	i := newIssuer(t, issuerConfig(edDSA(kid)))
	v := verifierOf(t, i)
	for _, claims := range []string{
		`{"has_password":true,"password":null,"password_changed_at":1764500000}`,
		`{"tokens":5,"max_tokens":1000,"secrets":[],"api_keys":{"used":3,"full":false}}`,
		`{"spin":"x","passenger":"x","compass":"x","token_limit":"x","secretary":"x","pinned":"x","secret":{"level":"top"}}`,
		`{"email":"a@b.example","session":"x","locale":"de","keys":"x","public_key":"x"}`,
	} {
		g := grant()
		g.Claims = json.RawMessage(claims)
		out, err := i.Issue(g)
		if err == nil {
			_, err = v.Verify(context.Background(), out.Token)
		}
		if err != nil {
			t.Errorf("%s: %v", claims, err)
		}
	}
}

func TestDangerouslyPublicClaims(t *testing.T) {
	cfg := issuerConfig(edDSA(kid))
	cfg.DangerouslyPublicClaims = []string{"device_token"}
	i := newIssuer(t, cfg)
	g := grant()
	g.Claims = map[string]any{"device_token": "a", "x": map[string]any{"device_token": "b"}}
	issue(t, i, g)
	g.Claims = map[string]any{"Device_token": "a", "token": "b", "device_token": safelog.NewSecret("c")}
	_, err := i.Issue(g)
	mwtest.Faults(t, err, "jwtissuer: Grant.Claims.Device_token: has the name of a secret", "jwtissuer: Grant.Claims.token: has the name",
		"jwtissuer: Grant.Claims.device_token: is a Secret")
	g.Claims = map[string]any{"csrf_token": "a"}
	if _, err = i.Issue(g); !strings.Contains(fmt.Sprint(err), `list "csrf_token" in Config.DangerouslyPublicClaims`) {
		t.Errorf("the fault does not name the setting: %v", err)
	}
}
