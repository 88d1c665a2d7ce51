package express

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/examples/migrate/internal/page"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// A request is one of peers/requests.json, and an answer one of peers/recorded.json.
type request struct {
	Group, Name, Method, Path string
	Headers                   map[string]string
	Body                      *string
	Times                     int
	Show                      []string
}

type answer struct {
	Name    string
	Path    string
	Status  int
	Headers map[string]string
	Body    string
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func read[T any](t *testing.T, name string) (v T) {
	t.Helper()
	if err := json.Unmarshal(must[[]byte](t)(os.ReadFile(name)), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// service is this library behind the paths of peers/record.js.
func service(t *testing.T, keys jwks.Source) http.Handler {
	auth := must[*authn.Middleware](t)(authenticate(keys))
	scope := must[*authz.Middleware](t)(requireScope())
	own := must[*object.Guard[*order, string]](t)(ownOrder(func(_ context.Context, id string) (*order, bool, error) {
		return &order{id, "ann"}, id == "1", nil
	}))
	general, _, err := limiters()
	if err != nil {
		t.Fatal(err)
	}
	caller := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, _ := authn.FromContext(r.Context())
		_, _ = io.WriteString(w, p.Subject)
	})
	okay := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	mux := http.NewServeMux()
	mux.Handle("GET /jsonwebtoken", auth.Handler(scope.Handler(caller)))
	mux.Handle("GET /express-jwt", auth.Handler(caller))
	mux.Handle("GET /orders/{id}", auth.Handler(own.Handler(caller)))
	mux.Handle("GET /helmet", must[*headers.Middleware](t)(secure()).Handler(okay))
	mux.Handle("/cors", must[*cors.Middleware](t)(origins()).Handler(okay))
	mux.Handle("GET /limit", general.Handler(okay))
	mux.Handle("POST /zod", must[http.Handler](t)(createOrder()))
	mux.Handle("POST /joi", must[http.Handler](t)(createOrder()))
	mux.HandleFunc("GET /boom", func(http.ResponseWriter, *http.Request) { panic("connect to postgres://app:secret@db failed") })
	ann := &user{7, "Ann", "x", "123-45-6789"}
	mux.Handle("GET /user", must[http.Handler](t)(showUser(func(*http.Request) *user { return ann })))
	errs := must[*httperr.Middleware](t)(outermost(slog.New(slog.DiscardHandler)))
	ip := must[*clientip.Middleware](t)(clientip.New(clientip.Direct()))
	return errs.Handler(ip.Handler(httperr.WrapMux(mux)))
}

// tokens are those of peers/record.js.
func tokens(t *testing.T) (map[string]string, jwks.Source) {
	key := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	other := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	now := time.Now().Unix()
	sign := func(key *ecdsa.PrivateKey, name string, value any) string {
		c := jwt.MapClaims{"iss": "https://issuer.example", "aud": "https://shop.example", "sub": "ann", "jti": "1", "type": "access",
			"scope": "orders:read", "iat": now, "exp": now + 900}
		if c[name] = value; value == nil {
			delete(c, name)
		}
		token := jwt.NewWithClaims(jwt.SigningMethodES256, c)
		token.Header["kid"] = "k"
		return must[string](t)(token.SignedString(key))
	}
	return map[string]string{
		"access": sign(key, "scope", "orders:read"), "bob": sign(key, "sub", "bob"), "expired": sign(key, "exp", now-60),
		"forged": sign(other, "sub", "ann"), "audience": sign(key, "aud", "https://other.example"), "refresh": sign(key, "type", "refresh"),
		"noexp": sign(key, "exp", nil), "year": sign(key, "exp", now+31536000), "noscope": sign(key, "scope", ""),
	}, jwks.Static(jwks.Key{ID: "k", Algorithm: jwks.ES256, Public: key.Public()})
}

func TestPage(t *testing.T) {
	requests, recorded := read[[]request](t, "peers/requests.json"), read[[]answer](t, "peers/recorded.json")
	if len(requests) != len(recorded) {
		t.Fatalf("%d requests and %d recorded answers: record them again", len(requests), len(recorded))
	}
	named, keys := tokens(t)
	server := httptest.NewServer(service(t, keys))
	defer server.Close()
	rows, groups := map[string][][]string{}, map[string]bool{}
	for i, r := range requests {
		if recorded[i].Name != r.Name || recorded[i].Path != r.Path {
			t.Fatalf("%s: the recorded answer is of another request", r.Name)
		}
		ours := send(t, server, &r, named)
		groups[r.Group] = true
		rows[r.Group] = append(rows[r.Group], []string{r.Name, cell(&r, &recorded[i]), cell(&r, &ours)})
	}
	outputs := map[string]string{"redis": onRedis(t)}
	for group := range groups {
		outputs[group] = page.Table([]string{"request", "Node", "here"}, rows[group]...)
	}
	page.Check(t, outputs)
}

func send(t *testing.T, server *httptest.Server, r *request, named map[string]string) answer {
	t.Helper()
	a := answer{Name: r.Name, Path: r.Path, Headers: map[string]string{}}
	method, body := r.Method, ""
	switch {
	case r.Body != nil:
		body = *r.Body
		method = http.MethodPost
	case method == "":
		method = http.MethodGet
	}
	for range max(r.Times, 1) {
		req := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), method, server.URL+r.Path, strings.NewReader(body)))
		for name, value := range r.Headers {
			for token, text := range named {
				value = strings.ReplaceAll(value, "$"+token, text)
			}
			req.Header.Set(name, value)
		}
		if body != "" {
			req.Header.Set("Content-Type", "application/json")
		}
		res := must[*http.Response](t)(http.DefaultClient.Do(req))
		text := must[[]byte](t)(io.ReadAll(res.Body))
		_ = res.Body.Close()
		a.Status, a.Body = res.StatusCode, string(text)
		for _, name := range r.Show {
			if value := res.Header.Get(name); value != "" {
				a.Headers[name] = value
			}
		}
	}
	return a
}

