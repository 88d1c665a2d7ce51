package validate

import (
	"slices"
	"strings"
)

// sniffed are the media types that http.DetectContentType can find, without
// parameters. It looks at the first 512 bytes, and that tells few types apart.
var sniffed = []string{
	"application/octet-stream", "application/ogg", "application/pdf", "application/postscript", "application/vnd.ms-fontobject",
	"application/wasm", "application/x-gzip", "application/x-rar-compressed", "application/zip",
	"audio/aiff", "audio/midi", "audio/mpeg", "audio/wave",
	"font/collection", "font/otf", "font/ttf", "font/woff", "font/woff2",
	"image/bmp", "image/gif", "image/jpeg", "image/png", "image/webp", "image/x-icon",
	"text/html", "text/plain", "text/xml",
	"video/avi", "video/mp4", "video/webm",
}

// sniffedAs has what some types are taken for instead.
var sniffedAs = map[string]string{
	"application/gzip": "application/x-gzip", "application/x-zip-compressed": "application/zip", "application/epub+zip": "application/zip",
	"application/java-archive": "application/zip", "application/vnd.rar": "application/x-rar-compressed",
	"application/xml": "text/xml", "application/xhtml+xml": "text/xml", "image/svg+xml": "text/xml or text/plain",
	"application/json": "text/plain", "application/rtf": "text/plain", "application/javascript": "text/plain",
	"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/vnd.microsoft.icon": "image/x-icon", "image/x-ms-bmp": "image/bmp",
	"audio/mp3": "audio/mpeg", "audio/wav": "audio/wave", "audio/x-wav": "audio/wave", "audio/vnd.wave": "audio/wave", "audio/x-aiff": "audio/aiff",
	"audio/mid": "audio/midi", "audio/ogg": "application/ogg", "video/ogg": "application/ogg", "audio/mp4": "video/mp4", "audio/webm": "video/webm",
	"video/x-msvideo": "video/avi", "video/quicktime": "application/octet-stream", "video/x-matroska": "video/webm", "application/font-woff": "font/woff",
}

// nearSniffed says what to write instead of a media type that is never found.
func nearSniffed(media string) string {
	top, _, _ := strings.Cut(media, "/")
	switch as := sniffedAs[media]; {
	case as != "":
		return "such a file is taken for " + as + ": accept that and look closer in the handler"
	case strings.HasPrefix(media, "application/vnd.openxmlformats-"), strings.HasPrefix(media, "application/vnd.oasis.opendocument."):
		return "such a file is taken for application/zip: accept that and look closer in the handler"
	case top == "text":
		return "such a file is taken for text/plain: accept that and look closer in the handler"
	}
	near := slices.DeleteFunc(slices.Clone(sniffed), func(s string) bool { return !strings.HasPrefix(s, top+"/") })
	if top == "application" || len(near) == 0 {
		return "remove the tag accept, and look at the bytes in the handler"
	}
	return "use one of " + strings.Join(near, ", ") + ", or remove the tag accept and look at the bytes in the handler"
}
