package safelog_test

import (
	"context"
	"crypto/dsa" //nolint:staticcheck // its private key must not be logged either
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/mlkem"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/smtp"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/safelog"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

type embedsUserinfo struct {
	*url.Userinfo
	N int
}
type embedsKey struct {
	rsa.PrivateKey
	N int
}
type contextKey struct{}
type embedsContext struct {
	context.Context
	N int
}

// Types of the standard library whose String method or fields are the secret do
// not print it: neither alone nor inside other values, in JSON and with the verbs
// of fmt.
func TestSecretTypesOfTheStandardLibrary(t *testing.T) {
	u := mwtest.Must[*url.URL](t)(url.Parse("https://bob:" + planted + "@h.example/p?token=" + planted + "#access_token=" + planted))
	rsaKey := mwtest.Must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 2048))
	ecdsaKey := mwtest.Must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	edKey := ed25519.NewKeyFromSeed([]byte(strings.Repeat(planted, 5))[:32])
	ecdhKey := mwtest.Must[*ecdh.PrivateKey](t)(ecdh.P256().GenerateKey(rand.Reader))
	mlkemKey := mwtest.Must[*mlkem.DecapsulationKey768](t)(mlkem.GenerateKey768())
	dsaKey := &dsa.PrivateKey{X: big.NewInt(31337313373133731)}
	block := &pem.Block{Type: "PRIVATE KEY", Bytes: edKey}
	config := &tls.Config{Certificates: []tls.Certificate{{PrivateKey: edKey}}, SessionTicketKey: [32]byte(edKey)} //nolint:staticcheck // deprecated, and in use
	cookie := &http.Cookie{Name: "sid", Value: planted, Raw: "sid=" + planted}
	request := mwtest.Must[*http.Request](t)(http.NewRequestWithContext(context.WithValue(t.Context(), u, planted), "GET", u.String(), nil))
	request.AddCookie(cookie)
	request.SetBasicAuth("bob", planted)
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	_ = flags.String("password", planted, "")
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), contextKey{}, planted))
	defer cancel()

	forms := []string{planted, base64.StdEncoding.EncodeToString(edKey)[:24], strings.Trim(fmt.Sprintf("%d", edKey[:20]), "[]"), "31337313373133731"}
	for _, n := range []*big.Int{rsaKey.D, rsaKey.Primes[0], rsaKey.Precomputed.Dp, ecdsaKey.D} { //nolint:staticcheck // D is deprecated, and printed
		forms = append(forms, n.String())
	}
	leaks := func(out string) string {
		for _, form := range forms {
			if strings.Contains(out, form) {
				return form
			}
		}
		return ""
	}
	// These values print no secret by themselves.
	silent := []string{"*ecdh.PrivateKey", "*mlkem.DecapsulationKey768"}
	for name, v := range map[string]any{
		"url.URL": *u, "*url.URL": u, "url.Userinfo": *u.User, "*url.Userinfo": u.User, "embedded *url.Userinfo": embedsUserinfo{u.User, 1},
		"rsa.PrivateKey": *rsaKey, "*rsa.PrivateKey": rsaKey, "embedded rsa.PrivateKey": embedsKey{*rsaKey, 1}, "rsa.PrecomputedValues": rsaKey.Precomputed,
		"*ecdsa.PrivateKey": ecdsaKey, "ed25519.PrivateKey": edKey, "*ed25519.PrivateKey": &edKey, "*ecdh.PrivateKey": ecdhKey, "*mlkem.DecapsulationKey768": mlkemKey,
		"*dsa.PrivateKey": dsaKey, "*pem.Block": block, "pem.Block": *block, "*tls.Config": config, "tls.Certificate": config.Certificates[0],
		"http.Cookie": *cookie, "*http.Cookie": cookie, "*http.Request": request, "http.Request": *request, "http.Header": request.Header,
		"context": ctx, "embedded context": embedsContext{ctx, 1}, "context without cancel": context.WithoutCancel(ctx),
		"smtp.Auth": smtp.PlainAuth("", "bob", planted, "h.example"), "*flag.Flag": flags.Lookup("password"), "sql.NamedArg": sql.Named("password", planted),
		"xml.Attr": xml.Attr{Name: xml.Name{Local: "password"}, Value: planted}, "url.Values": u.Query(), "*url.Error": &url.Error{Op: "Get", URL: u.String(), Err: http.ErrHandlerTimeout},
	} {
		var bare strings.Builder
		slog.New(slog.NewTextHandler(&bare, nil)).Info("m", "v", []any{v}, "w", v)
		slog.New(slog.NewJSONHandler(&bare, nil)).Info("m", "v", v)
		if leaks(bare.String()) == "" && !slices.Contains(silent, name) {
			t.Errorf("%s does not print its secret without the handler, so it proves nothing", name)
		}
		for where, v := range map[string]any{
			"alone": v, "in a struct": struct{ Upstream any }{v}, "in a pointer": &struct{ Upstream any }{v}, "in a slice": []any{v}, "in a map": map[string]any{"upstream": v},
			"in an attribute": slog.GroupValue(slog.Any("upstream", v)),
		} {
			var kept []slog.Record
			j, x := lines(t, safelog.Config{MaxString: 1 << 20, MaxNodes: 1 << 20, MaxDepth: 30}, func(l *slog.Logger) { l.Info("m", "v", v); l.With("v", v).Info("m") })
			safe(t, keeper{slog.NewTextHandler(io.Discard, nil), &kept}).Info("m", "v", v)
			for _, verb := range []string{"%v", "%+v", "%#v", "%q", "%s", "%x"} {
				kept[0].Attrs(func(a slog.Attr) bool { x += fmt.Sprintf(verb, a.Value.Any()); return true })
			}
			if form := leaks(j + x); form != "" {
				t.Errorf("%s, %s, prints %.20s…:\n%s%s", name, where, form, j, x)
			}
			for line := range strings.Lines(j) {
				if !json.Valid([]byte(line)) {
					t.Errorf("%s, %s: no JSON: %s", name, where, line)
				}
			}
		}
	}
}

