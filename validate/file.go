package validate

import (
	"bytes"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A File is a file in a form (multipart/form-data). All of it is in memory, and
// no longer than Config.MaxFile; it is a part of the body, which stays there for
// as long as the File does.
//
// A file that may be absent is a *File, which is nil then; an empty file is one
// of Size 0. Of a File itself, only the absent one has no ContentType. Absent is
// also what a browser sends where nobody has chosen a file: no name, no content.
//
// The tag accept of the field lists the media types that it may have, with
// spaces between. They are compared to what the content looks like
// ([http.DetectContentType]) and not to what the client says. That tells a
// picture from a web page, and no more: to it a CSV is text/plain and a DOCX is
// application/zip, and New refuses types that it never finds. A file can be a
// valid picture and something else as well. Serve what users have sent from
// another site, or with Content-Disposition: attachment and
// X-Content-Type-Options: nosniff.
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

// newFile returns a file with a name as sent.
func newFile(name string, content []byte) File {
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

var typeFile = reflect.TypeFor[File]()

var (
	faultFileSize = fault{code: "file_size", message: "is too large"}
	faultFileType = fault{code: "file_type", message: "is not a file of an allowed type"}
	faultNoFile   = fault{code: "type", message: "must be a file"}
	faultNotText  = fault{code: "type", message: "must not be a file"}
)

// storeFile stores a file whose content is known.
func (b *binder) storeFile(in *input, p *parameter, dst reflect.Value, f *File) bool {
	if f.Size > b.file {
		in.fault(p, faultFileSize.with("max_bytes", b.file))
		return false
	}
	f.ContentType = http.DetectContentType(f.Bytes())
	media, _, _ := strings.Cut(f.ContentType, ";")
	if len(p.accept) > 0 && !slices.Contains(p.accept, media) {
		in.fault(p, faultFileType.with("allowed", p.accept))
		return false
	}
	f.Name = baseName(f.Name)
	if p.pointer {
		stored := *f // f is among all files of the form
		dst.Set(reflect.ValueOf(&stored))
		return true
	}
	dst.Set(reflect.ValueOf(*f))
	return true
}

// baseName returns what of a file name can be shown.
func baseName(s string) string {
	s = s[strings.LastIndexAny(s, `/\`)+1:]
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) || strings.ContainsRune(`<>:"|?*&%;'`+"`", r) {
			return -1
		}
		return r
	}, s)
	s = strings.TrimLeft(s, ". ")
	if len(s) > maxFileName {
		s = s[:maxFileName]
		for len(s) > 0 && !utf8.ValidString(s) {
			s = s[:len(s)-1]
		}
	}
	return strings.TrimRight(s, ". ")
}
