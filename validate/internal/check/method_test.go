package check_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

// span checks itself. For From 9 its method fails with an error of the program.
type span struct {
	From int `json:"from"`
	To   int `json:"to" validate:"max=100"`
}

var errDown = errors.New("secret database")

func (s *span) Validate(context.Context) error {
	switch {
	case s.From == 9:
		return errDown
	case s.From > s.To:
		return validate.Fault("/to", "before_from", "must not be before from")
	}
	return nil
}

type word string

func (w word) Validate(context.Context) error {
	if strings.Contains(string(w), "!") {
		return errors.Join(validate.Fault("", "loud", "must not be loud"), nil)
	}
	return nil
}

type words []word

func (w words) Validate(context.Context) error {
	if !slices.IsSorted(w) {
		return validate.Fault("", "unsorted", "must be sorted")
	}
	return nil
}

type embedsSpan struct {
	span
	Note string `json:"note"`
}

type plan struct {
	Value span                            `json:"value"`
	Ptr   *span                           `json:"ptr"`
	List  []span                          `json:"list" validate:"dive"`
	Ptrs  []*span                         `json:"ptrs" validate:"dive"`
	Pair  [2]span                         `json:"pair" validate:"dive"`
	By    map[string][]span               `json:"by" validate:"dive,dive"`
	Opt   validate.Optional[span]         `json:"opt"`
	Opts  validate.Optional[[]span]       `json:"opts" validate:"dive"`
	In    struct{ Deep struct{ S span } } `json:"in"`
	Emb   embedsSpan                      `json:"emb"`
	Word  word                            `json:"word"`
	Words words                           `json:"words"`
	Off   span                            `json:"off" validate:"-"`
	Skip  []word                          `json:"skip" validate:"dive,omitempty"`
	Self  []plan                          `json:"self" validate:"dive"`
}

// planned inherits the method of plan, which must be called once.
type planned struct {
	plan
	Q      word   `query:"q"`
	QPtr   *word  `query:"qp"`
	QList  []word `query:"ql" style:"repeat"`
	Header word   `header:"X-Word"`
}

// Validate relies on the values in p.
func (p *plan) Validate(context.Context) error {
	if p.Value.From > p.Value.To || strings.Contains(string(p.Word), "!") {
		panic("called although a value in p has a fault")
	}
	if p.Value.From == 77 {
		return validate.Fault("/value", "lucky", "must not be lucky")
	}
	return nil
}

func TestValidateMethodsEverywhere(t *testing.T) {
	s := kit.MustNew[planned](t, validate.Config{})
	const bad, good = `{"from":2,"to":1}`, `{"from":1,"to":2}`
	for _, tc := range []struct{ query, body, want string }{
		{"", `"value":` + good, ""},
		{"", `"value":` + bad, "/value/to before_from"},
		{"", `"value":` + bad + `,"word":"a!","words":["b","a"]`, "/value/to before_from /word loud /words unsorted"},
		{"", `"words":["b!","a"]`, "/words/0 loud"}, // the method of the list relies on its words
		{"", `"ptr":` + bad, "/ptr/to before_from"},
		{"", `"ptr":null`, ""},
		{"", `"list":[` + good + `,` + bad + `]`, "/list/1/to before_from"},
		{"", `"ptrs":[null,` + bad + `]`, "/ptrs/1/to before_from"},
		{"", `"pair":[` + good + `,` + bad + `]`, "/pair/1/to before_from"},
		{"", `"by":{"k":[` + bad + `]}`, "/by before_from"},
		{"", `"opt":` + bad, "/opt/to before_from"},
		{"", `"opt":null,"opts":null`, ""},
		{"", `"opts":[` + bad + `]`, "/opts/0/to before_from"},
		{"", `"in":{"Deep":{"S":` + bad + `}}`, "/in/Deep/S/to before_from"},
		{"", `"emb":{"from":2,"to":1,"note":""}`, "/emb/to before_from"},
		{"", `"off":` + bad, ""},
		{"", `"skip":["","a!"]`, "/skip/1 loud"},
		{"", `"self":[{"self":[{"value":` + bad + `}]},{"value":{"from":77,"to":78}}]`, "/self/0/self/0/value/to before_from /self/1/value lucky"},
		{"", `"value":{"from":77,"to":78}`, "/value lucky"},
		{"", `"value":{"from":2,"to":101}`, "/value/to max"}, // the rules of tags run first
		{"q=a!&qp=b!&ql=c&ql=d!", "", "query:q loud query:qp loud query:ql loud"},
		{"q=a!", `"value":` + bad, "query:q loud /value/to before_from"},
		{"h", `"word":"b"`, "header:X-Word loud"},
	} {
		r := kit.Post("{" + tc.body + "}")
		if r.URL.RawQuery = tc.query; tc.query == "h" {
			r.URL.RawQuery = ""
			r.Header.Set("X-Word", "a!")
		}
		res, _ := kit.Send(s, r)
		if tc.want == "" {
			kit.Admitted(t, tc.body, res)
			continue
		}
		var got []string
		for _, f := range mwtest.Refused(t, res, 400, "validation_failed").Errors {
			place := f.In + ":" + f.Name
			if f.Pointer != nil {
				place = *f.Pointer
			}
			got = append(got, place+" "+f.Code)
		}
		slices.Sort(got)
		want := strings.Split(tc.want, " ")
		var pairs []string
		for i := 0; i < len(want); i += 2 {
			pairs = append(pairs, want[i]+" "+want[i+1])
		}
		slices.Sort(pairs)
		if !slices.Equal(got, pairs) {
			t.Errorf("%s?%s: %q, want %q", tc.body, tc.query, got, pairs)
		}
	}
}

