package lint_test

import (
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

func TestUnknownNames(t *testing.T) {
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
	const unknown = ": is not a rule that this package knows; correct its name, or declare a rule of your own in Config.Patterns or Config.Rules"
	mwtest.Faults(t, err,
		`validate: in.A: "requierd"`+unknown,
		`validate: in.B: "Required"`+unknown,
		`validate: in.C: " max=3"`+unknown,
		`validate: in.D: "max =3"`+unknown,
		`validate: in.E: "emial"`+unknown,
		`validate: in.F: "skuu"`+unknown,
		`validate: in.G: "nothing_like_it"`+unknown,
		`validate: in.H: "filepth"`+unknown,
		`validate: in.I: "Max=3"`+unknown,
		`validate: in.J: "required "`+unknown,
		`validate: in.K: " min=1"`+unknown,
		`validate: in.L: " alpha"`+unknown)
}

func TestRulesThatPanic(t *testing.T) {
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
	_, err := validate.New[in](validate.Config{Rules: map[string]validate.Rule{"even": {Check: func(v any, _ string) bool { return v.(int)%2 == 0 }}}})
	const cannot, parameter = ": is a rule that cannot be run: ", "; correct its parameter, or check the value in a Validate method"
	const unfit = ": is a rule that does not apply to this type; put dive before it if it is for the elements, remove it, or check the value in a Validate method"
	mwtest.Faults(t, err,
		`validate: in.A: "min=x"`+cannot+`strconv.ParseInt: parsing "x": invalid syntax`+parameter,
		`validate: in.B: "max= 3"`+cannot+"strconv.",
		`validate: in.C: "len="`+cannot+"strconv.",
		`validate: in.D: "min=long"`+cannot+`strconv.ParseInt: parsing "long": invalid syntax`+parameter,
		`validate: in.E: "eq=yes"`+cannot+`strconv.ParseBool: parsing "yes": invalid syntax`+parameter,
		`validate: in.F: "min=3"`+unfit,
		`validate: in.G: "oneof=a"`+unfit,
		`validate: in.H: "unique"`+cannot+"Bad field name",
		`validate: in.I: "unique=Nope"`+cannot,
		`validate: in.J: "unique=From"`+unfit,
		`validate: in.K: "unique"`+cannot+"hash of unhashable type: []int"+parameter,
		`validate: in.L: "dive"`+unfit,
		`validate: in.L: "min=1"`+unfit,
		`validate: in.M: "even"`+cannot+`interface conversion: interface {} is string, not int; let Config.Rules["even"] take every value of the field`,
		`validate: in.N: "required": is a rule for a field that JSON does not set; remove the rule, export the field, or tag it with its source as well: path, query, header or form`,
		`validate: in.Q: "min=99999999999999999999"`+cannot+`strconv.ParseUint: parsing "99999999999999999999": value out of range`+parameter,
		`validate: in.r: "required": is a rule for a field that JSON does not set; remove the rule, export the field`)
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

// New accepts the patterns that are common in practice. A pattern that would count far
// has its length in the tag instead.
func TestOrdinaryPatterns(t *testing.T) {
	type in struct {
		A string            `json:"a" validate:"it"`
		L []string          `json:"l" validate:"dive,it"`
		M map[string]string `json:"m" validate:"dive,keys,it,endkeys,it"`
		Q string            `query:"q" validate:"it"`
		H []string          `header:"X-H" style:"comma" validate:"dive,it"`
		N string            `json:"n" validate:"max=1000,it"`
	}
	for _, expr := range []string{
		`.+`, `https?://[\w.-]{1,253}(?::\d{1,5})?(?:/[^\s]*)?`, `[^,]*(?:,[^,]*){0,15}`,
		`[A-Z]{3}[0-9]{4}`, `[a-z0-9-]{1,64}`, `[\p{L}\p{M}\p{N}' .-]{1,200}`, `(?i)[a-z0-9]+(?:-[a-z0-9]+)*`,
		`[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,24}`, `[\w.-]{1,64}@[\w.-]{1,255}`, `[^@]{1,100}@.{0,100}`,
		"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*",
		`(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}`,
		`\+?\d{1,4}[-.\s]?\(?\d{1,3}\)?[-.\s]?\d{1,4}[-.\s]?\d{1,4}[-.\s]?\d{1,9}`, `\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])`,
		`(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)`, `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`,
		`(?:[0-9a-f]{64},)*[0-9a-f]{64}`, `[a-zA-Z]([a-zA-Z ]{0,98}[a-zA-Z])?`, `(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?`,
		`[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+`, `\S+(?: \S+){0,9}`, `.*foo.*bar.*`, `[a-z]*[a-z]{30}`,
		`v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?`,
		`(?i)(?:red|green|blue|black|white|grey|brown|pink|orange|violet|indigo|cyan|magenta|yellow)(?:, ?(?:dark|light|pale))*`,
	} {
		if _, err := validate.New[in](validate.Config{Patterns: map[string]string{"it": expr}}); err != nil {
			t.Errorf("%s: %v", expr, err)
		}
	}
}

func TestLargePatternRefused(t *testing.T) {
	type in struct {
		A string `json:"a" validate:"max=1000,it"`
	}
	with := func(expr string, body int64) error {
		_, err := validate.New[in](validate.Config{Patterns: map[string]string{"it": expr}, MaxBody: body})
		return err
	}
	mwtest.Faults(t, with(`[a-z]{1,1000}`, 0),
		`validate: in.A: "it": has 2003 instructions, and each byte of a body may take a step for each of them; have 1024 at most, for a MaxBody of 1048576: write [a-z]+ with max=1000`)
	mwtest.Faults(t, with(`[a-z]*[a-z]{1000}b{30}`, 0), `validate: in.A: "it": has `)
	mwtest.Faults(t, with(`[a-z]{1,500}`, 2<<20), `validate: in.A: "it": has 1003 instructions, and each byte`)
	for expr, body := range map[string]int64{`[a-z]+`: 1 << 26, `[a-z]{1,500}`: 0, `[a-z]{1,1000}`: 256 << 10} {
		if err := with(expr, body); err != nil {
			t.Errorf("%s, MaxBody %d: %v", expr, body, err)
		}
	}
}

// The patterns of one level run on the same text, so their instructions are added up.
func TestPatternsOfALevelCountTogether(t *testing.T) {
	cfg := validate.Config{Patterns: map[string]string{"a": `[a-z]{400}`, "b": `[a-y]{300}`, "c": `[0-9]{500}`}}
	type apart struct {
		A string            `json:"a" validate:"a,c"`
		B string            `json:"b" validate:"b,ascii,a"`
		C map[string]string `json:"c" validate:"dive,keys,a,b,endkeys,c,a"`
	}
	kit.MustNew[apart](t, cfg)
	type together struct {
		A string   `json:"a" validate:"a,c,b"`
		B []string `json:"b" validate:"dive,uuid|a,ascii,a|b"`
	}
	_, err := validate.New[together](cfg)
	mwtest.Faults(t, err, `validate: together.A: "a,c,b": has 12`, `validate: together.B: "a,a,b": has 11`)
}
