package statuswriter

import (
	"io"
	"net/http"
)

// Writers are views of one writer that differ in their methods. All of them write
// to the same response.
type Writers struct {
	Bare     http.ResponseWriter // no optional method
	Flusher  http.ResponseWriter // Flush
	Pusher   http.ResponseWriter // Flush, and Push as in HTTP/2
	Hijacker http.ResponseWriter // Flush and Hijack
	Conn     http.ResponseWriter // Flush, Hijack, and ReadFrom as in HTTP/1.1

	// These have CloseNotify as well. It is deprecated, but gin calls it without
	// a check.
	NotifyingFlusher, NotifyingPusher, NotifyingHijacker, NotifyingConn http.ResponseWriter
}

// Like returns the view that has the optional methods of w, in the combinations in
// which the writers of net/http and the usual wrappers have them. So a type
// assertion finds the same methods in it and in w. For a combination that no writer has,
// Like returns the view with the most methods that w has too.
func Like(w http.ResponseWriter, views *Writers) http.ResponseWriter {
	_, flush := w.(http.Flusher)
	_, push := w.(http.Pusher)
	_, hijack := w.(http.Hijacker)
	_, readFrom := w.(io.ReaderFrom)
	_, notify := w.(http.CloseNotifier) //nolint:staticcheck // programs that call it must still work
	pick := func(without, with http.ResponseWriter) http.ResponseWriter {
		if notify {
			return with
		}
		return without
	}
	switch {
	case flush && hijack && readFrom:
		return pick(views.Conn, views.NotifyingConn)
	case flush && hijack:
		return pick(views.Hijacker, views.NotifyingHijacker)
	case flush && push:
		return pick(views.Pusher, views.NotifyingPusher)
	case flush:
		return pick(views.Flusher, views.NotifyingFlusher)
	default:
		return views.Bare
	}
}

// CloseNotify calls CloseNotify of w, which must have it.
func CloseNotify(w http.ResponseWriter) <-chan bool {
	return w.(http.CloseNotifier).CloseNotify() //nolint:staticcheck // see Like
}
