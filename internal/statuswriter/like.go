package statuswriter

import (
	"io"
	"net/http"
)

// Like returns that of the writers which can do what w can, in the combinations
// in which net/http and the usual wrappers have the abilities, so that a type
// assertion finds in it what it finds in w: bare can do nothing more, flusher
// flush, pusher also push, as in HTTP/2, hijacker be hijacked instead, and conn
// also copy from a file, as in HTTP/1.1. All of them have to write to w. (Not so
// http.CloseNotifier, long deprecated.)
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
