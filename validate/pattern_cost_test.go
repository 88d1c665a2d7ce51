package validate_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
)

// dear took more than ten seconds of 15 texts of 64 KiB, which fit into one body.
const dear = `(?:(?:a|[ab])*(?:a|[ac]){400}){2}b`

func withDear() validate.Config { return validate.Config{Patterns: map[string]string{"dear": dear}} }

func TestDearPatternRefused(t *testing.T) {
	type in struct {
		A string `json:"a" validate:"dear"`
	}
	_, err := validate.New[in](withDear())
	want := httperr.ConfigError{
		Package: "validate", Field: "in.A", Value: `"dear"`,
		Reason: "can take more than 100 steps for a character of a text, which here may have 65536 of them",
		Fix:    "put max=47 before dear, or make the counted repetitions smaller, or let what is in one and what is around it have no character in common",
	}
	if got, ok := errors.AsType[*httperr.ConfigError](err); !ok || *got != want {
		t.Errorf("%v", err)
	}
	type alternatives struct {
		A string `json:"a" validate:"many"`
	}
	_, err = validate.New[alternatives](validate.Config{Patterns: map[string]string{"many": `(?:a?){200}`}})
	if got, ok := errors.AsType[*httperr.ConfigError](err); !ok || strings.Contains(got.Fix, "max=") {
		t.Errorf("a max that does not help: %v", err)
	}
}

// What people write has no need of a max.
func TestOrdinaryPatterns(t *testing.T) {
	type in struct {
		A string            `json:"a" validate:"it"`
		L []string          `json:"l" validate:"dive,it"`
		M map[string]string `json:"m" validate:"dive,keys,it,endkeys,it"`
		Q string            `query:"q" validate:"it"`
		H []string          `header:"X-H" style:"comma" validate:"dive,it"`
	}
	for _, expr := range []string{
		`[A-Z]{3}[0-9]{4}`, `[a-z0-9-]{1,64}`, `.{1,1000}`, `(?s).{0,1000}`, `[\p{L}\p{M}\p{N}' .-]{1,200}`, `(?i)[a-z0-9]+(?:-[a-z0-9]+)*`,
		`[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,24}`, `[\w.-]{1,64}@[\w.-]{1,255}`, `[^@]{1,100}@.{0,100}`,
		"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*",
		`(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}`, `https?://[\w.-]{1,253}(?::\d{1,5})?(?:/[^\s]{0,1000})?`,
		`\+?\d{1,4}[-.\s]?\(?\d{1,3}\)?[-.\s]?\d{1,4}[-.\s]?\d{1,4}[-.\s]?\d{1,9}`, `\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])`,
		`(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)`, `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`,
		`(?:[0-9a-f]{64},)*[0-9a-f]{64}`, `[a-zA-Z]([a-zA-Z ]{0,98}[a-zA-Z])?`, `(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?`,
		`[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+`, `[^,]{0,64}(?:,[^,]{0,64}){0,15}`, `\S+(?: \S+){0,9}`, `.*foo.*bar.*`, `[a-z]*[a-z]{30}`,
		`v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?`,
		`(?i)(?:red|green|blue|black|white|grey|brown|pink|orange|violet|indigo|cyan|magenta|yellow)(?:, ?(?:dark|light|pale))*`,
	} {
		if _, err := validate.New[in](validate.Config{Patterns: map[string]string{"it": expr}}); err != nil {
			t.Errorf("%s: %v", expr, err)
		}
	}
}

// The patterns of a field look at the same text.
func TestPatternsOfAFieldCountTogether(t *testing.T) {
	cfg := validate.Config{Patterns: map[string]string{"a": `[a-z]*[a-z]{60}`, "b": `[a-y]*[a-y]{60}`, "c": `[a-z]*[a-z]{20}`}}
	type in struct {
		A string   `json:"a" validate:"a"`
		B string   `json:"b" validate:"b,ascii"`
		C string   `json:"c" validate:"a,c"`
		D []string `json:"d" validate:"dive,a"`
	}
	mustNew[in](t, cfg)
	type both struct {
		A string   `json:"a" validate:"a,c,b"`
		B []string `json:"b" validate:"dive,uuid|a,ascii,a|b"`
		C string   `json:"c" validate:"max=40,a,c,b"`
		D string   `json:"d" validate:"a,max=40,b"`
	}
	_, err := validate.New[both](cfg)
	mwtest.Faults(t, err, `validate: both.A: "a,c,b": can take more than 100`, `validate: both.B: "a,a,b": can take more`,
		`validate: both.C: "a,c,b": can take more than 100 steps for a character of a text, which here may have 40 of them; put max=34 before a, or make`, `validate: both.D: "a,b": can take more`)
}

// The limits that let longer texts in are heeded.
func TestDearPatternAndLimits(t *testing.T) {
	type in struct {
		A string `json:"a" validate:"it"`
	}
	type longer struct {
		A string `json:"a" validate:"it,max=100000"`
	}
	type key struct {
		M map[string]int `json:"m" validate:"dive,keys,it,endkeys"`
	}
	type deep struct {
		A []string `json:"a" validate:"max=9,dive,it"`
	}
	cfg := withDear()
	cfg.Patterns = map[string]string{"it": dear}
	cfg.MaxString = 47
	mustNew[in](t, cfg)
	mustNew[deep](t, cfg)
	_, err := validate.New[longer](cfg)
	mwtest.Faults(t, err, `validate: longer.A: "it": can take more than 100 steps for a character of a text, which here may have 400000 of them`)
	_, err = validate.New[key](cfg) // a name may be longer than a string
	mwtest.Faults(t, err, `validate: key.M: "it": can take more than 100 steps for a character of a text, which here may have 256 of them`)
}

// A program takes memory for each instruction, also where it takes no time.
func TestLargePatternRefused(t *testing.T) {
	type in struct {
		A string `json:"a" validate:"max=5,it"`
	}
	_, err := validate.New[in](validate.Config{Patterns: map[string]string{"it": strings.Repeat(`.{1000}`, 10)}})
	mwtest.Faults(t, err, `validate: Patterns["it"]: "`+strings.Repeat(`.{1000}`, 10)+`": is a program of 10004 instructions`)
	mustNew[in](t, validate.Config{Patterns: map[string]string{"it": strings.Repeat(`.{1000}`, 9)}})
}
