package validate

import (
	"errors"
	"net/http"
	"reflect"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/validate/internal/bind"
	"github.com/go-sallyport/sallyport/validate/internal/check"
	"github.com/go-sallyport/sallyport/validate/internal/compile"
	"github.com/go-sallyport/sallyport/validate/internal/lint"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// A Schema decodes and validates requests of one type. It is safe for concurrent
// use. The zero Schema is not usable; make one with [New].
//
// # Sources
//
// A field of the struct, or of a struct that it embeds, has exactly one source:
//
//	ID    string   `path:"id" validate:"uuid"`        // Request.PathValue, or Config.Path
//	Page  int      `query:"page" default:"1"`
//	Tags  []string `query:"tag" style:"repeat" validate:"max=5"` // tag=a&tag=b
//	IDs   []int    `query:"ids" style:"comma"`        // ids=1,2
//	Kinds []string `query:"kinds[]" style:"brackets"` // kinds[]=a&kinds[]=b
//	Size  int      `query:"page[size]" style:"brackets" default:"20"`
//	Match string   `header:"If-Match"`
//	Title string   `json:"title"`                     // the body, as without a tag
//
// A body that is a JSON array is a [List]. A field with a tag for one source is not read from another source: in the body, its name is
// an unknown member. A field of path, query, header or form is a string, a bool, a number, a
// time.Time, a type with UnmarshalText, a pointer to one of these, which is nil if the
// parameter is absent, or a list. required means that the parameter is there.
//
// In a body and in a parameter, a time.Time is as in RFC 3339, section 5.6, with upper-case
// letters, and in the years 0 to 9999 also in UTC: an offset of 24:00, an hour of one digit and
// a decimal comma are refused, by the rule datetime too. A UUID is as in RFC 9562, section 4:
// without braces, without urn:uuid:, with hyphens. Types of 16 bytes that print the zero UUID
// are UUIDs.
//
// Names are compared exactly. Brackets in the name of a query or a form mean nothing more:
// nothing is expanded, and kinds is not kinds[]. A scalar comes once, in a query and in a header.
// Numbers are written as in JSON: no +1, 0x1, 1_000, 01 or space. A bool is true,
// false, 1 or 0. Text is UTF-8 of at most [Config].MaxString bytes and may have
// any character in it, NUL too, as in JSON; rules restrict it. A list with commas
// is split after escapes are decoded; it has no empty items, and an empty text is
// the empty list.
//
// A form of HTML sends an input that was left empty as "", which is no number. With the tag
// empty:"absent" an empty text of a query or a form counts as absent, so default and
// required apply:
//
//	Limit int `query:"limit" empty:"absent" default:"20" validate:"min=1,max=100"`
//
// A query of more than 64 parameters, or with an empty pair, a semicolon or a bad
// escape, is refused as a whole, and so is one with an unknown parameter. A T that
// has no query parameters does not look at the query unless [Config].StrictQuery
// is set, so that parameters that campaigns append to links do not break pages. A header
// may have fields that are not declared. Credentials, hop-by-hop fields,
// Content-* and the fields that proxies write cannot be declared: other packages read those.
//
// # Rules
//
// The member of a field tagged required must be present, and not null; it may
// be zero. (For the validator alone, required means not zero. Add min=1 to require that.)
//
// Null for a list or a map that is not required is the same as its absence: a Go client writes
// it for a nil slice. A type with UnmarshalJSON gets null if it encodes the result as null
// again. Any other value that is no pointer and no Optional refuses null.
//
// The rules required_if, _unless, _with, _with_all, _without and _without_all, and the same
// rules with excluded, are also about the fields that the client has sent:
//
//   - Zero counts as sent. Null counts as sent for excluded, also for a list or a map, and for
//     required only in an [Optional].
//   - They name Go fields of the same struct, which may be parameters.
//   - An _unless with several values holds unless one of them is there.
//   - Like required, they hold also in a struct that is tagged validate:"-".
//   - The value that required_if asks for is that of a text, number or bool as the handler
//     gets it, with its default.
//
// All other rules are those of go-playground/validator. They hold for the value
// that the handler gets, also where a member was absent: then its zero value must
// satisfy them, or the member counts as required. A rule behind omitempty does
// not apply to zero. A struct, unless it is behind a pointer, is required if any
// member of it is.
//
// A [Config] can name patterns and rules of its own for the tags, which hold for
// its Schema only.
//
// # Free values
//
// The tag free:"true" admits a type that accepts any JSON: any, map[string]any,
// json.RawMessage, and lists and maps of these. The limits and unique names hold in them too,
// but nothing else is checked. In an any, a number beyond 2^53-1 in magnitude is refused in
// any spelling, 9007199254740993.0 and 1e20 too: it would be rounded to a float64, so that two
// programs could act on two different numbers (RFC 7493, section 2.2). A fraction such as
// 0.1 is rounded by nature and admitted. A json.RawMessage keeps the digits, so it takes
// them all. Without the tag, New refuses such a type.
//
//	Meta map[string]any `json:"meta" free:"true" validate:"max=10"` // 10 members at most
//
// # Defaults and normalisation
//
// The tag default is the value of a field that is absent; a zero or an empty
// text that was sent stays. It is for scalars, in the struct itself or in
// structs that are values in it, and New holds it to the rules of its field. The
// tag mod changes text, also text in lists: trim, lower, upper, and squeeze,
// which makes one space of each run of white space. First come the defaults,
// then the mods, then the rules. So a text that is too long only because of its spaces
// is admitted. [Config].MaxString, and max on the length of a list, hold for the text and the
// list that were sent. Do not normalise passwords.
//
// # Forms
//
// Fields tagged form make the body application/x-www-form-urlencoded, read as
// strictly as a query, and with a [File] among them multipart/form-data too.
// The names in a form are
// all declared; a part has a header of RFC 7578 and no other; all of the form is
// in memory, within [Config].MaxBody.
//
// A struct whose fields all have both tags, json and form, with one name, takes either body. The
// Content-Type alone decides, and a fault is at the pointer or at the field of the body that
// was sent:
//
//	Title string   `json:"title" form:"title" validate:"required,min=1"`
//	Tags  []string `json:"tags" form:"tags" style:"repeat"`
//
// So New refuses a struct with some members of JSON and some fields of a form, and a File
// beside members of JSON.
//
// A page of any site can send a form, with the cookies of the user and without a preflight;
// JSON cannot be sent so. A handler of forms that trusts a cookie needs protection against
// that (CSRF), which this package does not have: http.CrossOriginProtection in front of
// it, or SameSite cookies and a token.
type Schema[T any] struct{ compiled *compiled }

// New compiles T, a struct or a [List], and tries each of its rules. It refuses a struct that
// encoding/json could not decode, that two parsers could understand differently, or at which
// the validator would panic. The error has all faults at once. New refuses
//
//   - a tag that would protect nothing: one that package reflect cannot read, one in another
//     case (Validate), one with rules for another library (binding, valid, v, vd), a rule that
//     is a tag of its own (minLength, enum, pattern, format, time_format), unless a rule of
//     the field says the same, and, without a tag json beside it, one that names a source to
//     another library (uri, param, schema, in, cookie), for here the field would be a member
//     of the body. [Config].IgnoreTags has the exceptions;
//   - an embedded struct with exported fields that have no tag, such as gorm.Model, for a client
//     could write them: tag the embedded field itself json:"-";
//   - what another library reads from the shape of a struct: an untagged field Body of huma, and
//     its method Resolve, or the method Bind of chi/render, which check a request there;
//   - the types of database/sql that may be null: [Optional] is for those;
//   - rules of text on a value that is not a string: email on an int, or on a list without
//     dive, would fail every request;
//   - rules that ask the file system or the network about a value of the client;
//   - rules that compare with a field of the outermost struct (eqcsfield);
//   - rules that decide whether others are run (skip_unless, structonly, nostructlevel);
//   - rules in the elements of a list or map whose tag has no dive to reach them;
//   - rules of the validator that this package does not know;
//   - rules that say the same of every value: the size of an array, oneof without a list, a
//     time against anything but now, and required of elements that cannot be null, unless
//     they are structs or texts that are never empty, such as a UUID (use min=1 for text);
//   - comparisons of two fields of different kinds, and comparisons in which the validator
//     sees only the lengths: those of lists and maps and, by gtfield and its like, of texts.
//
// It cannot refuse all rules that no value satisfies: min=5,max=3 is for tests to find.
func New[T any](cfg Config) (*Schema[T], error) {
	t := reflect.TypeFor[T]()
	if plan.IsList(t) {
		t = reflect.TypeFor[listBody[T]]()
	}
	c, err := compileSchema(cfg, t)
	if err != nil {
		return nil, err
	}
	return &Schema[T]{c}, nil
}

// listBody is the struct of a T that is a List.
type listBody[T any] = struct {
	List T `validate:"dive"`
}

func compileSchema(cfg Config, t reflect.Type) (*compiled, error) {
	faults := &httperr.ConfigFaults{Package: plan.Pkg}
	cfg.complete(faults)
	own := rule.CompileRules(cfg.Patterns, cfg.Rules, faults)
	out := compile.Compile(t, compile.Options{
		Items:      cfg.MaxItems,
		StringLen:  cfg.MaxString,
		MediaTypes: cfg.MediaTypes,
		IgnoreTags: cfg.IgnoreTags,
	}, own, faults)
	lint.Linter{Faults: faults, Own: own, Body: cfg.MaxBody}.DryRun(out.Structs)
	own.RefuseUnused(faults)
	ignore := cfg.ignore(out, faults)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	b := bind.New(bind.Binder{
		Memory:      cfg.MaxMemory,
		File:        cfg.MaxFile,
		Params:      out.Params,
		Presets:     out.Presets,
		Normalizer:  out.Normalizer,
		Path:        cfg.Path,
		StrictQuery: cfg.StrictQuery,
		OtherQuery:  cfg.OtherQuery,
		Ignore:      ignore,
	})
	check := &check.Checker{
		Limits: &plan.Limits{
			Depth: cfg.MaxDepth, Items: cfg.MaxItems, StringLen: cfg.MaxString, Memory: cfg.MaxMemory, Ignore: ignore,
		},
		Root:      out.Root,
		Visits:    out.Rules,
		Methods:   out.Methods,
		Validator: rule.NewValidator(out.Tags, own),
		Own:       own,
	}
	lint.TryPresets(t, out.Presets, check.Validator, func(v reflect.Value) { b.StoreDefaults(v); b.Normalise(v) }, faults)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	if out.Media != nil {
		cfg.MediaTypes = out.Media
	} else if len(cfg.MediaTypes) == 0 {
		cfg.MediaTypes = []string{"application/json"}
	}
	if out.Root.Node.Either() {
		cfg.MediaTypes = append(cfg.MediaTypes, plan.MediaForm)
	}
	if cfg.Deny == nil {
		cfg.Deny = httperr.Write
	}
	return &compiled{cfg: cfg, binder: b, checker: check, list: out.List, keepsBytes: out.KeepsBytes}, nil
}

// Decode returns the value that r holds: its body, and path, query and header
// as far as T has fields of these. Through w, Decode tells the server when the body must have
// arrived, and to close the connection if the body is too large; a nil w is for tests. The
// body has been read afterwards; r is not changed otherwise.
//
// The error is one of those declared here, httperr.ErrBodyTooLarge or
// httperr.ErrRequestTimeout, or context.Canceled if the client has left, or the error of
// the Validate method of T, or httperr.ErrInternal if the pattern of the route does not
// have the path parameters of T. A T without members needs no body.
//
// # Validate methods
//
// A value in T, and *T itself, may have a method Validate(context.Context) error
// for a rule that no tag can express. It is called on a value that satisfies all rules, after
// the methods of the values inside it, and only if those have found no fault; so the method
// of *T comes last. The pointers of [Fault] begin at the value. Faults become those of
// ErrInvalid. Any other error is returned as it is, so a *httperr.Error is the answer.
// Validate is not called for a nil pointer, nor for a value that omitempty or validate:"-"
// leaves out, nor inside a type that decodes itself. It must not change the value: a value
// of a map is a copy.
//
// # The wire
//
// If the header of a request is refused (413 by Content-Length, 415), the body is not read.
// A client that waits for 100 Continue is not asked for the body, and neither Handler nor
// Handle lets the server wait longer than [Config].ReadTimeout for the rest of it. A body
// that is too long ends its connection, or over HTTP/2 its stream, and so does one that is
// too slow. Trailers are not read. A client that leaves in the middle is recorded as that
// (499), not as a rejection. A client that only ends its side of the connection gets the
// answer that the body is incomplete.
func (s *Schema[T]) Decode(w http.ResponseWriter, r *http.Request) (*T, error) {
	v := new(T)
	if err := s.decode(w, r, v); err != nil {
		return nil, err
	}
	return v, nil
}

func (s *Schema[T]) decode(w http.ResponseWriter, r *http.Request, v *T) error {
	if !plan.IsList(reflect.TypeFor[T]()) {
		return s.compiled.decodeAndObserve(w, r, v)
	}
	body := new(listBody[T])
	err := s.compiled.decodeAndObserve(w, r, body)
	*v = body.List
	return err
}

// decodeAndObserve decodes r into v, and observes the decision.
func (c *compiled) decodeAndObserve(w http.ResponseWriter, r *http.Request, v any) error {
	d, err := c.decode(w, r, v)
	if err != nil {
		err = c.adapt(r, err)
	}
	// An error of a Validate method may be about the service and not about the request.
	e, ok := errors.AsType[*httperr.Error](err)
	rejected := ok && e.Status < 500
	if rec := carrier.From(r.Context()); rec != nil && (rejected || d.Ignored > 0) {
		rec.Update(func(f *carrier.Facts) {
			f.Ignored += uint32(d.Ignored)
			if rejected {
				f.Events |= carrier.ValidateRejected
			}
		})
	}
	if c.cfg.Observe != nil {
		d.Accepted, d.Err = err == nil, err
		c.cfg.Observe(r, d)
	}
	return err
}
