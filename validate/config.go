package validate

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate/internal/compile"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// Config configures a Schema. The zero Config is safe.
//
// Some limits are fixed:
//
//	256 bytes         the name of a member, as sent
//	128 bytes         a number
//	512 bytes         Content-Type
//	20 faults         a refusal, which then says that it is truncated
//	64 parameters     a query or a form
//	1 KiB in 8 lines  the header of a part of a form
//
// A string has at most MaxString bytes, unless its own max, lte, len or eq rule allows more.
// No limit may be more than 2^30, so that sums of limits cannot overflow.
type Config struct {
	_ [0]func()

	// Defaults are the options that this Config has in common with others. An option that
	// is zero here is taken from there.
	Defaults Defaults

	// Status is the status of [ErrInvalid]: 400, or 422 for clients that expect it for
	// content that is well-formed and breaks a rule (RFC 9110, section 15.5.21). A body
	// that cannot be read as JSON is 400 with both. Default 400; New refuses any other.
	Status int

	// MaxBody is the largest body in bytes. Default 1 MiB.
	MaxBody int64

	// MaxDepth is how deeply arrays and objects may nest, the outermost object
	// included. Default 32, at most 1000.
	MaxDepth int

	// MaxItems is the most elements of an array, or members of a map or of an
	// object inside a free value, where the field has no max, lte, lt, len or eq
	// rule. Such a rule replaces MaxItems, and may be smaller or larger. Default 1000.
	//
	// Three bytes of a body, "{},", make one element of a Go type of any size: one mebibyte
	// of them takes hundreds to decode. So the scan checks the number before anything is
	// allocated.
	MaxItems int

	// MaxString is the longest string in bytes of UTF-8. Default 64 KiB.
	MaxString int

	// MaxMemory is how many bytes of the heap the decoded value may take: its
	// elements, maps, pointers and free values. The scan computes them from the sizes of
	// their Go types, before the value is decoded. The result is an upper bound: lists and
	// maps are counted twice, for the room that they grow into, so a value that is refused
	// may take only half of it. Not counted are the T itself, which is the same for all
	// bodies; the text of strings and bytes, which is at most half as long again as the
	// body; and the allocations of a type that decodes itself. Default 16 MiB.
	MaxMemory int64

	// MediaTypes are the accepted types of a body, in lower case and without
	// parameters. Default application/json. A form has its own types: New refuses
	// MediaTypes for it. Where the body is JSON or a form they are those of JSON.
	MediaTypes []string

	// Path returns a part of the path by its name, for the tag path. Nil is
	// (*http.Request).PathValue, which chi sets too, from v5.1 on.
	//
	// With chi from v5.1 on, leave Path nil. A route without the name is then answered with
	// 500, since it is a mistake of the program. With chi.URLParam here the answer would be
	// 400, as if the client had made the mistake. Put [Schema.Middleware] behind Router.With
	// and not Router.Use, which runs before the route is known. Where ServeMux decodes each
	// part of a path, chi leaves a%2Fb as it is, with all other escapes of that path, and
	// decodes a%20b.
	Path func(r *http.Request, name string) string

	// OtherQuery names query parameters that are not for this schema: those of a middleware
	// that checks signed URLs, or those that campaigns add to links. Write them as they are
	// after decoding. They are admitted and not read. A parameter that is neither here nor in the schema is refused.
	OtherQuery []string

	// StrictQuery refuses parameters in the query, except OtherQuery, also if T has no
	// query parameters. Without StrictQuery, the query is not read for such a T.
	StrictQuery bool

	// IgnoreUnknown are the names of members that may be in the body although no field has
	// them, in the outermost object and in all others, or of fields of a form. They are not
	// decoded. []string{"*"} stands for all names: a service that sends webhooks adds members
	// at any time. New refuses them for a T without a body.
	//
	// Everything else holds for them too: they are there once, within the limits, and at most
	// MaxItems in one object. A name that differs from one that is known only in case is
	// refused. Their number is in Decision and in the audit record, their names are nowhere.
	//
	// A client that mistypes the name of an optional member gets no fault then. Name the
	// members if you know them.
	IgnoreUnknown []string

	// MaxFile is the largest file in a form in bytes. Default MaxBody, which
	// bounds all files of a request together.
	MaxFile int64

	// ReadTimeout is how long the body may take to arrive, so that a client
	// that sends a byte now and then does not keep its connection. A body that Handler
	// and Handle refuse by its header has the same time, since the server waits for the
	// rest of it; Decode leaves that to its caller. Default
	// 10 s, at most 10 min; set more for large uploads over slow lines. A shorter
	// ReadTimeout of the http.Server takes precedence. ReadTimeout has no effect
	// behind a ResponseWriter through which http.ResponseController cannot set a
	// deadline, such as the one of http.TimeoutHandler, nor in tests.
	ReadTimeout time.Duration

	// Patterns are regular expressions (RE2, as in package regexp) by the names
	// that they have in validate tags: {"sku": "[A-Z]{3}[0-9]{4}"} makes
	// validate:"sku" a rule for text. The whole text must match, so neither ^
	// nor $ is needed. A text that does not match is a fault with the code pattern and
	// the name in its params.
	//
	// A text takes at most one step for each of its bytes and each instruction of the
	// pattern. A counted repetition has one or two instructions for each
	// count. For a MaxBody of 1 MiB, New refuses a field whose patterns have more than 1024
	// instructions together; it allows more for a smaller MaxBody and fewer for a larger
	// one. Ordinary patterns take less than a hundredth of that bound. Instead of a
	// repetition with a large count, write [a-z]+ and limit the length of the text in the
	// tag: validate:"max=1000,word".
	//
	// A name has lower-case letters, digits and underscores, begins with a letter,
	// and is not the name of another rule. New refuses a pattern that is longer than
	// 1024 bytes, does not compile, or is in no tag.
	Patterns map[string]string

	// Rules are checks of the program by the names that they have in validate
	// tags, for this Schema only. Their names are held to the rules for names of Patterns. A
	// value that does not satisfy the rule "even" is a fault with the code rule_even, and,
	// if the tag is "even=2", with the param 2.
	//
	// Check reports whether a value satisfies the rule. It gets the value of the field, or the
	// value behind the field if that is a pointer, in its own type. Assert it with
	// value.(T) and not with a comma: the panic tells New that the rule does
	// not fit its field. param is the text after "=" in the tag, or "".
	//
	// Check must return the same for the same value, and may be called by many
	// requests at once. New calls it too, with sample values. A rule that
	// panics for a request fails only that request, which is answered by 500.
	Rules map[string]Rule

	// IgnoreTags are the tags of other libraries, such as binding or minLength, that may stay
	// on a struct that such a library reads too. Their rules are not run here. Without it, New
	// refuses them, unless the tag validate of the field has a rule that says the same.
	IgnoreTags []string

	// Messages returns the message of a fault, for another language than
	// English; "" keeps the English one, which is f.Message. Nil keeps all. It
	// is called once for each reported fault of a refused request, and not for an accepted
	// one. The place of f (Pointer, or In and Name), its Code, Params and
	// Message are constants of the schema, except for positions in lists in a
	// Pointer. The param inside says that the fault is further in than Pointer leads. f is
	// a copy, but its Params and Pointer are those of the answer: do not change them.
	// The Accept-Language of r has the language that the client wants.
	// The result is shown to the client, with everything in it that comes from r. Control
	// characters and bytes that are not UTF-8 are replaced in it, and it is cut after
	// 512 bytes.
	Messages func(r *http.Request, f httperr.Fault) string

	// Deny answers a refused request. Nil is httperr.Write.
	Deny func(http.ResponseWriter, *http.Request, error)

	// Observe is called with each decision. Nil is off.
	Observe func(*http.Request, Decision)
}

