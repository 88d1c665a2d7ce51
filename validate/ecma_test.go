package validate

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"testing"
)

func TestECMAPattern(t *testing.T) {
	for _, tc := range []struct{ expr, want string }{
		{`[A-Z]{3}\d{4}|none`, `[A-Z]{3}[0-9]{4}|none`},
		{`a.c`, `a[^\n]c`},
		{`(?s).+?`, `[\s\S]+`},
		{`(?i)ks-1`, "[Kk\u212a][Ss\u017f]-1"},
		{`(?P<year>\d{4})-(a|bc)*`, `(?:[0-9]{4})-(?:a|bc)*`},
		{`(ab){2,}c{1,3}`, `(?:ab){2,}c{1,3}`},
		{`\Aa$|\z`, `^a$|$`},
		{`\bx\B`, `\bx\B`},
		{`[\]\-^]`, `[\-\]-\^]`},
		{`\x00\x{e9}\x{1F600}/`, "\\x00\\xe9\U0001F600\\/"},
		{`(?m)^a`, ``},
		{`[^\x00-\x{10FFFF}]`, ``},
		{`(a|)b`, `(?:a|)b`},
		{`(?:a*)*`, `(?:a*)*`},
	} {
		re, err := syntax.Parse(tc.expr, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := ecmaPattern(re); ok != (tc.want != "") || ok && got != tc.want {
			t.Errorf("%s: %s, want %s", tc.expr, got, tc.want)
		}
	}
}

// The two patterns match the same texts: what is written is RE2 as well.
func FuzzECMAPattern(f *testing.F) {
	for _, seed := range [][2]string{{`a|b`, "b"}, {`(?i)straße`, "STRAßE"}, {`[^a-c]+?`, "x\ny"}, {`(a|b){2}`, "ab"}, {`\pL+`, "é"}, {`x*y?`, ""}, {`\Qa.b`, "a.b"}, {`(?U)a+`, "aa"}, {`.`, "\u2028"}, {`[[:alpha:]-]`, "-"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, expr, text string) {
		re, err := syntax.Parse(expr, syntax.Perl)
		if err != nil || len(expr) > 100 || len(text) > 100 {
			return
		}
		pattern, ok := ecmaPattern(re)
		if !ok {
			return
		}
		if strings.Contains(pattern, "(?") && strings.Count(pattern, "(?") != strings.Count(pattern, "(?:")+strings.Count(pattern, `\(?`) {
			t.Fatalf("%s: flags in %s", expr, pattern)
		}
		both, err := regexp.Compile(`\A(?:` + pattern + `)\z`)
		if err != nil {
			t.Fatalf("%s: %v", expr, err)
		}
		if own := regexp.MustCompile(`\A(?:` + re.String() + `)\z`); own.MatchString(text) != both.MatchString(text) {
			t.Fatalf("%q: %s matches: %v, and %s not", text, expr, own.MatchString(text), pattern)
		}
	})
}
