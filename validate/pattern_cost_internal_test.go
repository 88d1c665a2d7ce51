package validate

import (
	"math"
	"regexp"
	"regexp/syntax"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// costOf is the slow way: it takes one text through the program and returns
// the steps before the first character and the most for one of them. What asks
// for the end of a word is asked.
func costOf(prog *syntax.Prog, text string) (first, most int) {
	chars := []rune(text)
	at := map[uint32]bool{}
	for i := 0; i <= len(chars); i++ {
		before, behind := rune(-1), rune(-1)
		if i > 0 {
			before = chars[i-1]
		}
		if i < len(chars) {
			behind = chars[i]
		}
		holds := syntax.EmptyOpContext(before, behind)
		here, steps := map[uint32]bool{}, 0
		var visit func(pc uint32)
		visit = func(pc uint32) {
			if here[pc] {
				return
			}
			here[pc] = true
			in := &prog.Inst[pc]
			steps += weight(in)
			switch in.Op {
			case syntax.InstAlt, syntax.InstAltMatch:
				visit(in.Out)
				visit(in.Arg)
			case syntax.InstCapture, syntax.InstNop:
				visit(in.Out)
			case syntax.InstEmptyWidth:
				if syntax.EmptyOp(in.Arg)&^holds == 0 {
					visit(in.Out)
				}
			}
		}
		if i == 0 {
			visit(uint32(prog.Start))
			first = steps
		} else {
			for pc := range at {
				if in := &prog.Inst[pc]; reads(in) && in.MatchRune(before) {
					visit(in.Out)
				}
			}
			if len(here) > 0 {
				visit(uint32(prog.Start)) // the machine tries it, if only to see that the text has begun
			}
			most = max(most, steps)
		}
		at = here
	}
	return first, most
}

func parsed(t testing.TB, expr string) *syntax.Regexp {
	t.Helper()
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		t.Fatal(err)
	}
	return re
}

// A safety says how long a text may be that no character takes too long of.
type safety func(a *automaton) int

// refuted reports whether the text shows that the bound is wrong.
func refuted(b safety, expr *syntax.Regexp, text string) bool {
	prog := programOf(expr)
	safe := b(newAutomaton(prog))
	if safe < 0 || safe < utf8.RuneCountInString(text) {
		return false // it says nothing of this text
	}
	first, most := costOf(prog, text)
	return first > textSteps || most > maxSteps
}

func safe(a *automaton) int { return a.safe(math.MaxInt) }

const dear = `(?:(?:a|[ab])*(?:a|[ac]){400}){2}b`

// The longest texts that are safe, and one that shows that no longer one is.
var dearest = []struct {
	expr, letter string
	safe         int
}{
	{dear, "a", 47},
	{`[a-z]*[a-z]{500}`, "a", 96},
	{`[a-z]*[a-z]{97}`, "a", 96},
	{`(?s).*.{500}`, "é", 96},
	{`\w*\w{60}`, "_", 47},
	{`(?i)θ*θ{60}`, "ϴ", 22},
	{`(?:a*){49}`, "a", 0},
	{`(?:a|b)*(?:a|b){99}`, "b", 96},
	{`(?:[ax]|[ay])*(?:x|a){40}(?:a|[az]){90}`, "a", 47},
}

func TestSafeLength(t *testing.T) {
	for _, tc := range dearest {
		re := parsed(t, tc.expr)
		if got := newAutomaton(programOf(re)).safe(math.MaxInt); got != tc.safe {
			t.Errorf("%s: safe up to %d characters, want %d", tc.expr, got, tc.safe)
			continue
		}
		if a := newAutomaton(programOf(re)); a.safe(tc.safe) < math.MaxInt || a.safe(tc.safe+1) != tc.safe {
			t.Errorf("%s: of the texts that can reach it, %d and %d", tc.expr, a.safe(tc.safe), a.safe(tc.safe+1))
		}
		if refuted(safe, re, strings.Repeat(tc.letter, tc.safe)) {
			t.Errorf("%s: a text that is safe takes more", tc.expr)
		}
		if _, most := costOf(programOf(re), strings.Repeat(tc.letter, tc.safe+1)); most <= maxSteps {
			t.Errorf("%s: one more character takes %d steps", tc.expr, most)
		}
	}
}

// Where the ways of a text are too many to follow, no more is allowed than
// what holds for all of them at once; that is less than could be, and not more.
func TestSafeWhereTextsAreTooMany(t *testing.T) {
	for expr, safe := range map[string]int{`.*a.{60}`: math.MaxInt, `.*a.{200}`: 96, `.{0,100}@.{0,100}`: 47} {
		a := newAutomaton(programOf(parsed(t, expr)))
		if n := a.search(a.letters, math.MaxInt); a.work <= maxSearch || n > 20 {
			t.Errorf("%s: %d characters in %d steps: this is no such pattern", expr, n, a.work)
		}
		if got := a.safe(math.MaxInt); got != safe {
			t.Errorf("%s: safe up to %d characters, want %d", expr, got, safe)
		}
	}
}

