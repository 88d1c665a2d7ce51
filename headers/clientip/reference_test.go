package clientip_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"testing"
)

// The slow reference joins all lines and parses them from the left. It parses
// every entry, and compares addresses with package net instead of netip.

var networks = func() (all []*net.IPNet) {
	for _, p := range proxies {
		_, n, err := net.ParseCIDR(p.String())
		if err != nil {
			panic(err)
		}
		all = append(all, n)
	}
	return all
}()

func isProxy(ip net.IP) bool {
	for _, n := range networks {
		if n.Contains(ip) && (n.IP.To4() == nil) == (ip.To4() == nil) {
			return true
		}
	}
	return false
}

var entryPatterns = []*regexp.Regexp{
	regexp.MustCompile(`^([0-9.]+)(?::([0-9]{1,5}))?$`),
	regexp.MustCompile(`^\[([0-9a-fA-F:.]*:[0-9a-fA-F:.]*)(?:%[^\]]+)?\](?::([0-9]{1,5}))?$`),
	regexp.MustCompile(`^([0-9a-fA-F:.]*:[0-9a-fA-F:.]*)(?:%.+)?()$`),
}

// referenceAddr parses an address with an optional port, or returns nil.
func referenceAddr(s string, patterns []*regexp.Regexp) net.IP {
	for _, pattern := range patterns {
		m := pattern.FindStringSubmatch(s)
		if m == nil {
			continue
		}
		var port int
		_, _ = fmt.Sscan(m[2], &port)
		ip := net.ParseIP(m[1])
		if ip == nil || port > 65535 || ip.IsUnspecified() || ip.IsMulticast() {
			return nil
		}
		return ip
	}
	return nil
}

// referenceWalk returns the client that the walk over entries must find, for the
// peer fromProxy.
func referenceWalk(entries []net.IP) string {
	result := "10.1.0.1"
	for i := len(entries) - 1; i >= 0; i-- {
		if entries[i] == nil || len(entries)-i >= 8 && isProxy(entries[i]) {
			return result
		}
		result = entries[i].String()
		if !isProxy(entries[i]) {
			return result
		}
	}
	return result
}

func referenceXFF(lines []string) string {
	var entries []net.IP
	for e := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		e = strings.Trim(e, " \t")
		if len(e) > 100 {
			entries = append(entries, nil)
			continue
		}
		entries = append(entries, referenceAddr(e, entryPatterns))
	}
	return referenceWalk(entries)
}

var (
	pairPattern  = regexp.MustCompile("^([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)|\"((?:[\\t !#-\\[\\]-~]|\\\\[\\t -~])*)\")")
	nodePatterns = []*regexp.Regexp{
		regexp.MustCompile(`^([0-9.]+)(?::(?:([0-9]{1,5})|_[A-Za-z0-9._-]+))?$`),
		regexp.MustCompile(`^\[([0-9a-fA-F:.]*:[0-9a-fA-F:.]*)\](?::(?:([0-9]{1,5})|_[A-Za-z0-9._-]+))?$`),
	}
	escapePattern = regexp.MustCompile(`(?s)\\(.)`)
)

// referenceForwarded parses every line from the left by the grammar of RFC 7239,
// section 4, with white space around semicolons. ok is false if a line does not follow
// it, or if the lines have so many commas that empty elements end the walk.
func referenceForwarded(lines []string) (result string, ok bool) {
	if len(lines)+strings.Count(strings.Join(lines, ""), ",") > 30 {
		return "", false
	}
	var entries []net.IP
	for _, line := range lines {
		for end := false; !end; {
			line = strings.TrimLeft(line, " \t")
			seen, empty := map[string]string{}, line == "" || line[0] == ','
			for line != "" && line[0] != ',' {
				if strings.ContainsRune("; \t", rune(line[0])) {
					line = line[1:]
					continue
				}
				m := pairPattern.FindStringSubmatch(line)
				if m == nil {
					return "", false
				}
				name := strings.ToLower(m[1])
				if _, twice := seen[name]; twice || len(seen) == 8 {
					return "", false
				}
				seen[name] = m[2] + escapePattern.ReplaceAllString(m[3], "$1")
				line = line[len(m[0]):]
				if line = strings.TrimLeft(line, " \t"); line != "" && line[0] != ',' && line[0] != ';' {
					return "", false
				}
			}
			if !empty {
				entries = append(entries, referenceAddr(seen["for"], nodePatterns))
			}
			if end = line == ""; !end {
				line = line[1:]
			}
		}
	}
	return referenceWalk(entries), true
}

