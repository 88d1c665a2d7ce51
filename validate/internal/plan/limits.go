package plan

import (
	"slices"
	"strings"
)

// Limits are the limits of the Config on a JSON body.
type Limits struct {
	Depth, Items, StringLen int
	Memory                  int64
	Ignore                  *Ignore // the unknown members that are ignored
}

// The limits that no Config changes. The documentation of Config names each limit that a
// client can exceed.
const (
	MaxName       = 256     // bytes of the name of a member, or of a parameter
	MaxNumber     = 128     // bytes of a number
	MaxType       = 512     // bytes of Content-Type: the map of its parameters takes twenty times the memory of their text
	MaxParams     = 64      // parameters of one source, declared or sent: one word has a bit for each
	MaxListItems  = 50_000  // elements of all lists outside JSON: the validator makes an error for each, and cannot be stopped
	MaxPartHeader = 1 << 10 // bytes of the header of a part of a form
	MaxPartLines  = 8       // lines of the header of a part
	MaxFileName   = 100     // bytes of the name of a file
	MaxFaults     = 20      // faults in a refusal
	MaxBroken     = 1000    // broken rules that are collected: one rule can be broken by every value of a body
	MaxMessage    = 512     // bytes of a message of Config.Messages

	MaxExpr = 1024 // bytes of a pattern: a longer one cannot be reviewed

	// MaxNear is the number of elements that the validator visits in one call at most.
	// The validator makes an error for each element that breaks a rule, and cannot be
	// stopped in between.
	MaxNear = 1000

	// MaxSteps bounds the instructions of a pattern times the bytes of a body. Package
	// regexp follows all possible positions in the pattern at once, so a text costs at most
	// one step for each byte and each instruction: seconds for the worst pattern and body
	// within this bound. Most patterns need less than a hundredth of that, because a text
	// usually has one possible position.
	MaxSteps = 1 << 30 // 1024 instructions for a body of 1 MiB
)

// Pkg is the package name in the faults of New.
const Pkg = "validate"

// Ignore has the unknown names in a body that are ignored: members of objects, and fields of
// a form. Nil ignores none.
type Ignore struct {
	All   bool
	Names []string
}

// Member reports whether a member of this name, which n does not have, is ignored. A name that
// differs from one of n only in case is not: encoding/json, and other parsers, take it for that
// one.
func (g *Ignore) Member(n *Node, name []byte) bool {
	if g == nil {
		return false
	}
	text := string(name)
	return g.has(text) && !slices.ContainsFunc(n.Members, func(m Member) bool { return strings.EqualFold(m.Name, text) })
}

// Field is Member for a field of a form with these parameters.
func (g *Ignore) Field(params []*Parameter, name string) bool {
	return g != nil && g.has(name) && !slices.ContainsFunc(params, func(p *Parameter) bool { return strings.EqualFold(p.Name, name) })
}

func (g *Ignore) has(name string) bool { return g.All || slices.Contains(g.Names, name) }
