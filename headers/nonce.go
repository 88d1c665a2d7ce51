package headers

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"strings"
)

// nonceContext carries the nonce, and owns the header values of its response,
// which no other response shares.
type nonceContext struct {
	context.Context
	nonce  string
	values [maxHeaders]string
}

type nonceKey struct{}

// Value implements context.Context.
func (c *nonceContext) Value(key any) any {
	if key == (nonceKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// String keeps a context that is printed by mistake from printing the nonce.
func (c *nonceContext) String() string { return "sallyport headers nonce" }

// GoString does for %#v what String does for the other verbs.
func (c *nonceContext) GoString() string { return c.String() }

// Nonce returns the nonce of the request that ctx belongs to: the value for
// the nonce attribute of its scripts and styles, in base64url. ok is false if
// no policy with a nonce was sent; a page must not fall back to an empty one.
func Nonce(ctx context.Context) (nonce string, ok bool) {
	c, ok := ctx.Value(nonceKey{}).(*nonceContext)
	if !ok {
		return "", false
	}
	return c.nonce, true
}

// bind writes all policies with a new nonce into one string and cuts them, and
// the nonce itself, out of it.
func (v *variant) bind(h http.Header, ctx *nonceContext, values []string) {
	var random [nonceBytes]byte
	var nonce [nonceLen]byte
	rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	base64.RawURLEncoding.Encode(nonce[:], random[:])

	var b strings.Builder
	b.Grow(v.size)
	for i := range v.bound {
		p, start := &v.bound[i], b.Len()
		b.WriteString(p.pieces[0])
		for _, piece := range p.pieces[1:] {
			b.Write(nonce[:])
			b.WriteString(piece)
		}
		values[i] = b.String()[start:]
		h[p.name] = values[i : i+1 : i+1]
	}
	at := len(v.bound[0].pieces[0])
	ctx.nonce = b.String()[at : at+nonceLen]
}

const (
	nonceBytes = 16
	nonceLen   = (nonceBytes*8 + 5) / 6 // base64url without padding
)
