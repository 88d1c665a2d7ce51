package strictjson

import "errors"

// The faults of a text. The errors do not contain any part of the text.
var (
	ErrUTF8      = errors.New("JSON: invalid UTF-8")
	ErrSyntax    = errors.New("JSON: syntax")
	ErrString    = errors.New("JSON: control character, bad escape or lone surrogate in a string")
	ErrEscape    = errors.New("JSON: escape in a name")
	ErrObject    = errors.New("JSON: not an object")
	ErrTrailing  = errors.New("JSON: data after the object")
	ErrDuplicate = errors.New("JSON: two members of one name")
	ErrVariant   = errors.New("JSON: a name that differs from a registered one by case only")
	ErrDepth     = errors.New("JSON: nested too deeply")
	ErrMembers   = errors.New("JSON: too many members")
	ErrUnknown   = errors.New("JSON: a member that is not in the list of accepted names")
)

// Errors returns all errors that Collect can return.
func Errors() []error {
	return []error{
		ErrUTF8, ErrSyntax, ErrString, ErrEscape, ErrObject, ErrTrailing, ErrDuplicate,
		ErrVariant, ErrDepth, ErrMembers, ErrUnknown,
	}
}
