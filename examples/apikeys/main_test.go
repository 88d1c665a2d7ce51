package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/authn/redisstore"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

// An operator runs the command as a process, on one store.
type operator struct {
	*testing.T
	bin string
	env []string
}

func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "apikeys")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return bin
}

// run runs the command, and returns its output and its exit code.
func (o operator) run(args ...string) (stdout, stderr string, code int) {
	o.Helper()
	var out, log bytes.Buffer
	cmd := exec.CommandContext(o.Context(), o.bin, args...)
	cmd.Env = append(os.Environ(), append([]string{"APIKEYS_FILE=", "REDIS_URL="}, o.env...)...)
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		o.Fatal(err)
	}
	return out.String(), log.String(), cmd.ProcessState.ExitCode()
}

// must runs the command, which must succeed, and returns its output.
func (o operator) must(args ...string) string {
	o.Helper()
	out, log, code := o.run(args...)
	if code != 0 {
		o.Fatalf("%q: exit code %d\n%s%s", args, code, out, log)
	}
	return out
}

// A keyPattern is the form of the whole output of a command that shows a key.
var keyPattern = regexp.MustCompile(`^notes_live_([0-9A-Za-z]{12})_[0-9A-Za-z]{49}\n$`)

// shows runs a command that shows a key, and returns the key and its ID.
func (o operator) shows(args ...string) (key, id string) {
	o.Helper()
	out := o.must(args...)
	m := keyPattern.FindStringSubmatch(out)
	if m == nil {
		o.Fatalf("%q shows %q", args, out)
	}
	return strings.TrimSpace(out), m[1]
}

// A service checks keys in the process of the test, and so in another process than the
// command.
type service struct {
	store    func() apikey.Store
	contents func() string             // all that the store holds
	spread   func(refused func() bool) // waits until the service has seen a change
}

// accepts reports whether the service accepts key from 192.0.2.1.
func (s service) accepts(t *testing.T, key string) bool {
	t.Helper()
	a := mwtest.Must[*apikey.Authenticator](t)(apikey.New(apikey.Config{Store: s.store(), Prefix: prefix, Env: environment}))
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
	r.Header.Set("X-API-Key", key)
	_, err := a.Authenticate(r)
	return err == nil
}

// inFile returns an operator and a service that share a file. The command makes the file.
func inFile(t *testing.T, bin string) (operator, service) {
	path := filepath.Join(t.TempDir(), "keys.json")
	var opened *apikey.FileStore
	return operator{t, bin, []string{"APIKEYS_FILE=" + path}}, service{
		store: func() apikey.Store {
			if opened == nil {
				opened = mwtest.Must[*apikey.FileStore](t)(apikey.NewFile(apikey.FileConfig{Path: path}))
			}
			return opened
		},
		contents: func() string { return string(mwtest.Must[[]byte](t)(os.ReadFile(path))) },
		spread: func(seen func() bool) {
			for begin := time.Now(); !seen(); <-time.After(10 * time.Millisecond) {
				if time.Since(begin) > 20*time.Second {
					t.Fatal("the service does not see the change")
				}
			}
		},
	}
}

// inRedis returns an operator and a service that share a Redis.
func inRedis(t *testing.T, bin string) (operator, service) {
	server := redistest.Start(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr})
	store := mwtest.Must[*redisstore.Store](t)(redisstore.New(client, redisstore.Config{Prefix: prefix, Timeout: time.Second}))
	t.Cleanup(func() { _, _ = store.Close(), client.Close() })
	return operator{t, bin, []string{"REDIS_URL=redis://" + server.Addr + "/0"}}, service{
		store: func() apikey.Store { return store.APIKeys() },
		contents: func() string {
			return strings.Join(mwtest.Must[[]string](t)(client.HVals(t.Context(), prefix+":apikeys").Result()), "\n")
		},
		spread: func(seen func() bool) {
			if !seen() {
				t.Error("the next request does not see the change")
			}
		},
	}
}

func TestOperator(t *testing.T) {
	bin := build(t)
	for name, open := range map[string]func(*testing.T, string) (operator, service){"file": inFile, "redis": inRedis} {
		t.Run(name, func(t *testing.T) {
			o, s := open(t, bin)
			first, id := o.shows("make", "-subject", "nightly-export", "-scopes", "notes:read,notes:write", "-networks", "192.0.2.0/24,2001:db8::/32")
			if !s.accepts(t, first) {
				t.Fatal("a new key is refused")
			}
			list := o.must("list")
			if !regexp.MustCompile(`(?m)^` + id + ` +nightly-export +notes:read notes:write +192\.0\.2\.0/24 2001:db8::/32 .* valid$`).MatchString(list) {
				t.Errorf("the list is\n%s", list)
			}
			if due := o.must("due", "-age", "24h"); due != "" {
				t.Errorf("a new key is due: %s", due)
			}
			if due := o.must("due", "-age", "0s"); due != id+"\n" {
				t.Errorf("due are %q", due)
			}

			// Both keys are valid during the overlap.
			second, secondID := o.shows("rotate", "-overlap", "1h", id)
			s.spread(func() bool { return s.accepts(t, second) })
			if !s.accepts(t, first) {
				t.Error("the first key is refused during the overlap")
			}
			if list := o.must("list"); !strings.Contains(list, "replaced by "+secondID) || strings.Count(list, "\n") != 3 {
				t.Errorf("the list is\n%s", list)
			}
			if due := o.must("due"); due != secondID+"\n" {
				t.Errorf("due are %q", due)
			}

			// Without an overlap the old key ends at once.
			third, thirdID := o.shows("rotate", "-overlap", "0s", second)
			s.spread(func() bool { return s.accepts(t, third) && !s.accepts(t, second) })
			if list := o.must("list"); !regexp.MustCompile(`(?m)^` + secondID + ` .* expired$`).MatchString(list) {
				t.Errorf("the list is\n%s", list)
			}

			// A leaked key is revoked by its ID or by itself.
			o.must("revoke", id, third)
			s.spread(func() bool { return !s.accepts(t, first) && !s.accepts(t, third) })
			if list := o.must("list"); strings.Contains(list, thirdID) || strings.Contains(list, id) {
				t.Errorf("the list is\n%s", list)
			}

			seen := list + s.contents()
			for _, key := range []string{first, second, third} {
				if strings.Contains(seen, key[24:]) {
					t.Errorf("a secret is stored or listed: %s", seen)
				}
			}
			if out := o.must("pattern"); !regexp.MustCompile(strings.TrimSpace(out)).MatchString(first) {
				t.Errorf("the pattern is %q", out)
			}
		})
	}
}

