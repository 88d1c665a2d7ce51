package validate_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
)

type model struct {
	ID        int       `json:"id"`
	CreatedAt time.Time `json:"created_at"`
}

type postcode struct {
	Code string `json:"code" validate:"required"`
}

// verdict returns where and why a request is refused, "" if it is not.
func verdict(err error) string {
	e, ok := errors.AsType[*httperr.Error](err)
	switch {
	case err == nil:
		return ""
	case !ok:
		return err.Error()
	}
	var all []string
	for _, f := range e.Faults {
		place := f.Name
		if f.Pointer != nil {
			place = *f.Pointer
		}
		all = append(all, place+" "+f.Code)
	}
	return strings.Join(all, ",")
}

func decodes[T any](t *testing.T, body string) string {
	t.Helper()
	_, err := mustNew[T](t, validate.Config{}).Decode(nil, post(body))
	return verdict(err)
}

func submits[T any](t *testing.T, body string) string {
	t.Helper()
	_, err := mustNew[T](t, validate.Config{}).Decode(nil, submit(urlencoded, body))
	return verdict(err)
}

// What the documentation says to those who come from the validator alone.
func TestComingFromValidator(t *testing.T) {
	type required struct {
		N int    `json:"n" validate:"required"`
		B bool   `json:"b" validate:"required"`
		S string `json:"s" validate:"required,min=1"`
	}
	type ruled struct {
		Code string `json:"code" validate:"required,min=2"`
	}
	type values struct {
		Home postcode  `json:"home" validate:"omitempty"`
		Ptr  *postcode `json:"ptr" validate:"omitempty"`
	}
	type nulls struct {
		S string                    `json:"s"`
		P *string                   `json:"p"`
		O validate.Optional[string] `json:"o"`
	}
	type open struct {
		model
		Name string `json:"name"`
	}
	type closed struct {
		model `json:"-"`
		Name  string `json:"name"`
		Admin bool   `json:"-"`
	}
	type day struct {
		Day string `query:"day" validate:"datetime=2006-01-02"`
	}
	type instant struct {
		At time.Time `query:"at"`
	}
	type inputs struct {
		Age   int    `form:"age"`
		Maybe *int   `form:"maybe"`
		Mail  string `form:"mail" validate:"email"`
		Other string `form:"other" validate:"omitempty,email"`
		Terms bool   `form:"terms"`
	}
	const mail = "mail=a@b.example"
	for name, tc := range map[string]struct{ got, want string }{
		"required may be zero":           {decodes[required](t, `{"n":0,"b":false,"s":"x"}`), ""},
		"required is there":              {decodes[required](t, `{"s":""}`), "/s min_length,/n required,/b required"},
		"omitempty on a value":           {decodes[values](t, `{}`), "/home required"},
		"omitempty on a pointer":         {decodes[values](t, `{"home":{"code":"x"}}`), ""},
		"null":                           {decodes[nulls](t, `{"s":null,"p":null,"o":null}`), "/s null"},
		"unknown":                        {decodes[nulls](t, `{"x":1}`), " unknown_member"},
		"in another case":                {decodes[nulls](t, `{"S":"a"}`), " unknown_member"},
		"an embedded model":              {decodes[open](t, `{"id":1,"created_at":"2026-11-22T10:00:00Z","name":""}`), ""},
		"an embedded model with a minus": {decodes[closed](t, `{"id":1}`), " unknown_member"},
		"a field with a minus":           {decodes[closed](t, `{"Admin":true}`), " unknown_member"},
		"an empty number":                {submits[inputs](t, mail+"&age="), "age type"},
		"an empty pointer":               {submits[inputs](t, mail+"&maybe="), "maybe type"},
		"empty mail":                     {submits[inputs](t, "mail=&other="), "mail format_email"},
		"a checkbox":                     {submits[inputs](t, mail+"&terms=on"), "terms type"},
		"a checkbox with a value":        {submits[inputs](t, mail+"&terms=true"), ""},
		"no checkbox":                    {submits[inputs](t, mail), ""},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %q, want %q", name, tc.got, tc.want)
		}
	}
	_, err := mustNew[day](t, validate.Config{}).Decode(nil, httptest.NewRequest("GET", "/?day=2026-11-22", nil))
	_, other := mustNew[instant](t, validate.Config{}).Decode(nil, httptest.NewRequest("GET", "/?at=2026-11-22", nil))
	if err != nil || verdict(other) != "at format_date_time" {
		t.Errorf("a day: %v, %v", err, other)
	}

	_, err = validate.New[struct {
		B string         `json:"b" binding:"min=3"`
		N int            `json:"n,string"`
		A any            `json:"a"`
		M map[string]any `json:"m"`
		L []ruled        `json:"l"`
	}](validate.Config{})
	mwtest.Faults(t, err, "validate: struct", "validate: struct", "validate: struct", "validate: struct", "validate: struct")
}
