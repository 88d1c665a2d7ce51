package redisstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

func textOf(r apikey.Record) string {
	text, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// get sends a request with key through authn, over a real connection.
func get(t *testing.T, keys apikey.Store, key string) *http.Response {
	t.Helper()
	m := mwtest.Must[*authn.Middleware](t)(authn.New(authn.Config{Authenticators: []authn.Authenticator{authenticator(t, keys)}}))
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.RemoteAddr = "192.0.2.1:1"
		m.Handler(&mwtest.Spy{}).ServeHTTP(w, r)
	}))
	srv.Start()
	defer srv.Close()
	req := mwtest.Must[*http.Request](t)(http.NewRequestWithContext(t.Context(), "GET", srv.URL, nil))
	req.Header.Set("X-API-Key", key)
	return mwtest.Must[*http.Response](t)(srv.Client().Do(req))
}

// What Redis can hold instead of a record is an outage, and never an unknown key.
func TestForeignDataAreAnOutage(t *testing.T) {
	server := redistest.Start(t)
	s := newStore(t, server.Addr, Config{})
	keys := s.APIKeys()
	key, rec, next, _ := makeKey(t)
	text := textOf(rec)
	must := func(args ...any) {
		t.Helper()
		if _, err := server.Do(args...); err != nil {
			t.Fatal(err)
		}
	}
	for name, tc := range map[string]struct {
		setup  func()
		listed bool // Records has no error
		put    bool // Put has no error
	}{
		"nothing":          {func() {}, true, true},
		"no format":        {func() { must("HSET", keys.key, rec.ID, text) }, false, true},
		"another format":   {func() { must("HSET", keys.key, rec.ID, text, "format", "2") }, false, false},
		"another type":     {func() { must("SET", keys.key, text) }, false, false},
		"not a record":     {func() { must("HSET", keys.key, rec.ID, "hunter2", "format", "1") }, false, true},
		"half a record":    {func() { must("HSET", keys.key, rec.ID, text[:40], "format", "1") }, false, true},
		"another's record": {func() { must("HSET", keys.key, rec.ID, textOf(next), "format", "1") }, false, true},
		"a cut hash": {func() {
			must("HSET", keys.key, rec.ID, strings.Replace(text, `"sha256":"`, `"sha256":"00`, 1), "format", "1")
		}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			server.Flush()
			tc.setup()
			res := get(t, keys, key)
			mwtest.Refused(t, res, 503, "authentication_unavailable")
			if _, _, err := keys.Find(t.Context(), rec.ID); err == nil || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("Find: %v", err)
			}
			if _, err := keys.Records(t.Context()); (err == nil) != tc.listed {
				t.Errorf("Records: %v", err)
			}
			if err := keys.Put(t.Context(), rec); (err == nil) != tc.put {
				t.Errorf("Put: %v", err)
			}
			if res := get(t, keys, key); (res.StatusCode == 200) != tc.put {
				t.Errorf("after Put: %d", res.StatusCode)
			}
		})
	}
}

// A failover, or a restart from an old file, brings back an earlier state. A change either
// gives the state that it gives without the failover, or reports ErrChanged and changes
// nothing. A change that was made already succeeds.
func TestChangesOfEveryEarlierState(t *testing.T) {
	server := redistest.Start(t)
	keys := newStore(t, server.Addr, Config{}).APIKeys()
	_, old, next, previous := makeKey(t)
	_, other, _, _ := makeKey(t)
	newer := previous
	newer.ReplacedBy = other.ID
	states := map[string][]apikey.Record{
		"never used":       nil,
		"revoked":          {},
		"another key":      {other},
		"as it was read":   {old, other},
		"rotated":          {next, previous},
		"rotated by other": {newer, other},
		"successor only":   {next},
	}
	restore := func(records []apikey.Record) {
		t.Helper()
		server.Flush()
		if records == nil {
			return
		}
		if err := keys.Put(t.Context(), records...); err != nil {
			t.Fatal(err)
		}
	}
	all := func() []apikey.Record {
		t.Helper()
		return mwtest.Must[[]apikey.Record](t)(keys.Records(t.Context()))
	}
	sorted := func(records []apikey.Record) (texts []string) {
		for _, r := range records {
			texts = append(texts, textOf(r))
		}
		slices.Sort(texts)
		return texts
	}
	for name, state := range states {
		restore(state)
		before := sorted(all())
		err := keys.Replace(t.Context(), old, next, previous)
		after := sorted(all())
		if name == "as it was read" {
			if want := sorted([]apikey.Record{next, previous, other}); err != nil || !slices.Equal(after, want) {
				t.Errorf("%s: %v\n%s", name, err, after)
			}
		} else if made := name == "rotated"; made != (err == nil) || !made && !errors.Is(err, apikey.ErrChanged) || !slices.Equal(before, after) {
			t.Errorf("%s: %v\n%s\nand then\n%s", name, err, before, after)
		}

		restore(state)
		if err := keys.Put(t.Context(), next, previous); err != nil {
			t.Errorf("%s: Put: %v", name, err)
		}
		for _, want := range []apikey.Record{next, previous} {
			if got, found, err := keys.Find(t.Context(), want.ID); err != nil || !found || textOf(got) != textOf(want) {
				t.Errorf("%s: after Put: %+v, %v, %v", name, got, found, err)
			}
		}

		restore(state)
		had := slices.ContainsFunc(state, func(r apikey.Record) bool { return r.ID == old.ID })
		if found, err := keys.Delete(t.Context(), old.ID); err != nil || found != had {
			t.Errorf("%s: Delete: %v, %v", name, found, err)
		}
		if _, found, err := keys.Find(t.Context(), old.ID); found || (err == nil) != (state != nil) {
			t.Errorf("%s: after Delete: %v, %v", name, found, err)
		}
	}
	if err := keys.Replace(t.Context(), apikey.Record{}, next); !errors.Is(err, apikey.ErrChanged) {
		t.Errorf("Replace of a record that was never stored: %v", err)
	}
	if found, err := keys.Delete(t.Context(), formatField); found || err != nil {
		t.Errorf("Delete of the format: %v, %v", found, err)
	}
}

