package view

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// A response is a filtered response that has not begun.
type response struct {
	status int
	body   []byte
	used   mask // all views that were applied
}

// send writes a filtered response. Every header that describes the bytes is made here, or
// removed, because the handler has seen other bytes.
func (c *rules) send(w http.ResponseWriter, r *http.Request, res response) {
	h := w.Header()
	removeDescriptions(h)
	if res.used != public {
		c.keepFromSharedCaches(h, credentialHeaders(r))
	}
	if !hasBody(res.status) {
		w.WriteHeader(res.status)
		return
	}
	if res.status == http.StatusOK && (r.Method == http.MethodGet || r.Method == http.MethodHead) && len(res.body) > 0 {
		sum := sha256.Sum256(res.body)
		tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
		h["Etag"] = []string{tag}
		if matches(r.Header["If-None-Match"], tag) {
			delete(h, "Content-Type")
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if len(res.body) > 0 || r.Method != http.MethodHead { // a handler may answer HEAD without the body of GET
		h["Content-Length"] = []string{strconv.Itoa(len(res.body))}
	}
	w.WriteHeader(res.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(res.body) // if this fails, the client has left
	}
}

func hasBody(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

// removeDescriptions removes the headers that describe the bytes of the handler.
func removeDescriptions(h http.Header) {
	for _, name := range []string{
		"Content-Length", "Etag", "Accept-Ranges", "Content-Md5", "Digest", "Content-Digest", "Repr-Digest",
	} {
		delete(h, name)
	}
}

// keepFromSharedCaches says that the response is for one caller. The names that only
// some caches obey, such as CDN-Cache-Control (RFC 9213), must not say otherwise.
func (c *rules) keepFromSharedCaches(h http.Header, credentials []string) {
	for name := range h {
		if name != "Cache-Control" && strings.HasSuffix(name, "Cache-Control") || name == "Surrogate-Control" || name == "Expires" {
			delete(h, name)
		}
	}
	if c.noStore {
		h["Cache-Control"] = []string{"no-store"}
	} else if !isPrivate(h["Cache-Control"]) {
		h["Cache-Control"] = []string{"private"}
	}
	missing := append([]string{"Authorization", "Cookie"}, credentials...)
	for _, line := range h["Vary"] {
		for name := range strings.SplitSeq(line, ",") {
			name = strings.Trim(name, " \t")
			if name == "*" {
				return
			}
			for i, m := range missing {
				if strings.EqualFold(name, m) {
					missing[i] = ""
				}
			}
		}
	}
	for _, name := range missing {
		if name != "" {
			h["Vary"] = append(h["Vary"][:len(h["Vary"]):len(h["Vary"])], name)
		}
	}
}

// credentialHeaders returns the fields with credentials, beside Authorization and Cookie, that
// the authn around the view reads.
func credentialHeaders(r *http.Request) []string {
	rec := carrier.From(r.Context())
	if rec == nil {
		return nil
	}
	c := rec.Facts().Challenges
	if c == nil {
		return nil
	}
	return c.Headers
}

// isPrivate reports whether Cache-Control already says private or no-store, and nothing
// that lets a shared cache store the response (RFC 9111, section 5.2.2).
func isPrivate(lines []string) (private bool) {
	for _, line := range lines {
		for directive := range strings.SplitSeq(line, ",") {
			name, _, hasValue := strings.Cut(strings.ToLower(strings.Trim(directive, " \t")), "=")
			switch name {
			case "private":
				private = private || !hasValue // with a value it is about some headers only
			case "no-store":
				private = true
			case "public", "s-maxage":
				return false
			}
		}
	}
	return private
}

// matches reports whether If-None-Match has the tag, by weak comparison (RFC 9110,
// section 13.1.2).
func matches(lines []string, tag string) bool {
	for _, line := range lines {
		for candidate := range strings.SplitSeq(line, ",") {
			candidate = strings.TrimPrefix(strings.Trim(candidate, " \t"), "W/")
			if candidate == tag || candidate == "*" {
				return true
			}
		}
	}
	return false
}
