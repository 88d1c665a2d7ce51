package validate

import (
	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// Optional is a member of a JSON body that tells whether it was absent,
// null or a value, as a PATCH needs it: absent keeps the stored value, null
// removes it, a value replaces it.
//
//	absent   Set is false
//	null     Set and Null are true
//	a value  Set is true, and Value is it
//
// Rules of the validate tag hold for Value if there is one; required means that there must be
// one. An Optional needs no omitempty, which would admit "" and 0, and New refuses it. T is the
// type that the member would have otherwise, but not a pointer. An Optional is the field of a
// struct itself, not behind a pointer and not in a list, and for bodies only: a parameter that
// may be absent is a pointer.
//
// It encodes as Value or null. Tag the field json:",omitzero" to leave it out
// if it is not set.
type Optional[T any] = plan.Optional[T]

// A Rule is a check of the program in [Config].Rules:
//
//	Check    func(value any, param string) bool  reports whether a value satisfies the rule
//	Message  string                              of the fault, such as "must have a digit"; default "is not valid"
//
// The message is shown to the client. It has no control characters and at most 512 bytes.
type Rule = rule.Custom

// A List is a body that is a JSON array. As the type of a request it is a body and nothing
// more, with the rules that the elements have; as a field it is the body of a request with
// parameters, and has rules of its own. Its field has no name in JSON:
//
//	type AddTasks struct {
//		Project string              `path:"project" validate:"uuid"`
//		Tasks   validate.List[Task] `validate:"min=1,max=100,dive"`
//	}
//
// It has MaxItems elements at most, unless a rule says otherwise. [] is an empty list, and null
// is refused. Pointers begin at an element: /3/title.
//
// New refuses it where it is a part of a body, such as a field of a struct inside; there a
// slice is a list. An object can gain members later, and an array cannot: prefer an object for
// an API of your own.
type List[T any] = plan.List[T]

// A File is a file in a form (multipart/form-data). All of it is in memory, and
// no longer than Config.MaxFile. It is a part of the body, so the whole body stays in memory
// for as long as the File does.
//
// A file that may be absent is a *File, which is nil then; an empty file has
// Size 0. A File without a pointer has no ContentType only if it is absent. A browser sends
// a part without name and content where the user has not chosen a file: that is absent too.
//
// The tag accept of the field lists the accepted media types, with
// spaces between them. They are compared with the type that the content seems to have
// ([http.DetectContentType]), and not with the type that the client claims. That tells a
// picture from a web page, and no more: DetectContentType finds text/plain for a CSV and
// application/zip for a DOCX, and New refuses types that it never finds. A file can be a
// valid picture and something else as well. Serve the files of users from
// another site, or with Content-Disposition: attachment and
// X-Content-Type-Options: nosniff.
//
// A page of any site can send a form with a file, with the cookies of the user and without
// a preflight; see the section Forms of [Schema].
//
// Its fields are
//
//	ContentType  the type that the content seems to have
//	Name         the name that the client gave the file, for people to read: without
//	             folders, characters that do not print, leading dots and any of
//	             <>:"|?*&%;'`, 100 bytes at most, "" if nothing is left. Two files
//	             may have the same name, and a name may have a meaning for a system,
//	             such as NUL or -rf. Do not make a path of it.
//	Size         the length in bytes
//
// Bytes returns the content, the same bytes for every copy of the File. Open returns a
// reader of it.
type File = plan.File
