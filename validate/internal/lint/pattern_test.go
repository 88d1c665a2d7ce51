package lint_test

import (
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

// Patterns that people write need nothing to be admitted; those that count far
// say the length in the tag.
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

// The patterns of one level look at the same text, so they count together.
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
