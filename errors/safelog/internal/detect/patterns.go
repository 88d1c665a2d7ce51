package detect

// A pattern finds one kind of secret. It is tried only at a byte that is rare
// outside such secrets, such as the J of a JSON Web Token or the colon of a URL.
type pattern struct {
	name  string
	bytes string // the bytes at which find is called
	after string // the bytes that may stand before that byte; "" for all
	rest  int    // the text must have at least this many bytes from that byte on
	key   bool   // the secret opens something by itself, so that no identifier may hold it

	character bool // the pattern finds characters and no secrets; it is a key as well

	// find returns the secret around t.s[i]. If there is none, it returns -1 and
	// the index before which it need not be called again.
	find func(d *Detector, t text, i int) (lo, hi int)
}

// patterns are tried in this order if several have the same byte.
var patterns = [...]pattern{
	{name: "control or invisible character", bytes: span(0, 0x1f) + span(0x7f, 0xff), find: control, key: true, character: true},
	{name: "card number", bytes: "0123456789", rest: leastDigits, find: card},
	{name: "JSON Web Token", bytes: "J", rest: 10, find: jwt, key: true},
	{name: "JSON Web Token with a spaced header", bytes: ".", after: "90Q", rest: 2, find: spacedJWT, key: true},
	{name: "Bearer", bytes: " %\xc2", after: "rR", rest: 2, find: credentials("bearer", isToken), key: true},
	{name: "Basic", bytes: " %\xc2", after: "cC", rest: 2, find: credentials("basic", userAndPassword), key: true},
	{name: "private key", bytes: " ", after: "N", rest: 12, find: privateKey, key: true},
	{name: "userinfo of a URL", bytes: ":", rest: 4, find: userinfo, key: true},
	{name: "key of a vendor", bytes: tokenAnchors, after: beforeAnchors(), rest: shortestToken, find: token, key: true},
	{name: "key of a vendor after a number", bytes: ":", after: decimal, rest: shortestToken, find: token, key: true},
	{name: "data source name", bytes: "@", rest: 2, find: dsn},
	{name: "e-mail address", bytes: "@", rest: 2, find: email},
	{name: "e-mail address in a URL", bytes: "%", rest: 4, find: escapedEmail},
	{name: "key of a query", bytes: "=", rest: 2, find: queryKey},
	{name: "sensitive pair", bytes: "=:", rest: 2, find: sensitivePair},
}

// span returns all bytes from first to last.
func span(first, last byte) string {
	var b []byte
	for c := int(first); c <= int(last); c++ {
		b = append(b, byte(c))
	}
	return string(b)
}
