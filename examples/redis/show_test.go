package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/redistest"
)

// TestMain lets the test program be a process of the service too, as the program itself is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "-serve" {
		main()
		return
	}
	os.Exit(m.Run())
}

// Two processes of the operating system answer as one, on each form of Redis.
func TestShow(t *testing.T) {
	for name, start := range map[string]func(*testing.T) (url, cluster string){
		"a redis-server of its own": func(*testing.T) (string, string) { return "", "" },
		"a server that runs":        func(t *testing.T) (string, string) { return "redis://" + redistest.Start(t).Addr, "" },
		"a cluster":                 func(t *testing.T) (string, string) { return "", strings.Join(redistest.StartCluster(t).Addrs(), ",") },
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			url, cluster := start(t)
			if err := show(t.Context(), &out, url, cluster); err != nil {
				t.Fatal(err)
			}
			text := regexp.MustCompile(` {2,}`).ReplaceAllString(out.String(), "|")
			rest := text
			for _, want := range []string{
				"A|POST /login|200|",
				"B|GET /me|200|B accepts",
				"B|POST /refresh|200|",
				"A|GET /report|200|1 of 10",
				"B|GET /report|200|10 of 10",
				"A|GET /report|429 rate_limited|",
				"B|GET /report|429 rate_limited|",
				"A|POST /login|401 login_failed|guess 1\n",
				"|POST /login|429 login_delayed|",
				"A|POST /logout|204|",
				"B|GET /me|401 invalid_credentials|",
				"B|POST /refresh|401 session_ended|",
			} {
				_, after, found := strings.Cut(rest, want)
				if !found {
					t.Fatalf("no %q in\n%s", want, text)
				}
				rest = after
			}
			if n := strings.Count(text, "|GET /report|200|"); n != reportsPerHour {
				t.Errorf("%d reports were admitted", n)
			}
		})
	}
}

// A process that cannot start ends the program, with the reason.
func TestShowFails(t *testing.T) {
	var out strings.Builder
	if err := show(t.Context(), &out, "127.0.0.1:6379", ""); err == nil || !strings.Contains(err.Error(), "write it as redis://") {
		t.Errorf("%v\n%s", err, out.String())
	}
	t.Setenv("PATH", t.TempDir())
	if err := show(t.Context(), &out, "", ""); err == nil || !strings.Contains(err.Error(), "REDIS_URL") {
		t.Errorf("%v\n%s", err, out.String())
	}
}