// nonce differs in each run.
var nonce = regexp.MustCompile(`'nonce-[^']*'`)

// cell is the answer as the table of its group shows it.
func cell(r *request, a *answer) string {
	var shown []string
	for _, name := range r.Show {
		value, ok := a.Headers[name]
		switch {
		case !ok:
		case r.Group == "helmet":
			shown = append(shown, "`"+nonce.ReplaceAllString(value, "'nonce-…'")+"`")
		case name == "Retry-After": // its value depends on the speed of the machine
			shown = append(shown, name)
		default:
			shown = append(shown, name+": `"+value+"`")
		}
	}
	body := strings.TrimSpace(a.Body)
	switch r.Group {
	case "helmet":
		return strings.Join(shown, ", ")
	case "errors", "views":
		shown = append(shown, "`"+id(body)+"`")
	case "zod", "joi":
		if a.Status == http.StatusOK {
			shown = append(shown, "`"+body+"`")
		}
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", a.Status, strings.Join(shown, ", ")))
}

// id replaces an identifier, which differs in each run.
func id(body string) string {
	for _, name := range []string{`"id":"`, `"correlation_id":"`} {
		if before, rest, ok := strings.Cut(body, name); ok {
			_, after, _ := strings.Cut(rest, `"`)
			return before + name + `…"` + after
		}
	}
	return body
}

// onRedis counts what two processes on one Redis admit.
func onRedis(t *testing.T) string {
	admitted, each := 0, []string{"200 requests, in turn by two processes"}
	r := redistest.Start(t)
	var processes []http.Handler
	for range 2 {
		client := redis.NewClient(&redis.Options{Addr: r.Addr, ContextTimeoutEnabled: true})
		t.Cleanup(func() { _ = client.Close() })
		l := must[*ratelimit.Limiter](t)(shared(client))
		processes = append(processes, l.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	}
	for i := range 200 {
		w := httptest.NewRecorder()
		processes[i%2].ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if w.Code == http.StatusOK {
			admitted++
		}
	}
	return page.Table([]string{"requests", "admitted together"}, append(each, fmt.Sprint(admitted)))
}

// Where the packages of the peers are installed, they still answer as recorded.
func TestRecorded(t *testing.T) {
	if _, err := os.Stat("peers/node_modules"); err != nil {
		t.Skip("peers/node_modules is missing: run npm install in peers")
	}
	cmd := exec.CommandContext(t.Context(), "node", "record.js")
	cmd.Dir = "peers"
	var got []answer
	if err := json.Unmarshal(must[[]byte](t)(cmd.Output()), &got); err != nil {
		t.Fatal(err)
	}
	requests, recorded := read[[]request](t, "peers/requests.json"), read[[]answer](t, "peers/recorded.json")
	for i := range recorded {
		if want, found := cell(&requests[i], &recorded[i]), cell(&requests[i], &got[i]); found != want {
			t.Errorf("%s: %s, recorded %s", recorded[i].Name, found, want)
		}
	}
}
