package cors

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/go-sallyport/sallyport/internal/hostport"
)

// A flaw describes one fault of an element of Origins. The zero flaw means that
// the element has no fault.
type flaw struct {
	reason string
	advice string // the fix if there is no repair
	repair string // an element that New accepts and that was probably meant
}

func (f flaw) fix() string {
	if f.repair != "" {
		return fmt.Sprintf("write %q instead", f.repair)
	}
	return f.advice
}

// withRepair returns a flaw whose repair is candidate, or the repair of
// candidate if candidate has a flaw too. Every candidate has one kind of flaw
// less, so the recursion ends.
func withRepair(reason, candidate, advice string) flaw {
	_, f := parsePattern(candidate)
	if f.reason == "" {
		f.repair = candidate
	}
	return flaw{reason, advice, f.repair}
}

const (
	separators   = " \t\r\n,"
	wildcardRule = `a wildcard must be "*." followed by a domain`
)

// parsePattern parses an element of Origins.
func parsePattern(s string) (origin, flaw) {
	switch {
	case s == "":
		return origin{}, flaw{reason: "an empty origin matches nothing", advice: "remove it"}
	case s == "null":
		return origin{}, flaw{
			reason: "any page can obtain the null origin with a sandboxed iframe",
			advice: "serve the page from an https origin and list that",
		}
	case strings.ContainsAny(s, separators):
		f := flaw{reason: "one origin per element, without blanks", advice: "write each origin as an element of its own"}
		if bare := strings.Trim(s, separators); !strings.ContainsAny(bare, separators) {
			f = withRepair(f.reason, bare, f.advice)
		}
		return origin{}, f
	case len(s) > maxOrigin:
		return origin{}, flaw{reason: "longer than any origin", advice: fmt.Sprintf("use at most %d bytes", maxOrigin)}
	}
	for i := range len(s) {
		if s[i] >= 0x80 {
			return origin{}, withRepair("browsers send no Unicode", inPunycode(s), `write the host in its Punycode form ("xn--…")`)
		}
	}
	scheme, rest, ok := strings.Cut(s, "://")
	switch {
	case !ok && strings.Contains(s, "*") && !strings.HasPrefix(s, "*."):
		return origin{}, flaw{reason: wildcardRule, advice: "list each origin"}
	case !ok:
		return origin{}, withRepair("an origin begins with a scheme and \"://\"", withScheme(s), `write "https://" and the host`)
	}
	if f := schemeFlaw(scheme, rest); f.reason != "" {
		return origin{}, f
	}
	if i := strings.IndexAny(rest, `/?#\`); i >= 0 {
		return origin{}, withRepair("an origin has no path, query or fragment", scheme+"://"+rest[:i], "write only scheme, host and port")
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		return origin{}, withRepair("an origin has no user information", scheme+"://"+rest[i+1:], "write only scheme, host and port")
	}
	if low := strings.ToLower(rest); low != rest {
		return origin{}, withRepair("browsers send the host in lower case", scheme+"://"+low, "write it in lower case")
	}
	host, port := hostport.Split(rest)
	if f := portFlaw(scheme, host, port); f.reason != "" {
		return origin{}, f
	}
	o := origin{scheme, host, strings.TrimPrefix(port, ":")}
	if strings.Contains(host, "*") {
		f := wildcardFlaw(scheme, host, port)
		o.host = strings.TrimPrefix(host, "*")
		return o, f
	}
	return o, hostFlaw(scheme, host, port)
}

// withScheme returns s with a well-formed beginning. If s is a URL of another kind, such as
// mailto:, it returns "", because no part of it need be a host.
func withScheme(s string) string {
	scheme, rest := "https", s
	if m := brokenScheme.FindStringSubmatch(s); m != nil {
		scheme, rest = m[1], m[2]
	}
	if strings.Contains(rest, "@") || otherURL.MatchString(rest) {
		return ""
	}
	return scheme + "://" + rest
}

var (
	brokenScheme = regexp.MustCompile(`^(?i:(https?)[:/\\]+)(.*)$`)
	otherURL     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+-]*:[^0-9]`)
)

// browserNames maps a host as browsers do (WHATWG URL, section 3.3: UTS 46 without transitional
// processing, CheckHyphens, VerifyDnsLength).
var browserNames = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckHyphens(false), idna.StrictDomainName(false))

// inPunycode returns s with the labels of its host in Punycode, or "" if the host has none.
func inPunycode(s string) string {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return ""
	}
	host, port := hostport.Split(rest)
	wildcard := ""
	if domain, ok := strings.CutPrefix(host, "*."); ok {
		wildcard, host = "*.", domain
	}
	ascii, err := browserNames.ToASCII(host)
	repaired := scheme + "://" + wildcard + ascii + port
	beyondASCII := func(c rune) bool { return c >= utf8.RuneSelf }
	if err != nil || !validHost(ascii) || strings.ContainsFunc(repaired, beyondASCII) {
		return "" // a repair with the same flaw would have no end
	}
	return repaired
}

