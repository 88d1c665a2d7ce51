package detect

// A pattern finds one kind of secret around one of bytes: the byte that is rare
// outside it, such as the J of a JSON Web Token or the colon of a URL.
type pattern struct {
	name  string
	bytes string
	rest  int // how many bytes the text must have from that byte on

	// find returns the secret around t.s[i], or -1 and the place before which
	// it need not be asked again.
	find func(d *Detector, t text, i int) (lo, hi int)
}

// patterns are tried in this order where several have the same byte.
var patterns = [...]pattern{
	{name: "control character", bytes: controls, find: control},
	{name: "invisible character", bytes: beyondASCII, find: invisible},
	{name: "card number", bytes: "0123456789", rest: Shortest, find: card},
	{name: "JSON Web Token", bytes: "J", find: jwt},
	{name: "JSON Web Token with a spaced header", bytes: ".", find: spacedJWT},
	{name: "Bearer", bytes: " %\xc2", find: bearer},
	{name: "Basic", bytes: " %\xc2", find: basic},
	{name: "private key", bytes: " ", find: privateKey},
	{name: "userinfo of a URL", bytes: ":", find: userinfo},
	{name: "data source name", bytes: "@", find: dsn},
	{name: "e-mail address", bytes: "@", find: email},
	{name: "e-mail address in a URL", bytes: "%", find: escapedEmail},
	{name: "key of a query", bytes: "=", find: queryKey},
	{name: "sensitive pair", bytes: "=:", find: sensitivePair},
}

// controls and beyondASCII are all bytes of a kind.
var controls, beyondASCII = func() (string, string) {
	var low, high []byte
	for c := range 256 {
		switch {
		case c < 0x20, c == 0x7f:
			low = append(low, byte(c))
		case c > 0x7f:
			high = append(high, byte(c))
		}
	}
	return string(low), string(high)
}()
