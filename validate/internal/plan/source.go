package plan

import (
	"bytes"
	"mime"
	"reflect"
	"regexp"
	"strings"
)

// A File is validate.File.
type File struct {
	// ContentType is what the content looks like.
	ContentType string

	// Name is what the client calls the file, for people to read: without
	// folders, characters that do not print, leading dots and any of
	// <>:"|?*&%;'`, 100 bytes at most, "" if nothing is left. Two files may
	// have the same, and it may be one that a system has a meaning for, such
	// as NUL or -rf. Do not make a path of it.
	Name string

	// Size is the length in bytes.
	Size int64

	data []byte
}

// NewFile returns a file with a name as sent.
func NewFile(name string, content []byte) File {
	return File{Name: name, Size: int64(len(content)), data: content[:len(content):len(content)]}
}

// Bytes returns the content. Every copy of the File has the same bytes.
func (f File) Bytes() []byte { return f.data }

// Open returns a reader of the content from its beginning.
func (f File) Open() *bytes.Reader { return bytes.NewReader(f.data) }

// String keeps a File that is printed by mistake from printing the content.
func (f File) String() string { return "file of type " + f.ContentType }

// GoString does for %#v what String does for the other verbs.
func (f File) GoString() string { return f.String() }

var TypeFile = reflect.TypeFor[File]()

// A Source is where in a request a field is read from, other than from JSON.
type Source uint8

// In the order in which faults are reported.
const (
	InPath Source = iota
	InQuery
	InHeader
	InForm
	Sources
)

var sourceNames = [Sources]string{"path", "query", "header", "form"}

// String returns the key of the tag, which is also "in" of a fault.
func (s Source) String() string { return sourceNames[s] }

// PlainMedia reports whether m is one media type in lower case without
// parameters.
func PlainMedia(m string) bool {
	parsed, params, err := mime.ParseMediaType(m)
	return err == nil && parsed == m && len(params) == 0 && strings.Contains(m, "/") && !strings.Contains(m, "*")
}

// Extended reports whether a media type may have a parameter with a star (RFC 2231). Package
// mime lets it replace the parameter of the same name without a star. RFC 9110 has no such
// parameters, so a proxy in front of the service reads the other one, and with it another
// boundary and another form.
func Extended(mediaType string) bool { return strings.IndexByte(mediaType, '*') >= 0 }

var (
	plainName   = regexp.MustCompile(`^[A-Za-z0-9._~:$@-]+$`)
	bracketName = regexp.MustCompile(`^[A-Za-z0-9._~:$@-]+(\[[A-Za-z0-9._~:$@-]*\])+$`)
)

// PlainName reports whether s is the name of a parameter without brackets.
func PlainName(s string) bool { return len(s) <= MaxName && plainName.MatchString(s) }

// BracketName reports whether s is a plain name with brackets behind it, such as ids[] or
// page[size].
func BracketName(s string) bool { return len(s) <= MaxName && bracketName.MatchString(s) }

const (
	MediaForm      = "application/x-www-form-urlencoded"
	MediaMultipart = "multipart/form-data"
)
