package openapi

import (
	"regexp/syntax"
	"testing"
	"unicode"
)

func TestECMAPattern(t *testing.T) {
	for _, source := range []string{
		`[A-Z]{3}\d{4}|none`, `(ab){2,}c{1,3}`, `^a$|b`, `[\]\-^]`, `(a|)b`, `(?:a*)*`, `[a-z0-9]+(?:-[a-z0-9]+)*`, `[^@]+@[^@]+`,
		`[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,24}`, `\+?[0-9]{7,15}`, `[0-9a-f]{8}-[0-9a-f]{4}`, `[\w.-]{1,64}`, `v?(0|[1-9]\d*)\.(0|[1-9]\d*)`, `[-a]+?`, `[a-]`,
	} {
		if got, ok := ecmaPattern(source); !ok || got != "^(?:"+source+")$" {
			t.Errorf("%s: %s, %v", source, got, ok)
		}
	}
	for _, source := range []string{
		`a.c`, `(?i)ks-1`, `(?P<year>\d{4})`, `\Aa`, `a\z`, `\bx`, `\s`, `\S`, `\D`, `\W`, `\pL`, `[[:alpha:]]`, `\x00`, `é`, `[à-ü]`, `\Qa.b\E`, `(?m)^a`, `[\d-z]`, `\-`, `\t`, "a\nb", ``,
	} {
		if _, ok := ecmaPattern(source); ok {
			t.Errorf("%q is taken for plain", source)
		}
	}
}

// FuzzECMAPattern compares plain patterns with the syntax tree of RE2: the tree holds no
// node that JavaScript does not have or understands in another way.
func FuzzECMAPattern(f *testing.F) {
	for _, seed := range []string{`a|b`, `(?i)straße`, `[^a-c]+?`, `(a|b){2}`, `\pL+`, `x*y?`, `\Qa.b`, `(?U)a+`, `.`, `[[:alpha:]-]`, `[a-\]]`, `[^-a]`, `\w\d\.`, `a{2}{3}`, `a**`, `(?:)`, `[]a]`, `[^]a]`, `a{,3}`, `{1}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		re, err := syntax.Parse(source, syntax.Perl)
		if _, ok := ecmaPattern(source); !ok || err != nil || len(source) > 100 {
			return
		}
		var check func(re *syntax.Regexp)
		check = func(re *syntax.Regexp) {
			switch re.Op {
			case syntax.OpLiteral:
				for _, r := range re.Rune {
					// RE2 parses A|a as (?i:a), which is the same if a letter has two cases only.
					folded := re.Flags&syntax.FoldCase != 0
					if r > unicode.MaxASCII || r < ' ' || folded && unicode.SimpleFold(unicode.SimpleFold(r)) != r {
						t.Fatalf("%q has %q", source, re)
					}
				}
			case syntax.OpCharClass, syntax.OpEmptyMatch, syntax.OpBeginText, syntax.OpEndText, syntax.OpCapture, syntax.OpConcat,
				syntax.OpAlternate, syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
			default:
				t.Fatalf("%q has %v", source, re.Op)
			}
			if re.Name != "" {
				t.Fatalf("%q has a name", source)
			}
			for _, sub := range re.Sub {
				check(sub)
			}
		}
		check(re)
	})
}