func TestReference(t *testing.T) {
	for _, tc := range xffTable {
		want, _, _ := strings.Cut(tc.want, " ")
		if got := referenceXFF(strings.Split(tc.lines, "\n")); netip.MustParseAddr(got) != netip.MustParseAddr(want) {
			t.Errorf("%s: the reference finds %s, want %s", tc.name, got, want)
		}
	}
	for _, tc := range forwardedTable {
		want, _, _ := strings.Cut(tc.want, " ")
		if got, ok := referenceForwarded(strings.Split(tc.lines, "\n")); ok && len(tc.lines) < 512 && got != want {
			t.Errorf("%s: the reference finds %s, want %s", tc.name, got, want)
		}
	}
}

// TestAgainstReference compares random lists of chosen pieces with the reference.
func TestAgainstReference(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	pick := func(pieces ...string) string { return pieces[rnd.IntN(len(pieces))] }
	plain, fwd := newXFF(t), newForwarded(t)
	reached := map[string]int{}
	for range 4000 {
		var line strings.Builder
		for i := range 1 + rnd.IntN(6) {
			if i > 0 {
				line.WriteString(pick(",", ", ", " ,\t", "\n"))
			}
			line.WriteString(pick("203.0.113.5", "10.1.0.2", "10.1.0.3", "10.1.0.4:80", "::ffff:10.1.0.5", "[2001:db8:aaaa::1]:443", "2001:db8:aaaa::1",
				"2001:db8:c::5", "banana", "", "10.1.1.1", "unknown", "203.0.113.5:", "[10.1.0.2]"))
		}
		lines := strings.Split(line.String(), "\n")
		d := plain.Check(request(fromProxy, "X-Forwarded-For", lines...))
		if want := referenceXFF(lines); d.Client.String() != want {
			t.Fatalf("%q: %s, want %s", lines, d.Client, want)
		}
		reached["xff "+d.Reason]++

		line.Reset()
		for i := range 1 + rnd.IntN(5) {
			if i > 0 {
				line.WriteString(pick(",", ", ", " ,\t", "\n"))
			}
			line.WriteString(pick("", "", "", "proto=http;", `ext="a,b;\"";`, `ext="\\";`, ";", `ext="\\\", for=192.0.2.1";`))
			line.WriteString(pick("for=203.0.113.5", "for=10.1.0.2", "for=10.1.0.3", `for="10.1.0.4:80"`, `for="[2001:db8:aaaa::1]:443"`, `for="\10.1.0.\5"`,
				"for=_x", "by=_x", `for="[::ffff:10.1.0.6]"`, "for=unknown", `for=""`, "", ";"))
			line.WriteString(pick("", "", "", ";proto=https", "; proto=https", " ;\tproto=https ", `;host="a,b"`, ";", `;by="x\,\"y"`))
		}
		lines = strings.Split(line.String(), "\n")
		d = fwd.Check(request(fromProxy, "Forwarded", lines...))
		if want, ok := referenceForwarded(lines); ok {
			if d.Client.String() != want {
				t.Fatalf("%q: %s (%s), want %s", lines, d.Client, d.Reason, want)
			}
			reached["forwarded "+d.Reason]++
		}
	}
	for _, want := range []string{"xff resolved", "xff malformed", "xff all_trusted", "forwarded resolved", "forwarded unidentified", "forwarded all_trusted"} {
		if reached[want] < 100 {
			t.Errorf("%s was reached %d times only", want, reached[want])
		}
	}
}