func TestOperatorErrors(t *testing.T) {
	bin := build(t)
	o, _ := inFile(t, bin)
	made, _ := o.shows("make", "-subject", "a", "-networks", "192.0.2.0/24")
	for _, tc := range []struct {
		args []string
		env  []string
		code int
		want string
	}{
		{nil, nil, 2, "usage:"},
		{[]string{"help"}, nil, 2, `no such command line: "help"`},
		{[]string{"make", "-networks", "192.0.2.1"}, nil, 2, "a single address is written as 192.0.2.1/32"},
		{[]string{"make", "-networks", "localhost"}, nil, 2, "no '/'"},
		{[]string{"make", "-subject", "", "-lifetime", "-1h"}, nil, 1, "Subject: is missing"},
		{[]string{"make", "-subject", "", "-lifetime", "-1h"}, nil, 1, "Networks: is empty"},
		{[]string{"make", "-subject", "", "-lifetime", "-1h"}, nil, 1, "has passed"},
		{[]string{"make", "-subject", "a", "-networks", "0.0.0.0/0"}, nil, 1, "is every address there is"},
		{[]string{"rotate"}, nil, 2, "rotate with 0 arguments"},
		{[]string{"rotate", "000000000000"}, nil, 1, `there is no key with the ID "000000000000"`},
		{[]string{"rotate", "-overlap", "-1s", made}, nil, 1, "overlap"},
		{[]string{"revoke", strings.Replace(made, "live", "test", 1)}, nil, 1, "neither the ID of a key"},
		{[]string{"rotate", strings.Replace(made, "live", "test", 1)}, nil, 1, "neither the ID of a key"},
		{[]string{"revoke"}, nil, 2, "revoke with 0 arguments"},
		{[]string{"revoke", "000000000000", "format"}, nil, 1, `there is no key with the ID "000000000000"`},
		{[]string{"list", "all"}, nil, 2, "list with 1 arguments"},
		{[]string{"list"}, []string{"APIKEYS_FILE="}, 1, "set APIKEYS_FILE or REDIS_URL, and not both"},
		{[]string{"list"}, []string{"REDIS_URL=redis://127.0.0.1:1"}, 1, "set APIKEYS_FILE or REDIS_URL, and not both"},
		{[]string{"list"}, []string{"APIKEYS_FILE=", "REDIS_URL=redis://:hunter2@127.0.0.1:1/x"}, 1, "REDIS_URL is not the URL of a Redis"},
		{[]string{"list"}, []string{"APIKEYS_FILE=", "REDIS_URL=redis://:hunter2@127.0.0.1:1/0"}, 1, "connection refused"},
		{[]string{"list"}, []string{"APIKEYS_FILE=/nonexistent/keys.json"}, 1, "no such file"},
	} {
		with := o
		with.env = append(append([]string{}, o.env...), tc.env...)
		out, log, code := with.run(tc.args...)
		if code != tc.code || out != "" || !strings.Contains(log, tc.want) || strings.Contains(log, "hunter2") || strings.Contains(log, made[24:]) {
			t.Errorf("%q: exit code %d, output %q, log\n%s", tc.args, code, out, log)
		}
	}
	if list := o.must("list"); strings.Count(list, "\n") != 2 {
		t.Errorf("a failed command has changed the keys:\n%s", list)
	}
}

// A noReply makes each change, and loses the first replies.
type noReply struct {
	apikey.MemoryStore
	lost int
}

func (s *noReply) Replace(ctx context.Context, old apikey.Record, records ...apikey.Record) error {
	if err := s.MemoryStore.Replace(ctx, old, records...); err != nil || s.lost == 0 {
		return err
	}
	s.lost--
	return io.ErrUnexpectedEOF
}

// A rotation whose reply was lost shows its key, or says what to do.
func TestRotateWithoutReply(t *testing.T) {
	for lost, want := range map[int]string{2: "ends at", 3: "rotate ID again"} {
		store := &noReply{lost: lost}
		keys := mwtest.Must[*apikey.Authenticator](t)(apikey.New(apikey.Config{Store: store, Prefix: prefix, Env: environment}))
		_, old, err := keys.Generate(apikey.Record{Subject: "a", DangerouslyAnyAddress: true, ExpiresAt: time.Now().Add(time.Hour)})
		if err := errors.Join(err, store.Put(t.Context(), old)); err != nil {
			t.Fatal(err)
		}
		var out, log bytes.Buffer
		if err := (command{store, keys, &out, &log}).rotate(t.Context(), []string{old.ID}); err != nil {
			log.WriteString(err.Error())
		}
		if got := strings.ReplaceAll(log.String(), old.ID, "ID"); !strings.Contains(got, want) || (lost < 3) != keyPattern.MatchString(out.String()) {
			t.Errorf("%d lost replies: %q, %s", lost, out.String(), got)
		}
	}
}
