package validate

import "github.com/go-sallyport/sallyport/validate/internal/plan"

// Optional is a member of a JSON body that tells apart whether it was absent,
// null or a value, as a PATCH needs it: absent leaves what there is, null
// removes it, a value replaces it.
//
//	absent   Set is false
//	null     Set and Null are true
//	a value  Set is true, and Value is it
//
// Rules of the validate tag hold for Value if there is one; required means that
// there is. T is what else could be the type of the member, but not a pointer.
// An Optional is the field of a struct itself, not behind a pointer and not in
// a list, and for bodies only: a parameter that may be absent is a pointer.
//
// It encodes as Value or null; tag the field json:",omitzero" to leave it out
// if it is not set.
type Optional[T any] = plan.Optional[T]

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
//
// Its fields are
//
//	ContentType  what the content looks like
//	Name         what the client calls the file, for people to read: without
//	             folders, characters that do not print, leading dots and any of
//	             <>:"|?*&%;'`, 100 bytes at most, "" if nothing is left. Two files
//	             may have the same, and it may be one that a system has a meaning
//	             for, such as NUL or -rf. Do not make a path of it.
//	Size         the length in bytes
//
// Bytes returns the content, the same bytes for every copy of the File, and Open a
// reader of it.
type File = plan.File
