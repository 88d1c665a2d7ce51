package validate

import (
	"encoding/binary"
	"fmt"
	"math"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
)

// Package regexp follows a text through all the places of a pattern that it may
// be at, at once: for each character it takes a step for each instruction there.
// So what New bounds is not the size of a pattern, for in `.{1,1000}` a text is
// always at one place, but the steps that a character of any text can take. The
// bound is on one character, and not on a text, because a body can hold many.
//
// A step takes about 10 ns, in the machine that keeps sets of places as in the
// one that goes back. The third, for patterns where the next character tells the
// place, takes fewer steps than are counted here.
const (
	maxSteps   = 100     // for a character
	textSteps  = 300     // before the first: two quotes and a comma come with it
	maxProgram = 10_000  // instructions; a request that matches takes 40 bytes for each
	maxSearch  = 1 << 18 // of New, in its own steps
)

// anchored is the expression that is matched: the whole text.
func anchored(expr *syntax.Regexp) string { return `\A(?:` + expr.String() + `)\z` }

// programOf compiles the expressions as package regexp does, into one program
// that is at all places that one text may be at in any of them.
func programOf(exprs ...*syntax.Regexp) *syntax.Prog {
	all := &syntax.Regexp{Op: syntax.OpAlternate}
	for _, expr := range exprs {
		whole, _ := syntax.Parse(anchored(expr), syntax.Perl) // it prints what it was parsed from
		all.Sub = append(all.Sub, whole.Simplify())
	}
	prog, _ := syntax.Compile(all)
	return prog
}

// An automaton is a program that is followed for all texts.
type automaton struct {
	*syntax.Prog
	weights []int    // in steps
	class   []int    // of those that read a character, by instruction: what they read
	letters [][]bool // what a character can be: the classes that it is of
	mark    []int    // the round in which an instruction was last added
	round   int
	open    []uint32 // instructions to add
	work    int
}

func newAutomaton(prog *syntax.Prog) *automaton {
	n := len(prog.Inst)
	a := &automaton{Prog: prog, weights: make([]int, n), class: make([]int, n), mark: make([]int, n)}
	// The copies of a counted repetition share the class that they read.
	type set struct {
		first *rune
		n     int
		fold  bool
	}
	known := map[set]int{}
	var classes []*syntax.Inst
	for pc := range prog.Inst {
		i := &prog.Inst[pc]
		a.weights[pc] = weight(i)
		if !reads(i) || len(i.Rune) == 0 {
			continue
		}
		s := set{&i.Rune[0], len(i.Rune), i.Op == syntax.InstRune && syntax.Flags(i.Arg)&syntax.FoldCase != 0}
		if _, ok := known[s]; !ok {
			known[s] = len(classes)
			classes = append(classes, i)
		}
		a.class[pc] = known[s]
	}
	a.letters = letters(classes)
	return a
}

func reads(i *syntax.Inst) bool {
	switch i.Op {
	case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		return true
	}
	return false
}

// weight returns how long an instruction takes, measured in those that take the
// shortest: a class is searched, and the cases of a letter beyond ASCII too.
func weight(i *syntax.Inst) int {
	switch {
	case i.Op != syntax.InstRune:
		return 1
	case len(i.Rune) == 1 && i.Rune[0] > unicode.MaxASCII:
		return 4
	case len(i.Rune) == 2:
		return 1
	}
	return 2
}

// letters returns each way that a character has to be in some of the classes
// and not in the others.
func letters(classes []*syntax.Inst) (list [][]bool) {
	var edges []rune // where a class begins, or ends before
	for _, i := range classes {
		if len(i.Rune) == 1 {
			edges = append(edges, i.Rune[0], i.Rune[0]+1)
			for r := unicode.SimpleFold(i.Rune[0]); r != i.Rune[0]; r = unicode.SimpleFold(r) {
				edges = append(edges, r, r+1)
			}
		}
		for k := 0; k+1 < len(i.Rune); k += 2 {
			edges = append(edges, i.Rune[k], i.Rune[k+1]+1)
		}
	}
	slices.Sort(edges)
	known := map[string]bool{}
	for _, r := range slices.Compact(edges) {
		in, key := make([]bool, len(classes)), make([]byte, len(classes))
		for k, i := range classes {
			if in[k] = i.MatchRune(r); in[k] {
				key[k] = 1
			}
		}
		if slices.Contains(in, true) && !known[string(key)] {
			known[string(key)] = true
			list = append(list, in)
		}
	}
	return list
}

