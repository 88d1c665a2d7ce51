package plants_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/examples/migrate/internal/page"
	"github.com/go-sallyport/sallyport/examples/migrate/services/internal/script"
	"github.com/go-sallyport/sallyport/examples/migrate/services/plants"
)

var secret = []byte("a secret of thirty-two bytes, or more")

// keyFile writes a private key as openssl does.
func keyFile(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "2026-12.pem")
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// records collects the records of the requests.
type records struct {
	mu  sync.Mutex
	all []audit.Record
}

func (s *records) Emit(_ context.Context, r audit.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, r)
	return nil
}

func after(t *testing.T, sink audit.Sink) http.Handler {
	t.Helper()
	s := plants.Settings{KeyFile: keyFile(t), OldSecret: secret, Until: time.Now().Add(24 * time.Hour), Sink: sink}
	h, err := plants.After(plants.NewStore(), s)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func token(_ *http.Response, body string) string {
	var in struct{ Token string }
	_ = json.Unmarshal([]byte(body), &in)
	return in.Token
}

func bearer(name string) []string { return []string{"Authorization", "Bearer $" + name} }

// A user of before: the same token on both sides.
func old(t *testing.T, user int) string {
	t.Helper()
	claims := jwt.MapClaims{"user_id": user, "exp": time.Now().Add(time.Hour).Unix()}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(secret)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestBothSides(t *testing.T) {
	steps := []script.Step{
		{Name: "ann", Target: "/users", Body: `{"email":"ann@plants.example"}`, Want: "201 {\"token\"", Save: token},
		{Name: "bob", Target: "/users", Body: `{"email":"bob@plants.example"}`, Want: "201 {\"token\"", Save: token},
		{Name: "a taken address", Target: "/users", Body: `{"email":"ann@plants.example"}`, Want: "400"},
		{Name: "no address", Target: "/users", Body: `{"email":"ann"}`, Want: "400"},
		{Name: "no token", Target: "/plants", Want: "401"},
		{Name: "a garden", Target: "/gardens", Header: bearer("ann"), Body: `{"name":"south"}`, Want: `201 {"id":3,"name":"south"}`},
		{Name: "a garden without a name", Target: "/gardens", Header: bearer("ann"), Body: `{}`, Want: "400"},
		{Name: "the garden, with a token of before", Target: "/gardens/3", Header: []string{"Authorization", "Bearer " + old(t, 1)},
			Want: `200 {"id":3`},
		{Name: "the garden", Target: "/gardens/3", Header: bearer("ann"), Want: `200 {"id":3`},
		{Name: "of another user", Target: "/gardens/3", Header: bearer("bob"), Want: "404"},
		{Name: "no number", Target: "/gardens/x", Header: bearer("ann"), Want: "404"},
		{Name: "a plant", Target: "/gardens/3/plants", Header: bearer("ann"), Body: `{"name":"rose"}`,
			Want: `201 {"id":4,"garden_id":3,"name":"rose"}`},
		{Name: "a plant in a foreign garden", Target: "/gardens/3/plants", Header: bearer("bob"), Body: `{"name":"weed"}`, Want: "404"},
		{Name: "the plants of two gardens", Target: "/plants?garden_id[]=3&garden_id[]=9", Header: bearer("ann"), Want: `200 [{"id":4`},
		{Name: "no number in the query", Target: "/plants?garden_id[]=x", Header: bearer("ann"), Want: "400"},
		{Name: "a preflight of the front end", Method: "OPTIONS", Target: "/plants", Header: []string{"Origin", "https://plants.example",
			"Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "authorization"}, Want: "204"},
		{Name: "no such route", Target: "/trees", Want: "404"},
		{Name: "another method", Method: "PUT", Target: "/users", Want: "405"},

		{Name: "a preflight of another site", Method: "OPTIONS", Target: "/plants", Header: []string{"Origin", "https://evil.example",
			"Access-Control-Request-Method", "GET"}, Want: "204", Differ: "403"},
		{Name: "the token without `Bearer`", Target: "/plants", Header: []string{"Authorization", "$ann"}, Want: "200 []", Differ: "400"},
		{Name: "a member that is not known", Target: "/gardens", Header: bearer("ann"), Body: `{"name":"north","owner":2}`,
			Want: `201 {"id":5`, Differ: "400"},
		{Name: "the member `NAME`", Target: "/gardens", Header: bearer("ann"), Body: `{"NAME":"north"}`, Want: `201 {"id":6`, Differ: "400"},
		{Name: "a body without Content-Type", Target: "/gardens", Header: append(bearer("ann"), "Content-Type", ""), Body: `{"name":"n"}`,
			Want: `201 {"id":7`, Differ: "415"},
		{Name: "another user deletes the plant", Method: "DELETE", Target: "/plants/4", Header: bearer("bob"), Want: "204", Differ: "404"},
		{Name: "the owner deletes the plant", Method: "DELETE", Target: "/plants/4", Header: bearer("ann"), Want: "404", Differ: "204"},
	}
	table := script.Sides{Before: plants.Before(plants.NewStore(), secret), After: after(t, new(records))}.Run(t, steps)
	page.Check(t, map[string]string{"differences": table, "taken": taken(t)})
}

// taken returns the refusal that the INSERT has found.
func taken(t *testing.T) string {
	t.Helper()
	s := script.Sides{Before: after(t, new(records)), After: http.NotFoundHandler()}
	var body string
	keep := func(_ *http.Response, b string) string { body = b; return b }
	steps := []script.Step{
		{Name: "first", Target: "/users", Body: `{"email":"ann@plants.example"}`, Want: "201", Differ: "404"},
		{Name: "second", Target: "/users", Body: `{"email":"ann@plants.example"}`, Want: "400", Differ: "404",
			Save: func(r *http.Response, b string) string {
				if r.StatusCode == http.StatusBadRequest {
					return keep(r, b)
				}
				return b
			}},
	}
	s.Run(t, steps)
	var refusal struct {
		Code   string          `json:"code"`
		Errors json.RawMessage `json:"errors"`
	}
	if err := json.Unmarshal([]byte(body), &refusal); err != nil {
		t.Fatal(err)
	}
	return refusal.Code + " " + string(refusal.Errors) + "\n"
}

// The records have the patterns of the router, and no path.
func TestRecords(t *testing.T) {
	sink := new(records)
	h := after(t, sink)
	script.Sides{Before: h, After: h}.Run(t, []script.Step{{Name: "x", Target: "/gardens/3", Want: "401"}})
	for _, r := range sink.all {
		if r.Route != "/gardens/{id}" || r.Status != http.StatusUnauthorized {
			t.Errorf("route=%s status=%d", r.Route, r.Status)
		}
	}
	if len(sink.all) != 2 {
		t.Errorf("%d records", len(sink.all))
	}
}