// A Decision is the outcome of one request.
type Decision struct {
	Accepted bool
	Err      error // the refusal, nil if accepted
	Bytes    int   // of the body that were read
	Ignored  int   // unknown members and form fields that IgnoreUnknown admits
}

// complete fills in the defaults of the limits, and adds a fault for each field that is out
// of range.
func (cfg *Config) complete(faults *httperr.ConfigFaults) {
	const many = 1 << 30
	cfg.inherit()
	if cfg.Status != http.StatusBadRequest && cfg.Status != http.StatusUnprocessableEntity {
		faults.Add("Status", fmt.Sprint(cfg.Status), "is not a status for a request that breaks a rule",
			"give 400 or 422; for any other, let Deny answer")
	}
	cfg.MaxBody = within(faults, "MaxBody", cfg.MaxBody, 1<<20, many)
	cfg.MaxDepth = within(faults, "MaxDepth", cfg.MaxDepth, 32, 1000)
	cfg.MaxItems = within(faults, "MaxItems", cfg.MaxItems, 1000, many)
	cfg.MaxString = within(faults, "MaxString", cfg.MaxString, 64<<10, many)
	cfg.MaxMemory = within(faults, "MaxMemory", cfg.MaxMemory, 16<<20, many)
	cfg.MaxFile = within(faults, "MaxFile", cfg.MaxFile, cfg.MaxBody, many)
	cfg.ReadTimeout = within(faults, "ReadTimeout", cfg.ReadTimeout, 10*time.Second, 10*time.Minute)
	cfg.MediaTypes = slices.Clone(cfg.MediaTypes)
	for i, m := range cfg.MediaTypes {
		if !plan.PlainMedia(m) {
			const reason = "is not one media type in lower case without parameters"
			faults.Add(fmt.Sprintf("MediaTypes[%d]", i), m, reason, `write it as "application/json"`)
		}
	}
}

// ignore returns the unknown names that are ignored.
func (cfg *Config) ignore(out *compile.Compiled, faults *httperr.ConfigFaults) *plan.Ignore {
	if len(cfg.IgnoreUnknown) == 0 {
		return nil
	}
	g := &plan.Ignore{Names: slices.Clone(cfg.IgnoreUnknown), All: slices.Contains(cfg.IgnoreUnknown, "*")}
	slices.Sort(g.Names)
	for i, name := range cfg.IgnoreUnknown {
		if name == "" || len(name) > plan.MaxName || !utf8.ValidString(name) {
			faults.Add(fmt.Sprintf("IgnoreUnknown[%d]", i), name, "is not the name of a member",
				fmt.Sprintf("give 1 to %d bytes of UTF-8", plan.MaxName))
		}
	}
	if out.Root != nil && len(out.Root.Node.Members)+len(out.Params[plan.InForm]) == 0 {
		faults.Add("IgnoreUnknown", strings.Join(cfg.IgnoreUnknown, " "), "is for members of a body, and there is none",
			"remove it; for parameters of the query there is OtherQuery")
	}
	return g
}

// within returns v, or standard if v is 0. It adds a fault if v is not from 0 to most.
func within[N int | int64 | time.Duration](faults *httperr.ConfigFaults, field string, v, standard, most N) N {
	switch {
	case v == 0:
		return standard
	case v < 0:
		faults.Add(field, fmt.Sprint(v), "is negative", "give what is positive, or 0 for the default")
	case v > most:
		faults.Add(field, fmt.Sprint(v), fmt.Sprintf("is more than %v", most), "give less")
	}
	return v
}