// A check sends one command and waits for one reply.
func TestCheckIsOneRoundTrip(t *testing.T) {
	server := redistest.Start(t)
	keys := newStore(t, server.Addr, Config{}).APIKeys()
	key, rec, _, _ := makeKey(t)
	if err := keys.Put(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	a := authenticator(t, keys)
	check := func() {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		r.Header.Set("X-API-Key", key)
		if _, err := a.Authenticate(r); err != nil {
			t.Fatal(err)
		}
	}
	check() // the greeting of the connection
	before := commandCounts(t, server)
	for range 100 {
		check()
	}
	after := commandCounts(t, server)
	for name, n := range after {
		want := map[string]int{"hmget": 100}[name]
		if name == "info" {
			want = 1 // of this test
		}
		if n-before[name] != want {
			t.Errorf("%s was sent %d times in 100 checks", name, n-before[name])
		}
	}
}

// commandCounts returns how often the server has run each command.
func commandCounts(t *testing.T, server *redistest.Server) map[string]int {
	t.Helper()
	reply, err := server.Do("INFO", "commandstats")
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, m := range regexp.MustCompile(`cmdstat_([^:]+):calls=(\d+)`).FindAllStringSubmatch(reply.(string), -1) {
		counts[m[1]], _ = strconv.Atoi(m[2])
	}
	return counts
}

// The rights that doc.go names are enough.
func TestRights(t *testing.T) {
	server := redistest.Start(t)
	rights := "ACL SETUSER authn on >password ~sallyport:authn:* +hmget +hgetall +hdel +eval +evalsha +hget +hset"
	for user, line := range map[string]string{
		"authn": rights,
		"check": "ACL SETUSER check on >password ~sallyport:authn:* +hmget",
	} {
		var args []any
		for _, a := range strings.Fields(line) {
			args = append(args, a)
		}
		if _, err := server.Do(args...); err != nil {
			t.Fatal(err)
		}
		keys := newStoreFor(t, redis.NewClient(&redis.Options{Addr: server.Addr, Username: user, Password: "password"}), Config{}).APIKeys()
		_, rec, next, previous := makeKey(t)
		if user == "check" {
			if err := keys.Put(t.Context(), rec); err == nil {
				t.Error("a user who may only check has stored a key")
			}
			if _, found, err := keys.Find(t.Context(), rec.ID); found || err != nil && !strings.Contains(err.Error(), "is missing") {
				t.Errorf("%v, %v", found, err)
			}
			continue
		}
		_, found, findErr := keys.Find(t.Context(), rec.ID)
		err := errors.Join(keys.Put(t.Context(), rec), keys.Replace(t.Context(), rec, next, previous))
		all, listErr := keys.Records(t.Context())
		deleted, deleteErr := keys.Delete(t.Context(), rec.ID)
		if err := errors.Join(err, listErr, deleteErr); err != nil || len(all) != 2 || !deleted || found || findErr == nil {
			t.Errorf("%v, %v, %d records", err, findErr, len(all))
		}
	}
}

// On a cluster a rotation changes both records at once, whatever their IDs.
func TestCluster(t *testing.T) {
	cluster := redistest.StartCluster(t)
	for i := range 20 {
		s := newStoreFor(t, redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addrs()}), Config{Prefix: fmt.Sprint("prefix:", i)})
		keys := s.APIKeys()
		_, rec, next, previous := makeKey(t)
		if err := errors.Join(keys.Put(t.Context(), rec), keys.Replace(t.Context(), rec, next, previous)); err != nil {
			t.Fatal(err)
		}
		got, found, err := keys.Find(t.Context(), rec.ID)
		if err != nil || !found || textOf(got) != textOf(previous) {
			t.Errorf("%+v, %v, %v", got, found, err)
		}
	}
}
