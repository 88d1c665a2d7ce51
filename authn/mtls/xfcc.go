package mtls

import (
	"encoding/pem"
	"net/url"
	"strings"

	"github.com/go-sallyport/sallyport/internal/field"
)

// An element is one element of X-Forwarded-Client-Cert: the statement of one proxy about
// the certificate of its client.
type element struct {
	by                []string
	uri, dns          nameList
	hash, cert, chain string
	hasSubject        bool
}

// lastElement returns the last element of value, which the proxy next to the service has
// written. ok is false if any element is malformed: then it is not clear where the last one
// begins.
//
//	value   = element *( OWS "," OWS element ) OWS
//	element = pair *( ";" pair )
//	pair    = token "=" ( text / quoted )
//	text    = *( any byte except DQUOTE "," ";" "\" ), without blanks at its end
//	quoted  = DQUOTE *( any byte except DQUOTE "\" / "\" any byte ) DQUOTE
func lastElement(value string) (e element, ok bool) {
	rest := value
	for {
		var pairEnd byte
		if pairEnd, rest, ok = e.readPair(rest); !ok {
			return element{}, false
		}
		switch pairEnd {
		case 0:
			return e, true
		case ',':
			e, rest = element{}, strings.TrimLeft(rest, " \t")
		}
	}
}

// readPair reads one pair of s into e. It returns the separator behind the pair, or 0 at the
// end of s, and the text behind the separator.
func (e *element) readPair(s string) (separator byte, rest string, ok bool) {
	equals := strings.IndexByte(s, '=')
	if equals < 0 || !field.Token(s[:equals]) {
		return 0, "", false
	}
	key := s[:equals]
	value, rest, ok := readValue(s[equals+1:])
	if !ok || !e.set(key, value) {
		return 0, "", false
	}
	if strings.HasPrefix(rest, ";") {
		return ';', rest[1:], true
	}
	rest = strings.TrimLeft(rest, " \t")
	switch {
	case rest == "":
		return 0, "", true
	case rest[0] == ',':
		return ',', rest[1:], true
	}
	return 0, "", false
}

// readValue reads the value of a pair, quoted or not.
func readValue(s string) (value, rest string, ok bool) {
	if s == "" || s[0] != '"' {
		end := strings.IndexAny(s, `,;"\`)
		if end < 0 {
			end = len(s)
		} else if s[end] == '"' || s[end] == '\\' {
			return "", "", false
		}
		return strings.TrimRight(s[:end], " \t"), s[end:], true
	}
	s = s[1:]
	end := strings.IndexByte(s, '"')
	if end < 0 {
		return "", "", false
	}
	if strings.IndexByte(s[:end], '\\') < 0 {
		return s[:end], s[end+1:], true
	}
	return readEscaped(s)
}

// readEscaped reads a quoted value with backslashes, behind its first quote. A backslash
// stands before any character that means itself: Envoy writes so the quotes, and the
// distinguished name of a subject (RFC 4514) has both characters.
func readEscaped(s string) (value, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '"' {
			return b.String(), s[i+1:], true
		}
		if s[i] == '\\' {
			if i++; i == len(s) {
				break
			}
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}

// set stores one pair. It is false for a second value of a key that has one. An unknown key
// is ignored.
func (e *element) set(key, value string) bool {
	once := func(to *string) bool {
		if *to != "" || value == "" {
			return false
		}
		*to = value
		return true
	}
	is := func(name string) bool { return field.EqualFold(key, name) }
	switch {
	case is("By"):
		e.by = append(e.by, value)
	case is("URI"):
		e.uri.add(value)
	case is("DNS"):
		e.dns.add(value)
	case is("Hash"):
		return once(&e.hash)
	case is("Cert"):
		return once(&e.cert)
	case is("Chain"):
		return once(&e.chain)
	case is("Subject"): // may be empty
		first := !e.hasSubject
		e.hasSubject = true
		return first
	}
	return true
}

// certificates returns the certificate and its chain in DER form.
func (e *element) certificates() (der []byte, chain [][]byte, ok bool) {
	leaf, ok := readPEM(e.cert, 1)
	if !ok || len(leaf) != 1 {
		return nil, nil, false
	}
	if e.chain != "" {
		if chain, ok = readPEM(e.chain, maxChain+1); !ok { // Envoy repeats the leaf
			return nil, nil, false
		}
	}
	return leaf[0], chain, true
}

// readPEM returns the certificates of a percent-encoded text with at most limit PEM blocks
// and nothing else.
func readPEM(text string, limit int) (ders [][]byte, ok bool) {
	plain, err := url.PathUnescape(text)
	if err != nil {
		return nil, false
	}
	rest, blocks := []byte(plain), strings.Count(plain, "-----BEGIN ")
	if blocks > limit {
		return nil, false
	}
	for len(rest) > 0 {
		if !strings.HasPrefix(string(rest), "-----BEGIN CERTIFICATE-----") {
			return nil, false
		}
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil || block.Type != "CERTIFICATE" || len(block.Headers) > 0 {
			return nil, false
		}
		ders = append(ders, block.Bytes)
	}
	return ders, len(ders) == blocks // package pem skips a block that it cannot read
}
