package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

// Two services stand for two processes. Each sees the counts of the other.
func TestService(t *testing.T) {
	client := redis.NewClient(&redis.Options{Addr: redistest.Start(t).Addr})
	defer func() { _ = client.Close() }()
	secret := []byte(strings.Repeat("s", 32))
	check := func(account, password string) bool { return account == "ann" && password == "right" }
	env, err := secrets(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	_, keyFile, _ := strings.Cut(env[1], "=")
	processes := []http.Handler{service(client, secret, keyFile, check), service(client, secret, keyFile, check)}
	login := func(process int, from, password string) *http.Response {
		r := httptest.NewRequest("POST", "/login", strings.NewReader("account=Ann&password="+password))
		r.RemoteAddr = from + ":1234"
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		processes[process].ServeHTTP(w, r)
		return w.Result()
	}
	if w := login(0, "192.0.2.1", "right"); w.StatusCode != 200 || w.Header.Get("RateLimit") == "" {
		t.Fatalf("%d %v", w.StatusCode, w.Header)
	}
	failed := 0
	for i := range 10 {
		w := login(i%2, "192.0.2.2", "wrong")
		if w.StatusCode == 429 {
			break
		}
		mwtest.Refused(t, w, 401, "login_failed")
		failed++
	}
	if failed == 0 || failed == 10 {
		t.Errorf("%d guesses at once", failed)
	}
	for process := range processes {
		if w := login(process, "192.0.2.2", "right"); w.StatusCode != 429 || w.Header.Get("Retry-After") == "" {
			t.Errorf("process %d: %d %v", process, w.StatusCode, w.Header)
		}
		if w := login(process, "192.0.2.1", "right"); w.StatusCode != 200 {
			t.Errorf("process %d: the owner is locked out: %d", process, w.StatusCode)
		}
	}
	limited := false
	for i := range 20 {
		answer, err := mwtest.ReadEnvelope(login(i%2, "192.0.2.3", "wrong"))
		if err != nil {
			t.Fatal(err)
		}
		limited = limited || answer.Code == "rate_limited"
	}
	if !limited {
		t.Error("twenty requests at once were admitted, with a limit of ten a second")
	}
}
