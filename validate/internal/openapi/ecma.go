package openapi

import (
	"regexp"
	"strings"
)

// plainPattern matches the patterns that RE2 and JavaScript read alike: ASCII,
// groups, alternatives, counted and other repetitions, \d, \w, and classes of
// characters and ranges. JSON Schema has its patterns in JavaScript's regular
// expressions (core, section 6.4), where a dot, \s, \b, flags and names mean
// something else or nothing.
var plainPattern = regexp.MustCompile(`^(?:` +
	`[A-Za-z0-9 _@%&~,:;=!"'#<>/^$|*+?)-]` + // itself, an anchor, an alternative, a repetition, the end of a group
	`|\(` +
	`|\{[0-9]+(?:,[0-9]*)?\}` +
	`|\\[dw\\.+*?()|{}\[\]^$/]` +
	`|\[\^?-?(?:` + inClass + `(?:-` + inClass + `)?|\\[dw])*-?\]` +
	`)+$`)

// inClass is a character inside of brackets.
const inClass = `(?:[A-Za-z0-9 _@%&~,:;=!"'#<>/.^$|*+?(){}]|\\[\\.+*?()|{}\[\]^$/-])`

// ecmaPattern returns a pattern for JSON Schema; ok is false if it has nothing
// that JavaScript is sure to read alike.
func ecmaPattern(source string) (pattern string, ok bool) {
	ungrouped := strings.ReplaceAll(source, "(?:", "(")
	ok = plainPattern.MatchString(ungrouped) && !strings.Contains(ungrouped, "(?") // flags and names
	return "^(?:" + source + ")$", ok
}
