package check

import (
	"strings"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

type RuleFault struct {
	Fault httperr.Fault
	Wrong string // with its place
}

func (f *RuleFault) Error() string {
	if f.Fault.Pointer == nil {
		return f.Fault.In + " " + f.Fault.Name + ": " + f.Fault.Code
	}
	return *f.Fault.Pointer + ": " + f.Fault.Code
}

// mistake returns what the program has done wrong, or "". It does not quote
// what may be of the client.
func (f *RuleFault) mistake() string {
	switch {
	case f.Wrong != "":
		return f.Wrong
	case !rule.RuleName.MatchString(f.Fault.Code):
		return "the code of a Fault is not in snake_case"
	case strings.TrimSpace(f.Fault.Message) == "", !utf8.ValidString(f.Fault.Message), strings.ContainsFunc(f.Fault.Message, Controls):
		return "the message of the Fault " + f.Fault.Code + " is empty, has control characters, or is not UTF-8"
	}
	return ""
}

// Controls reports whether c does something where it is shown.
func Controls(c rune) bool {
	return c < 0x20 || 0x7f <= c && c < 0xa0 || c == '\u2028' || c == '\u2029'
}
