package plan

import (
	"bytes"
	"reflect"
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
