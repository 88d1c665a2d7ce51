package compile_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/compile"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// A presence rule is for one field: not for elements, embedded structs or alternatives.
func TestPresenceRefused(t *testing.T) {
	type odd int
	type base struct {
		X string `json:"x"`
	}
	type body struct {
		base  `validate:"required_with=Mail"`
		Mail  string                    `json:"mail" validate:"excluded_with=Phone|min=3"`
		Phone *string                   `json:"phone" validate:"required_without=Mail|required_without=Opt"`
		List  []*int                    `json:"list" validate:"dive,required_with=Mail"`
		Keys  map[string]int            `json:"keys" validate:"dive,keys,required_with=Mail,endkeys"`
		Opt   validate.Optional[string] `json:"opt" validate:"required_with="`
		If    string                    `json:"if" validate:"required_if=Mail"`
		Len   string                    `json:"len" validate:"required_if=List 3"`
		Word  string                    `json:"word" validate:"excluded_if=Odd x"`
		Far   string                    `json:"far" validate:"excluded_with=Gone"`
		None  string                    `json:"none" validate:"required_if=Nobody x"`
		Odd   odd                       `json:"odd"`
		Me    string                    `json:"me" validate:"required_without=Me"`
		Own   ownPresence               `json:"own"`
		Gone  string                    `json:"-"`
	}
	_, err := validate.New[body](validate.Config{})
	const misplaced = "is about whether a field was sent, and so not for elements, keys, an embedded struct or alternatives"
	const beside = "names a field that is not one of the members and parameters beside it"
	mwtest.Faults(t, err,
		`validate: body.base: "required_with=Mail": `+misplaced,
		`validate: body.Mail: "excluded_with=Phone|min=3": `+misplaced,
		`validate: body.Phone: "required_without=Mail|required_without=Opt": `+misplaced,
		`validate: body.List: "required_with=Mail": `+misplaced,
		`validate: body.Keys: "required_with=Mail": `+misplaced,
		`validate: body.Opt: "required_with=": does not name what it depends on`,
		`validate: body.If: "required_if=Mail": does not name what it depends on`,
		`validate: body.Len: "required_if=List 3": "3" is no text, number or bool of the field List`,
		`validate: body.Word: "excluded_if=Odd x": "x" is no text, number or bool of the field Odd`,
		`validate: body.Far: "excluded_with=Gone": `+beside,
		`validate: body.Me: "required_without=Me": asks whether the field itself was sent`,
		`validate: body.None: "required_if=Nobody x": `+beside,
		`validate: ownPresence.Keys: "required_with=Self": is about which`,
		`validate: ownPresence.Self: "required_with=Other": is about which fields were sent, and a type that decodes itself does not tell`)
}

type ownPresence struct {
	Self string         `json:"self" validate:"required_with=Other"`
	Keys map[string]int `validate:"dive,keys,required_with=Self,endkeys"`
}

func (*ownPresence) UnmarshalJSON([]byte) error { return nil }

// The rules of a struct may depend on as many facts as one word has bits.
func TestPresenceOfTooMany(t *testing.T) {
	fields := []reflect.StructField{{Name: "K", Type: reflect.TypeFor[string](), Tag: `json:"k"`}}
	for i := range plan.MaxFacts {
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: reflect.TypeFor[string](), Tag: reflect.StructTag(fmt.Sprintf(`json:"f%d" validate:"required_if=K a"`, i))})
	}
	for n, want := range map[int][]string{plan.MaxFacts / 2: nil, plan.MaxFacts: {`: struct {…}.F63: "required_if=K a": is one rule too many about which fields of`}} {
		faults := &httperr.ConfigFaults{}
		compile.Compile(reflect.StructOf(fields[:n+1]), compile.Options{Items: 10, StringLen: 10}, nil, faults)
		if err := faults.Err(); want != nil || err != nil {
			mwtest.Faults(t, err, want...)
		}
	}
}

type (
	shadowA struct {
		X string `json:"x"`
	}
	shadowB struct {
		X int `json:"y"`
	}
	shadowIn struct {
		X int `json:"x"`
	}
)

// A name in a rule means the same field as in Go, or it is refused.
func TestPresenceOfShadowedNames(t *testing.T) {
	type twice struct {
		shadowA
		shadowB
		C *int `json:"c" validate:"required_with=X"`
	}
	_, err := validate.New[twice](validate.Config{})
	mwtest.Faults(t, err, `validate: twice.C: "required_with=X": names a field that is not one of`)
	type hidden struct {
		shadowIn
		X *int `json:"-"`
		C *int `json:"c" validate:"required_if=X 0"`
	}
	_, err = validate.New[hidden](validate.Config{})
	mwtest.Faults(t, err, `validate: hidden.C: "required_if=X 0": names a field that is not one of`)
	type promoted struct {
		shadowIn
		C *int `json:"c" validate:"required_if=X 0"`
	}
	s := kit.MustNew[promoted](t, validate.Config{})
	kit.Answers(t, s, `{}`, "/c required")
	kit.Answers(t, s, `{"x":1}`, "")
}

// A field that is refused for another reason gets no fault of a presence rule too.
func TestPresenceBesideTheRefused(t *testing.T) {
	type part struct {
		Q string `query:"q" validate:"required_with=A"`
		A string `json:"a" validate:"required_with=Q"`
	}
	type Far struct{ Z string }
	type body struct {
		In   part `json:"in"`
		*Far `validate:"required_with=In"`
		q    string `query:"p"`
		R    string `json:"r" validate:"required_with=q"`
	}
	_ = body{}.q
	_, err := validate.New[body](validate.Config{})
	mwtest.Faults(t, err, "validate: part.Q", "validate: part.A", "validate: body.Far", "validate: body.q", "validate: body.R")
}

type textOfTwo struct {
	A string `validate:"required_with=B"`
	B string
}

func (x *textOfTwo) UnmarshalText(b []byte) error { x.B = string(b); return nil }

func TestPresenceInTextRefused(t *testing.T) {
	type query struct {
		Q textOfTwo `query:"q"`
	}
	_, err := validate.New[query](validate.Config{})
	mwtest.Faults(t, err, `validate: textOfTwo.A: "required_with=B": is about which fields were sent, and a type that decodes itself does not tell`)
}