func schemeFlaw(scheme, rest string) flaw {
	switch scheme {
	case "file", "data", "blob", "about", "javascript":
		return flaw{reason: `browsers send "null" for pages of this scheme`, advice: "serve the page from an https origin and list that"}
	}
	low := strings.ToLower(scheme)
	switch {
	case low == "wss" || low == "ws":
		return withRepair("the origin of a WebSocket is the origin of its page", strings.Replace(low, "ws", "http", 1)+"://"+rest,
			"write the origin of the page")
	case low == "ftp" || low == "ftps" || low == "mailto":
		return flaw{reason: "browsers load no page of this scheme", advice: "list the https origin of the page"}
	case strings.Contains(scheme, "*"):
		return withRepair("the scheme cannot be a wildcard", "https://"+rest, "write https")
	case low != scheme:
		return withRepair("browsers send the scheme in lower case", low+"://"+rest, "write it in lower case")
	case !validScheme(scheme):
		return withRepair("not a scheme", "https://"+rest, "write https")
	}
	return flaw{}
}

func portFlaw(scheme, host, port string) flaw {
	without := scheme + "://" + host
	switch {
	case port == "" || port == ":*":
		return flaw{}
	case port == ":":
		return withRepair("a colon without a port", without, "remove the colon")
	case strings.Count(port, ":") > 1 && !strings.HasPrefix(host, "["):
		return withRepair("an IPv6 address is written in brackets", scheme+"://["+host+port+"]", "put it in brackets")
	case strings.HasPrefix(host, "[") && !strings.HasSuffix(host, "]"):
		return flaw{reason: "the bracket of an IPv6 address is open", advice: `write "]" behind the address`}
	case port[1:] == defaultPort(scheme):
		return withRepair("browsers omit the default port", without, "remove the port")
	case !validPort(port[1:]):
		return flaw{reason: `a port is 1-65535 without leading zeros, or "*"`, advice: "write the port that browsers send"}
	}
	return flaw{}
}

// wildcardFlaw returns the flaw of a host that contains "*".
func wildcardFlaw(scheme, host, port string) flaw {
	domain, leading := strings.CutPrefix(host, "*.")
	at := func(host string) string { return scheme + "://" + host + port }
	switch {
	case host == "*" || host == "*.":
		return flaw{reason: wildcardRule, advice: "list each domain, or set AllowAnyOrigin for a public API without cookies"}
	case strings.Count(host, "*") > 1:
		f := flaw{reason: `only one "*" is possible, for any number of labels`, advice: `write a leading "*." and a domain`}
		if domain := strings.TrimLeft(host, "*."); !strings.Contains(domain, "*") {
			f = withRepair(f.reason, at("*."+domain), f.advice)
		}
		return f
	case !leading && host[0] == '*':
		return withRepair(`"*" must be a whole label, or "evil`+host[1:]+`" matches too`, at("*."+host[1:]), `write "*." before the domain`)
	case strings.HasSuffix(host, "*") && !strings.HasSuffix(host, ".*"):
		return withRepair("nothing may follow the host but a port", at(strings.TrimSuffix(host, "*")), "list each origin")
	case !leading:
		return flaw{reason: `"*" must be a whole leading label`, advice: "list each origin"}
	case scheme != "https" && scheme != "http":
		return flaw{reason: "only http and https have subdomains", advice: "list each origin"}
	}
	if _, err := netip.ParseAddr(domain); err == nil {
		return flaw{reason: "an address has no subdomains", advice: "list each origin"}
	}
	if len(strings.TrimSuffix(domain, "."))+len("a.") > maxHost {
		return flaw{reason: "each subdomain is longer than any host",
			advice: fmt.Sprintf("use at most %d bytes for the domain", maxHost-len("a."))}
	}
	return hostFlaw(scheme, domain, port)
}

func hostFlaw(scheme, host, port string) flaw {
	at := func(host string) string { return scheme + "://" + host + port }
	if strings.HasPrefix(host, "[") {
		return ipv6Flaw(host, at)
	}
	if !validHost(host) {
		return flaw{reason: "not a host", advice: "write a domain or an address as browsers send it"}
	}
	for label := range strings.SplitSeq(host, ".") {
		if strings.HasPrefix(label, "xn--") {
			if ascii, err := browserNames.ToASCII(label); err != nil || ascii != label {
				return flaw{reason: strconv.Quote(label) + " is not Punycode", advice: "write the form that browsers show for the name"}
			}
		}
	}
	bare := strings.TrimSuffix(host, ".")
	last := bare[strings.LastIndexByte(bare, '.')+1:]
	if last[0] < '0' || last[0] > '9' {
		return flaw{}
	}
	// Browsers read a host whose last label is a number as an IPv4 address.
	// They also read octal, hexadecimal and shortened forms, and always send
	// four decimal numbers.
	if addr, err := netip.ParseAddr(bare); err != nil || !addr.Is4() {
		return flaw{reason: "a host that ends in a number is an IPv4 address", advice: "write it as four decimal numbers"}
	}
	if bare != host {
		return withRepair("browsers send an address without a trailing dot", at(bare), "remove the dot")
	}
	return flaw{}
}

func ipv6Flaw(host string, at func(string) string) flaw {
	text, ok := strings.CutSuffix(host[1:], "]")
	addr, err := netip.ParseAddr(text)
	switch {
	case !ok || err != nil || addr.Zone() != "":
		return flaw{reason: "not an IPv6 address", advice: "write it in brackets and without a zone"}
	case addr.Unmap().Is4():
		return withRepair("an IPv4 address in another guise", at(addr.Unmap().String()), "write four decimal numbers")
	case addr.String() != text:
		return withRepair("browsers send the short form of RFC 5952", at("["+addr.String()+"]"), "write the short form")
	}
	return flaw{}
}
