package validate_test

import (
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
)

// What is behind a pointer or in any may be nothing. The rules about that say
// so themselves; those behind them are about a value, and panic at none.
func TestRulesBehindThoseAboutAbsence(t *testing.T) {
	type item struct {
		N *int `json:"n" validate:"required_with=M,min=2"`
		M int  `json:"m"`
	}
	type body struct {
		Mail  string         `json:"mail"`
		Phone *string        `json:"phone" validate:"required_without=Mail,min=3,alpha"`
		Codes *[]string      `json:"codes" validate:"excluded_with=Mail,dive,alpha"`
		List  []*int         `json:"list" validate:"dive,required_without=Mail,min=2"`
		Fixed [1]*[]string   `json:"fixed" validate:"dive,required,required_without=Mail,dive,alpha"`
		Far   []*int         `json:"far" validate:"max=5000,dive,required_without=Mail,min=2"`
		Map   map[string]any `json:"map" validate:"dive,required_without=Mail,numeric"`
		Items []item         `json:"items" validate:"dive"`
		Page  *int           `query:"page" validate:"required_without=Mail,min=2"`
	}
	s := mustNew[body](t, validate.Config{AllowFree: true})
	for _, test := range []struct{ body, want string }{
		{`{"mail":"a"}`, ""},
		{`{"mail":"a","list":[null],"far":[null],"map":{"a":null},"items":[{}]}`, ""},
		{`{"mail":"a","phone":"ab"}`, "/phone min_length"},
		{`{"mail":"a","phone":"abc","codes":[]}`, "/codes excluded"},
		{`{"mail":"a","list":[1,2],"far":[1,2],"map":{"a":"b"}}`, "/list/0 min,/far/0 min,/map pattern"},
		{`{"mail":"a","items":[{"m":1},{"n":1},{"n":2,"m":1}]}`, "/items/0/n required,/items/1/n min"},
		{`{}`, "? required,/fixed required,/phone required"},
	} {
		answers(t, s, test.body, test.want)
	}
}

// Of alternatives that are about nothing and about a value, the validator asks
// all of nil, and panics.
func TestAlternativesAboutAbsence(t *testing.T) {
	type body struct {
		Mail  string                    `json:"mail" validate:"excluded_with=Phone|min=3"`
		Phone *string                   `json:"phone" validate:"required_without=Mail|min=3"`
		List  []*int                    `json:"list" validate:"dive,omitempty,min=3|required_with=Mail"`
		Any   map[string]any            `json:"any" validate:"dive,required_with=Mail|alpha"`
		Opt   validate.Optional[string] `json:"opt" validate:"required_with=Mail|alpha"`
		Both  *string                   `json:"both" validate:"required_with=Mail|required_with=Phone,alpha"`
		Keys  map[string]int            `json:"keys" validate:"dive,keys,required_with=Mail|alpha,endkeys"`
	}
	_, err := validate.New[body](validate.Config{AllowFree: true})
	mwtest.Faults(t, err, "validate: body.Phone", "validate: body.List", "validate: body.Any", "validate: body.Opt")
}
