package mtls_test

import (
	"regexp"
	"strings"

	"github.com/go-sallyport/sallyport/authn/mtls"
)

// The slow references read one byte or one regular expression at a time, and follow the grammars
// of the parsers word by word.

// referenceElement is the reference of the parser of X-Forwarded-Client-Cert. It first turns the
// value into tokens, and then puts the tokens together.
func referenceElement(value string) (mtls.Element, bool) {
	const pair = "([!#$%&'*+.^_`|~0-9A-Za-z-]+)=" + `(?:"((?:[^"\\]|\\(?s:.))*)"|([^",;\\]*))`
	whole := regexp.MustCompile(`\A` + pair + `(?:(?:;|[ \t]*,[ \t]*)` + pair + `)*[ \t]*\z`)
	value = latin(value)
	if !whole.MatchString(value) {
		return mtls.Element{}, false
	}
	var e mtls.Element
	seen := map[string]bool{}
	one := regexp.MustCompile(`\A` + pair + `(;|[ \t]*,[ \t]*|[ \t]*\z)`)
	for value != "" {
		m := one.FindStringSubmatch(value)
		if m == nil {
			return mtls.Element{}, false
		}
		value = value[len(m[0]):]
		text := m[2]
		if strings.HasPrefix(m[0][len(m[1])+1:], `"`) {
			text = regexp.MustCompile(`\\((?s:.))`).ReplaceAllString(text, "$1")
		} else {
			text = strings.TrimRight(m[3], " \t")
		}
		if !put(&e, seen, strings.ToLower(m[1]), unlatin(text)) {
			return mtls.Element{}, false
		}
		if strings.Contains(m[4], ",") {
			e, seen = mtls.Element{}, map[string]bool{}
		}
	}
	return e, true
}

// put stores one pair in e.
func put(e *mtls.Element, seen map[string]bool, key, text string) bool {
	again := seen[key]
	seen[key] = true
	switch key {
	case "by":
		if again {
			e.By += "|"
		}
		e.By += text
	case "uri":
		if e.URIs++; !again {
			e.URI = text
		}
	case "dns":
		if e.DNSs++; !again {
			e.DNS = text
		}
	case "subject":
		return !again
	case "hash", "cert", "chain":
		*map[string]*string{"hash": &e.Hash, "cert": &e.Cert, "chain": &e.Chain}[key] = text
		return !again && text != ""
	}
	return true
}

// latin makes a rune of each byte, because regular expressions read runes.
func latin(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

// unlatin undoes latin.
func unlatin(s string) string {
	var b []byte
	for _, c := range s {
		b = append(b, byte(c))
	}
	return string(b)
}

// referenceBytes is the reference of one byte sequence: groups of four characters of base64,
// read bit by bit.
func referenceBytes(item string) (string, bool) {
	m := regexp.MustCompile(`\A:((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?):\z`).FindStringSubmatch(item)
	if m == nil || m[1] == "" {
		return "", false
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	var bits []byte
	for _, c := range strings.TrimRight(m[1], "=") {
		n := strings.IndexRune(alphabet, c)
		for i := 5; i >= 0; i-- {
			bits = append(bits, byte(n>>i&1))
		}
	}
	var out []byte
	for ; len(bits) >= 8; bits = bits[8:] {
		var b byte
		for _, bit := range bits[:8] {
			b = b<<1 | bit
		}
		out = append(out, b)
	}
	for _, bit := range bits { // padding that is not zero
		if bit != 0 {
			return "", false
		}
	}
	return string(out), true
}

// referenceChain is the reference of a list of byte sequences.
func referenceChain(value string) ([]string, bool) {
	value = strings.Trim(value, " ")
	if value == "" {
		return nil, true
	}
	var all []string
	value = strings.TrimRight(value, " \t") // a tab may follow the last element (RFC 8941, section 4.2.1)
	for _, item := range regexp.MustCompile(`[ \t]*,[ \t]*`).Split(value, -1) {
		got, ok := referenceBytes(item)
		if !ok {
			return nil, false
		}
		all = append(all, got)
	}
	return all, len(all) <= 16
}