// safe returns how many characters a text may have without one of them taking
// more than maxSteps, as far as New can tell; math.MaxInt if that is so for the
// texts of up to reach.
func (a *automaton) safe(reach int) int {
	// All letters at once are one way for a text to go on, which is wider than
	// each of theirs, but soon followed to its end.
	all := slices.Repeat([]bool{true}, len(a.Inst))
	n := a.search([][]bool{all}, reach)
	if n < math.MaxInt {
		n = max(n, a.search(a.letters, reach))
	}
	return n
}

// search follows all texts of the letters, the short ones first.
func (a *automaton) search(letters [][]bool, reach int) int {
	a.work = 0
	start, steps := a.add(nil, uint32(a.Start), a.next())
	if steps > textSteps {
		return -1
	}
	seen, here := map[string]bool{}, [][]uint32{start}
	for n := 0; n < reach && len(here) > 0; n++ {
		var after [][]uint32
		for _, at := range here {
			for _, l := range letters {
				to, steps := a.read(at, l)
				switch {
				case steps > maxSteps, a.work > maxSearch:
					return n
				case len(to) == 0:
					continue
				}
				if key := keyOf(to); !seen[key] {
					seen[key] = true
					after = append(after, to)
				}
			}
		}
		here = after
	}
	return math.MaxInt
}

// read returns the places behind a letter, and the steps to get there.
func (a *automaton) read(at []uint32, l []bool) (to []uint32, steps int) {
	round := a.next()
	for _, pc := range at {
		a.work++
		if l[a.class[pc]] {
			var more int
			to, more = a.add(to, a.Inst[pc].Out, round)
			steps += more
		}
	}
	if len(to) > 0 {
		steps++ // the machine looks at the beginning of the program each time
	}
	slices.Sort(to)
	return to, steps
}

// add adds the instructions that read the next character once the text is at
// pc. What asks for the end of a line or word is taken to be content.
func (a *automaton) add(to []uint32, pc uint32, round int) (_ []uint32, steps int) {
	a.open = append(a.open[:0], pc)
	for last := 0; last >= 0; last = len(a.open) - 1 {
		pc, a.open = a.open[last], a.open[:last]
		if a.mark[pc] == round {
			continue
		}
		a.mark[pc] = round
		a.work++
		i := &a.Inst[pc]
		steps += a.weights[pc]
		switch {
		case reads(i):
			to = append(to, pc)
		case i.Op == syntax.InstAlt, i.Op == syntax.InstAltMatch:
			a.open = append(a.open, i.Arg, i.Out)
		case i.Op == syntax.InstCapture, i.Op == syntax.InstNop, i.Op == syntax.InstEmptyWidth:
			a.open = append(a.open, i.Out)
		}
	}
	return to, steps
}

func (a *automaton) next() int {
	a.round++
	return a.round
}

func keyOf(places []uint32) string {
	key := make([]byte, 0, 4*len(places))
	for _, pc := range places {
		key = binary.LittleEndian.AppendUint32(key, pc)
	}
	return string(key)
}

// affords refuses the patterns of a level, once, if they take too long together
// for a text that can reach them.
func (c *compiler) affords(p probe, where string) bool {
	var exprs []*syntax.Regexp
	var names []string
	first, last := 0, 0
	for i, rule := range p.rules {
		for name := range strings.SplitSeq(rule, "|") {
			if r := c.own[name]; r != nil && r.expr != nil {
				if exprs = append(exprs, r.expr); len(exprs) == 1 {
					first = i
				}
				names, last = append(names, name), i
			}
		}
	}
	if p.nth != last || p.rule != names[len(names)-1] {
		return true
	}
	// The scan counts bytes, and allows more for a max that stands behind.
	reach := c.mostBytes(level{rules: p.rules})
	if p.key {
		reach = maxName
	}
	reach = level{rules: p.rules[:first]}.most(reach)
	safe := newAutomaton(programOf(exprs...)).safe(reach)
	if safe == math.MaxInt {
		return true
	}
	fix := "make the counted repetitions smaller, or let what is in one and what is around it have no character in common"
	if safe > 0 {
		fix = fmt.Sprintf("put max=%d before %s, or %s", safe, names[0], fix)
	}
	c.refuse(where, strings.Join(names, ","), fmt.Sprintf("can take more than %d steps for a character of a text, which here may have %d of them", maxSteps, reach), fix)
	return false
}
