package plan

// Limits are those of the Config on JSON.
type Limits struct {
	Depth, Items, StringLen int
	Memory                  int64
}

// The limits that no Config changes. The documentation of Config names those that a
// client can meet.
const (
	MaxName       = 256     // bytes of the name of a member, or of a parameter
	MaxNumber     = 128     // bytes of a number
	MaxType       = 512     // bytes of Content-Type: its parameters are read into a map, which takes twenty times their text
	MaxParams     = 64      // parameters of one source, declared or sent: one word has a bit for each
	MaxListItems  = 50_000  // elements of all lists outside JSON: the validator makes an error for each, and cannot be told to stop
	MaxPartHeader = 1 << 10 // bytes of the header of a part of a form
	MaxPartLines  = 8       // lines of it
	MaxFileName   = 100     // bytes of the name of a file
	MaxFaults     = 20      // faults in a refusal
	MaxBroken     = 1000    // broken rules that are collected: a client can break one as often as its body has values
	MaxMessage    = 512     // bytes of a message of Config.Messages

	// Of types, tags and patterns, which New refuses.
	MaxArray = 1 << 16 // elements of an array, with the elements of the arrays in it
	MaxExpr  = 1024    // bytes of a pattern: nobody reads a longer one

	// MaxNear is the most elements that the validator goes through in one call. It
	// makes an error for each that breaks a rule, and cannot be told to stop.
	MaxNear = 1000

	// MaxSteps bounds the instructions of a pattern times the bytes of a body.
	// Package regexp follows a text through all places of a pattern that it may be
	// at, at once, so a text costs at most one step of about 10 ns for each of its
	// bytes and each instruction: 8 s for the worst pattern and body within this
	// bound. Most patterns take less than a hundredth of that, because a text is mostly
	// at one place.
	MaxSteps = 1 << 30 // 1024 instructions for a body of 1 MiB
)

// Pkg is the package that the faults of New name.
const Pkg = "validate"