// An error other than a Fault is a failure of the program, at each place in the value.
func TestValidateMethodThatFails(t *testing.T) {
	s := kit.MustNew[planned](t, validate.Config{})
	if _, err := s.Decode(nil, kit.Post(`{"word":"a!","list":[{"from":9,"to":10}]}`)); !errors.Is(err, errDown) {
		t.Errorf("%v", err)
	}
	res, _ := kit.Send(s, kit.Post(`{"list":[{"from":9,"to":10}]}`))
	mwtest.Refused(t, res, 500, "internal_error")
}

func TestManyFaultsOfValidate(t *testing.T) {
	called := 0
	s := kit.MustNew[tally](t, validate.Config{})
	r := kit.Post(`{"all":[` + strings.Repeat("{},", 999) + `{}]}`)
	_, err := s.Decode(nil, r.WithContext(context.WithValue(r.Context(), counting{}, &called)))
	if e, ok := errors.AsType[*httperr.Error](err); !ok || len(e.Faults) != 20 || !e.Truncated || called > 30 {
		t.Errorf("called %d times, for %v", called, err)
	}
}

type counting struct{}

type counter struct{}

func (counter) Validate(ctx context.Context) error {
	*ctx.Value(counting{}).(*int)++
	return validate.Fault("", "never", "is never right")
}

type tally struct {
	All []counter `json:"all"`
}

type (
	ozzo     struct{ A int }
	byRule   struct{ A int }
	twoSpans struct {
		span
		more
	}
	more struct{}
)

func (ozzo) Validate() error                   { return nil }
func (byRule) Validate() error                 { return nil }
func (*more) Validate(_ context.Context) error { return nil }

// New refuses a Validate method that is not called: its author relies on it.
func TestMethodsNotCalledAreRefused(t *testing.T) {
	const reason = ": has a method Validate that is not func(context.Context) error"
	_, err := validate.New[ozzo](validate.Config{})
	mwtest.Faults(t, err, `validate: ozzo: "ozzo"`+reason)
	_, err = validate.New[struct {
		List []*ozzo         `json:"list" validate:"dive"`
		More map[string]ozzo `json:"more"`
		Fn   byRule          `json:"fn" validate:"validateFn"`
	}](validate.Config{})
	mwtest.Faults(t, err, `validate: struct {`)
	if !strings.Contains(err.Error(), reason) {
		t.Error(err)
	}
	_, err = validate.New[struct {
		Off ozzo   `json:"off" validate:"-"`
		Fn  byRule `json:"fn" validate:"validateFn"`
	}](validate.Config{})
	if err != nil {
		t.Error(err)
	}
	_ = twoSpans{span: span{}, more: more{}}
	_, err = validate.New[struct {
		Two twoSpans `json:"two"`
	}](validate.Config{})
	mwtest.Faults(t, err, `validate: twoSpans.span: "span": is embedded, and its method Validate is hidden`, `validate: twoSpans.more`)
}
