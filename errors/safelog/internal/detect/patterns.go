package detect

// A pattern finds one kind of secret. It is tried only at a byte that is rare
// outside such secrets, such as the J of a JSON Web Token or the colon of a URL.
type pattern struct {
	name  string
	bytes string // the bytes at which find is called
	rest  int    // the text must have at least this many bytes from that byte on

	// find returns the secret around t.s[i]. If there is none, it returns -1 and
	// the index before which it need not be called again.
	find func(d *Detector, t text, i int) (lo, hi int)
}

// patterns are tried in this order if several have the same byte.
var patterns = [...]pattern{
	{name: "control or invisible character", bytes: span(0, 0x1f) + span(0x7f, 0xff), find: control},
	{name: "card number", bytes: "0123456789", rest: leastDigits, find: card},
	{name: "JSON Web Token", bytes: "J", find: jwt},
	{name: "JSON Web Token with a spaced header", bytes: ".", find: spacedJWT},
	{name: "Bearer", bytes: " %\xc2", find: credentials("bearer", isToken)},
	{name: "Basic", bytes: " %\xc2", find: credentials("basic", userAndPassword)},
	{name: "private key", bytes: " ", find: privateKey},
	{name: "userinfo of a URL", bytes: ":", find: userinfo},
	{name: "data source name", bytes: "@", find: dsn},
	{name: "e-mail address", bytes: "@", find: email},
	{name: "e-mail address in a URL", bytes: "%", find: escapedEmail},
	{name: "key of a query", bytes: "=", find: queryKey},
	{name: "sensitive pair", bytes: "=:", find: sensitivePair},
}

// span returns all bytes from first to last.
func span(first, last byte) string {
	var b []byte
	for c := int(first); c <= int(last); c++ {
		b = append(b, byte(c))
	}
	return string(b)
}
