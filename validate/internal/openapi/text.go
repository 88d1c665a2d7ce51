package openapi

import (
	"regexp"
	"strings"

	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// plainPattern matches the patterns that have the same meaning in RE2 and JavaScript:
// ASCII, groups, alternatives, counted and other repetitions, \d, \w, and classes of
// characters and ranges. The patterns of JSON Schema are regular expressions of
// JavaScript (core, section 6.4), where a dot, \s, \b, flags and names have another
// meaning or no meaning.
var plainPattern = regexp.MustCompile(`^(?:` +
	`[A-Za-z0-9 _@%&~,:;=!"'#<>/^$|*+?)-]` + // the character itself, an anchor, an alternative, a repetition, the end of a group
	`|\(` +
	`|\{[0-9]+(?:,[0-9]*)?\}` +
	`|\\[dw\\.+*?()|{}\[\]^$/]` +
	`|\[\^?-?(?:` + inClass + `(?:-` + inClass + `)?|\\[dw])*-?\]` +
	`)+$`)

// inClass matches a character inside brackets.
const inClass = `(?:[A-Za-z0-9 _@%&~,:;=!"'#<>/.^$|*+?(){}]|\\[\\.+*?()|{}\[\]^$/-])`

// ecmaPattern returns a pattern for JSON Schema; ok is false if the pattern may have
// another meaning in JavaScript.
func ecmaPattern(source string) (pattern string, ok bool) {
	ungrouped := strings.ReplaceAll(source, "(?:", "(")
	ok = plainPattern.MatchString(ungrouped) && !strings.Contains(ungrouped, "(?") // flags and names
	return "^(?:" + source + ")$", ok
}

// textKeywords returns the keywords of a rule about text that are not its length.
func (x *Exporter) textKeywords(name, param string) keywords {
	if r := x.Own[name]; r != nil && r.Expr != nil {
		if p, ok := ecmaPattern(r.Source); ok {
			return keywords{"pattern": p}
		}
		return keywords{}
	}
	if row := rule.Table[name]; row.Value != "" {
		return keywords{row.Keyword: strings.Replace(row.Value, "%", regexp.QuoteMeta(param), 1)}
	}
	switch name {
	case "eq":
		return keywords{"const": param}
	case "ne":
		return keywords{"not": keywords{"const": param}}
	case "oneof":
		return keywords{"enum": rule.Choices(param)}
	case "datetime":
		switch param {
		case "2006-01-02":
			return keywords{"format": "date"}
		case "2006-01-02T15:04:05Z07:00":
			return keywords{"format": "date-time"}
		}
	}
	return nil
}
