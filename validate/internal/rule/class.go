package rule

import (
	"fmt"
	"reflect"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// A class is what this package has to know of a rule of the validator before
// it lets clients run it.
type class uint8

const (
	// ofValues are rules that panic at a type that they cannot judge, so that
	// the dry run finds where they do not belong.
	OfValues class = iota + 1

	// ofText are rules that look at strings alone. Of other values most of
	// them see only what reflect.Value.String says, "<int Value>", and so say
	// the same of all: no request passes, or each one does.
	OfText

	// ofStringers are rules of text that also take what has a method String.
	OfStringers

	// ofOthers are rules that compare with a field of the outermost struct. The
	// validator is asked about one struct at a time, so there is none.
	OfOthers

	// outside are rules that ask the file system or a name server about what
	// the client sent: that is slow, and tells the client what there is.
	// timezone opens a file of the name sent, below a directory of zones.
	Outside
)

// IsText reports whether rules of text can judge values of type t.
func IsText(t reflect.Type, stringers bool) bool {
	return t.Kind() == reflect.String || plan.IsValuer(t) || stringers && t.Implements(reflect.TypeFor[fmt.Stringer]())
}
