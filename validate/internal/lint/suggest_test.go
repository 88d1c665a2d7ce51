package lint_test

import (
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

func TestNearestRule(t *testing.T) {
	type in struct {
		A string         `json:"a" validate:"requierd"`
		B string         `json:"b" validate:"Required"`
		C string         `json:"c" validate:"required, max=3"`
		D string         `json:"d" validate:"max =3"`
		E string         `json:"e" validate:"emial|uuid"`
		F string         `json:"f" validate:"skuu"`
		G string         `json:"g" validate:"nothing_like_it"`
		H string         `json:"h" validate:"filepth"`
		I string         `json:"i" validate:"Max=3"`
		J string         `json:"j" validate:"required ,max=3"`
		K []string       `json:"k" validate:"dive, min=1"`
		L map[string]int `json:"l" validate:"dive,keys, alpha,endkeys"`
		M string         `json:"m" validate:"sku"`
	}
	_, err := validate.New[in](validate.Config{Patterns: map[string]string{"sku": "[A-Z]+"}})
	const own = "correct its name, or declare a rule of your own in Config.Patterns or Config.Rules"
	mwtest.Faults(t, err,
		`validate: in.A: "requierd": is not a rule; `+own, `validate: in.B: "Required": is not a rule; `+own,
		`validate: in.C: " max=3": has a space before its name, which makes it another; write max=3`, `validate: in.D: "max =3": has a space behind its name, which makes it another; write max=3`,
		`validate: in.E: "emial": is not a rule; `+own, `validate: in.F: "skuu": is not a rule; `+own,
		`validate: in.G: "nothing_like_it": is not a rule; `+own, `validate: in.H: "filepth": is not a rule; `+own, `validate: in.I: "Max=3": is not a rule; `+own,
		`validate: in.J: "required ": has a space behind its name, which makes it another; write required`, `validate: in.K: " min=1": has a space before its name`, `validate: in.L: " alpha": has a space before its name`)
}

func TestWhatToWriteInstead(t *testing.T) {
	type in struct {
		A int           `json:"a" validate:"min=x"`
		B int           `json:"b" validate:"max= 3"`
		C string        `json:"c" validate:"len="`
		D time.Duration `json:"d" validate:"min=long"`
		E bool          `json:"e" validate:"eq=yes"`
		F bool          `json:"f" validate:"min=3"`
		G []bool        `json:"g" validate:"oneof=a"`
		H string        `json:"h" validate:"unique"`
		I []period      `json:"i" validate:"unique=Nope"`
		J []int         `json:"j" validate:"unique=From"`
		K [][]int       `json:"k" validate:"unique"`
		L int           `json:"l" validate:"dive,min=1"`
		M string        `json:"m" validate:"even"`
		N string        `json:"-" validate:"required"`
		O []period      `json:"o" validate:"unique=From"`
		P []*string     `json:"p" validate:"unique"`
		Q uint8         `json:"q" validate:"min=99999999999999999999"`
		r string        `validate:"required"`
	}
	_ = in{}.r
	_, err := validate.New[in](validate.Config{Rules: map[string]func(any, string) bool{"even": func(v any, _ string) bool { return v.(int)%2 == 0 }}})
	const cannot = "is a rule that cannot be run: strconv."
	mwtest.Faults(t, err,
		`validate: in.A: "min=x": `+cannot+`ParseInt: parsing "x": invalid syntax; give a number, as in min=3`, `validate: in.B: "max= 3": `+cannot, `validate: in.C: "len=": `+cannot,
		`validate: in.D: "min=long": `+cannot+`ParseInt: parsing "long": invalid syntax; give a duration, as in min=90s, or a number of nanoseconds`,
		`validate: in.E: "eq=yes": `+cannot+`ParseBool: parsing "yes": invalid syntax; give true or false`,
		`validate: in.F: "min=3": is a rule that does not apply to this type; remove it, or check`, `validate: in.G: "oneof=a": is a rule that does not apply to this type; put dive before it`,
		`validate: in.H: "unique": is a rule for lists and maps, and the field is neither; remove it`, `validate: in.I: "unique=Nope": names a field that the elements do not have; name a Go field of period`,
		`validate: in.J: "unique=From": names a field of the elements, which are no structs; drop what is behind the name`, `validate: in.K: "unique": is for what has elements that == can compare; compare them in a Validate method`,
		`validate: in.L: "dive": is a rule that does not apply to this type; remove dive and what is behind it`,
		`validate: in.M: "even": is a rule that cannot be run: interface conversion: interface {} is string, not int; it is Config.Rules["even"], which panicked for a value of type string: let it take such values, or take it off the field`,
		`validate: in.N: "required": is a rule for a field that JSON does not set; remove the rule, or tag the field with its source as well: path, query, header or form`,
		`validate: in.Q: "min=99999999999999999999": `+cannot+`ParseUint: parsing "99999999999999999999": value out of range; give a number that fits the type of the field`,
		`validate: in.r: "required": is a rule for a field that JSON does not set; remove the rule, or export the field`)
}

func TestDefaultsOfDurations(t *testing.T) {
	type in struct {
		T time.Duration `query:"t" default:"5s"`
		U time.Duration `json:"u" default:"1m"`
		V time.Duration `query:"v" default:"soon"`
		W time.Duration `query:"w" default:"5000000000"`
		X int           `query:"x" default:"5s"`
	}
	_, err := validate.New[in](validate.Config{})
	const wrong = ": is not a value of the field: it must be an integer; "
	mwtest.Faults(t, err, `validate: in.T: "5s"`+wrong+"correct the default (a time.Duration is a whole number of nanoseconds, as in a body)",
		`validate: in.U: "1m"`+wrong+"correct the default", `validate: in.V: "soon"`+wrong+"correct the default", `validate: in.X: "5s"`+wrong+"correct the default")
}

func TestReadTimeoutIsPrintedAsADuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Hour: `validate: ReadTimeout: "1h0m0s": is more than 10m0s; give less`, -time.Second: `validate: ReadTimeout: "-1s": is negative; give what is positive, or 0 for the default`,
	} {
		_, err := validate.New[Paging](validate.Config{ReadTimeout: d})
		mwtest.Faults(t, err, want)
	}
	kit.MustNew[Paging](t, validate.Config{ReadTimeout: 10 * time.Minute})
}
