package statuswriter

import (
	"io"
	"net/http"
)

// Like returns the one of the given writers that has the abilities of w, so that a type
// assertion finds in it the same as in w. It knows the combinations that net/http and
// the usual wrappers have. bare has no further ability, flusher can flush, pusher can
// also push, as in HTTP/2, hijacker can flush and be hijacked, and conn can also copy
// from a file, as in HTTP/1.1. All of them have to write to w. Like ignores
// http.CloseNotifier, which is long deprecated.
func Like(w, bare, flusher, pusher, hijacker, conn http.ResponseWriter) http.ResponseWriter {
	_, flush := w.(http.Flusher)
	_, push := w.(http.Pusher)
	_, hijack := w.(http.Hijacker)
	_, readFrom := w.(io.ReaderFrom)
	switch {
	case flush && hijack && readFrom:
		return conn
	case flush && hijack:
		return hijacker
	case flush && push:
		return pusher
	case flush:
		return flusher
	default:
		return bare
	}
}
