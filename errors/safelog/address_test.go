package safelog_test

import (
	"testing"

	"github.com/go-sallyport/sallyport/errors/safelog"
)

// Passwords in addresses, with and without a scheme, and with signs in them
// that no well-formed address has.
func TestAddresses(t *testing.T) {
	h, buf := writer(t, safelog.Config{})
	for in, want := range map[string]string{
		"root:hunter2@/notes?parseTime=true":     re + "@/notes?parseTime=true",
		"admin:hunter2@localhost:6379":           re + "@localhost:6379",
		"default:hunter2@redis:6379":             re + "@redis:6379",
		"default:hunter2@redis":                  re + "@redis",
		"root:hunter2@tcp6([::1]:3306)/db":       re + "@tcp6([::1]:3306)/db",
		"root:hunter2@10.0.0.1:3306 x":           re + "@10.0.0.1:3306 x",
		"root:hun=ter2@tcp(h)/db":                re + "@tcp(h)/db",
		"dsn=root:hunter2@tcp(h)/db":             "dsn=" + re + "@tcp(h)/db",
		"hosts [a:b@c:1,d:e@f:2]":                "hosts [" + re + "@c:1," + re + "@f:2]",
		"{DSN:root:hun,ter2@h:1}":                "{" + re + "@h:1}",
		":hunter2@redis:6379":                    re + "@redis:6379",
		"a:p@ss@db:1":                            re + "@db:1",
		"u:hunter2@db.example.com:5432/x":        re + "@db.example.com:5432/x",
		"u:hun/ter2@db.example.com":              re,
		"mailto:jane@example.com":                "mailto:" + re,
		"postgres://u:12/hunter2@h/db":           "postgres://" + re + "@h/db",
		"postgres://u:hunter2 x@h/db":            "postgres://" + re + "@h/db",
		"redis://u:hun/ter@hunter2@h":            "redis://" + re + "@h",
		`parse "a://u:x y@h": bad, see b@c`:      `parse "a://` + re + `@h": bad, see b@c`,
		"amqp://u:1?2@h:5672/ and http://x/@y":   "amqp://" + re + "@h:5672/ and http://x/@y",
		"http://u:hun/ter2@h and http://x:80/@y": "http://" + re + "@h and http://x:80/@y",
	} {
		if got := logged(t, h, buf, in); got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
		if got := logged(t, h, buf, want); got != want {
			t.Errorf("%q again: %q", want, got)
		}
	}
	for _, s := range []string{
		"nginx:1.25@sha256:0a399eb16751829e1af26fea27b20c3ec28d7ab1fb72182879dcae1cca21206a", "registry.example:5000/x:1@sha256:abc", "oci://r.example:5000/x@sha256:0abc",
		"npm:react@latest", "npm:react@18.2.0", "go:tool@v1.2.3", "https://example.com:8443/@user", "http://localhost:8080/x@y", "see http://h:80 or a@b",
		"12:30 @home", "user@host:22", "a: b@c", "x::@y", "ratio 3:4@", "postgres://h:5432/db and a@b", "map[a:1 b:2]@",
	} {
		if got := logged(t, h, buf, s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
}