// A start that is wide costs once for each text, and not for each character.
func TestSafeStart(t *testing.T) {
	words := func(n int) string {
		var list []string
		for i := range n {
			list = append(list, string(rune('a'+i%2))+"-"+strings.Repeat("x", i+1))
		}
		return strings.Join(list, "|")
	}
	if got := newAutomaton(programOf(parsed(t, words(140)))).safe(math.MaxInt); got < math.MaxInt {
		t.Errorf("140 words: %d", got)
	}
	if got := newAutomaton(programOf(parsed(t, words(160)))).safe(math.MaxInt); got != -1 {
		t.Errorf("160 words: %d", got)
	}
}

// What else one could think of as the bound, and why it is none.
func TestWrongBoundsAreRefuted(t *testing.T) {
	for name, b := range map[string]safety{
		"one letter": func(a *automaton) int { return a.search(a.letters[len(a.letters)-1:], math.MaxInt) },
		"one too many": func(a *automaton) int {
			if n := a.safe(math.MaxInt); n < math.MaxInt {
				return n + 1
			}
			return math.MaxInt
		},
		"what reads a character": func(a *automaton) int {
			for pc := range a.weights {
				if !reads(&a.Inst[pc]) {
					a.weights[pc] = 0
				}
			}
			return a.safe(math.MaxInt)
		},
		"all weigh the same": func(a *automaton) int {
			for pc := range a.weights {
				a.weights[pc] = 1
			}
			return a.safe(math.MaxInt)
		},
		"no patience": func(a *automaton) int {
			if n := a.search(a.letters, math.MaxInt); a.work <= maxSearch {
				return n
			}
			return math.MaxInt
		},
	} {
		caught := false
		for _, tc := range dearest {
			caught = caught || refuted(b, parsed(t, tc.expr), strings.Repeat(tc.letter, tc.safe+1))
		}
		caught = caught || refuted(b, parsed(t, `.*a.{200}`), strings.Repeat("a", 97))
		if !caught {
			t.Errorf("%s: not caught", name)
		}
	}
}

// Whatever the pattern and the text, what New says of it holds.
func FuzzSafeLength(f *testing.F) {
	for _, tc := range dearest {
		f.Add(tc.expr, tc.letter, uint8(tc.safe))
	}
	for _, expr := range []string{`\b(?:a\b|\Ba)*`, `(?:\Ba\B|a)*(?:\Ba\B|a){125}-`, `(?m)(?:^a$\n)*[a\n]{99}`, `(?i)(?:straße|ſ)*`, `[^a]*[^b]{60}`, `\PL*\pN{40}`, `((a)|(b*)){30}`, `a**`} {
		f.Add(expr, "a\nb ", uint8(40))
	}
	f.Fuzz(func(t *testing.T, expr, unit string, times uint8) {
		re, err := syntax.Parse(expr, syntax.Perl)
		text := strings.Repeat(unit, int(times))
		if err != nil || len(expr) > 100 || len(text) > 1000 || !utf8.ValidString(text) {
			return
		}
		if len(programOf(re).Inst) <= 2000 && refuted(safe, re, text) {
			t.Fatalf("%q: %q takes longer than New says", expr, text)
		}
	})
}

// slow reports whether a character of a long text takes more than three times
// as long in the one pattern as in the other, for each step that New allows it.
// The two take turns, and what disturbs one run is not in the shortest; what
// seems slow is run more often.
func slow(t *testing.T, expr string, rounds int) bool {
	const base = `[a-z]*[a-z]{20}-`
	text := strings.Repeat("a", 11<<10) // no longer the machine for short texts
	_, steps := costOf(programOf(parsed(t, base)), text[:100])
	best := [2]time.Duration{math.MaxInt64, math.MaxInt64}
	both := [2]*regexp.Regexp{regexp.MustCompile(anchored(parsed(t, base))), regexp.MustCompile(anchored(parsed(t, expr)))}
	over := true
	for round := 0; round < rounds && (round < 5 || over); round++ {
		for i, re := range both {
			start := time.Now()
			if re.MatchString(text) {
				t.Fatal("matches, and so may have ended early")
			}
			best[i] = min(best[i], time.Since(start))
		}
		over = best[1]*time.Duration(steps) > 3*best[0]*maxSteps
	}
	t.Logf("%s: %v, and %v for %d steps", expr, best[1], best[0], steps)
	return over
}

// A step takes what it takes in a small pattern, also in those that are barely
// admitted, and where a class or the cases of a letter are looked up.
func TestStepsAreTime(t *testing.T) {
	for _, expr := range []string{`[a-z]*[a-z]{93}-`, `(?s).*.{93}-`, `[a-z_]*[a-z_]{46}-`, `\pL*\pL{46}-`, `(?:a*){47}-`} {
		if newAutomaton(programOf(parsed(t, expr))).safe(math.MaxInt) < math.MaxInt {
			t.Errorf("%s: is not admitted", expr)
		} else if slow(t, expr, 200) {
			t.Errorf("%s: is slow, and admitted", expr)
		}
	}
	if !slow(t, dear, 5) {
		t.Errorf("%s: is not slow, so this measures nothing", dear)
	}
}

// A match allocates nothing once others have made room.
func TestMatchAllocates(t *testing.T) {
	for _, expr := range []string{`[a-z]*-`, `[a-z]*[a-z]{93}-`, `.{1,1000}-`} {
		re, text := regexp.MustCompile(anchored(parsed(t, expr))), strings.Repeat("a", 1<<10)
		mwtest.MaxAllocs(t, expr, 0, func() { re.MatchString(text) })
	}
}
