package headers

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"strings"
)

// nonceContext carries the nonce of one request. It also holds the array of the
// header values, so that two responses never share a value.
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

// String hides the nonce from a program that prints the context by mistake.
func (c *nonceContext) String() string { return "sallyport headers nonce" }

// GoString hides the nonce from the verb %#v.
func (c *nonceContext) GoString() string { return c.String() }

// Nonce returns the nonce of the request that ctx belongs to, in base64url. It
// is the value for the nonce attribute of scripts and styles. ok is false if the
// innermost Middleware has no policy with a nonce. A page must not use an empty
// nonce instead.
func Nonce(ctx context.Context) (nonce string, ok bool) {
	c, ok := ctx.Value(nonceKey{}).(*nonceContext)
	if !ok || c.nonce == "" {
		return "", false
	}
	return c.nonce, true
}

// fillTemplates writes all policies with a new nonce into one string, and takes
// the policies and the nonce as substrings of it, to allocate only once. If an outer
// Middleware has a nonce, it is the nonce here too: a policy of the outer Middleware that
// is still sent, such as one that is only reported on, would otherwise have another nonce
// than the page.
func (v *variant) fillTemplates(h http.Header, ctx *nonceContext, values []string) {
	var nonce [nonceLen]byte
	if outer, ok := Nonce(ctx.Context); ok {
		copy(nonce[:], outer)
	} else {
		var random [nonceBytes]byte
		rand.Read(random[:]) // never fails: crypto/rand ends the program instead
		base64.RawURLEncoding.Encode(nonce[:], random[:])
	}

	var b strings.Builder
	b.Grow(v.templateSize)
	for i := range v.templates {
		p, start := &v.templates[i], b.Len()
		b.WriteString(p.pieces[0])
		for _, piece := range p.pieces[1:] {
			b.Write(nonce[:])
			b.WriteString(piece)
		}
		values[i] = b.String()[start:]
		h[p.name] = values[i : i+1 : i+1]
	}
	at := len(v.templates[0].pieces[0])
	ctx.nonce = b.String()[at : at+nonceLen]
}

const (
	nonceBytes = 16
	nonceLen   = (nonceBytes*8 + 5) / 6 // base64url without padding
)