// The parts of such a value that are no secret are still logged.
func TestSecretTypesKeepTheRest(t *testing.T) {
	u := mwtest.Must[*url.URL](t)(url.Parse("https://bob:" + planted + "@h.example/p"))
	for name, tc := range map[string]struct {
		v              any
		asJSON, asText string
	}{
		"url.Userinfo":  {u.User, `"[REDACTED]"`, `[REDACTED]`},
		"no Userinfo":   {struct{ U *url.Userinfo }{}, `{"U":null}`, `{U:<nil>}`},
		"embedded":      {embedsUserinfo{u.User, 1}, `{"Userinfo":"[REDACTED]","N":1}`, `"{Userinfo:[REDACTED] N:1}"`},
		"pem.Block":     {pem.Block{Type: "PRIVATE KEY", Bytes: []byte(planted)}, `{"Type":"PRIVATE KEY","Headers":null,"Bytes":"[REDACTED]"}`, `"{Type:PRIVATE KEY Headers:map[] Bytes:[REDACTED]}"`},
		"context":       {embedsContext{t.Context(), 1}, `{"Context":"[OPAQUE]","N":1}`, `"{Context:[OPAQUE] N:1}"`},
		"context error": {context.Canceled, `"context canceled"`, `"context canceled"`},
		"xml.Attr":      {xml.Attr{Name: xml.Name{Local: "id"}, Value: "7"}, `{"Name":{"Space":"","Local":"id"},"Value":"7"}`, ""},
	} {
		j, x := lines(t, safelog.Config{}, func(l *slog.Logger) { l.Info("m", "v", tc.v) })
		if want := `{"level":"INFO","msg":"m","v":` + tc.asJSON + "}\n"; j != want {
			t.Errorf("%s:\n got %swant %s", name, j, want)
		}
		if want := "level=INFO msg=m v=" + tc.asText + "\n"; tc.asText != "" && x != want {
			t.Errorf("%s, text:\n got %swant %s", name, x, want)
		}
	}
	j, _ := lines(t, safelog.Config{}, func(l *slog.Logger) { l.Info("m", "v", *u) })
	if !strings.Contains(j, `"User":"[REDACTED]","Host":"h.example","Path":"/p"`) {
		t.Errorf("url.URL: %s", j)
	}
}

// A sensitive name in the tag of any package that reads or writes the field masks
// it, like its name in JSON.
func TestNamesInTags(t *testing.T) {
	v := struct {
		A string `xml:"password"`
		B string `xml:"urn:x token,attr"`
		C string `xml:"auth>secret"`
		D string `yaml:"api_key,omitempty"`
		E string `env:"DB_PASSWORD"`
		F string `db:"email"`
		G string `form:"otp" query:"q"`
		H string `header:"X-Api-Key"`
		I string `xml:"id" json:"i"`
		J int    `xml:"tokens"`
		K string `validate:"email" doc:"the password"`
	}{planted, planted, planted, planted, planted, planted, planted, planted, "seen", 7, "kept"}
	j, x := lines(t, safelog.Config{}, func(l *slog.Logger) { l.Info("m", "v", v) })
	if want := `"v":{"A":"[REDACTED]","B":"[REDACTED]","C":"[REDACTED]","D":"[REDACTED]","E":"[REDACTED]","F":"[REDACTED]","G":"[REDACTED]","H":"[REDACTED]","i":"seen","J":7,"K":"kept"}}`; !strings.Contains(j, want) ||
		strings.Contains(x, planted) {
		t.Errorf("got %s%swant %s", j, x, want)
	}
}
