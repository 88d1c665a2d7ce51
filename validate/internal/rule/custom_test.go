package rule_test

import (
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

// A rule of the Config behind max does not run on longer text: it may be slow, or rely on
// the length.
func TestOwnRuleBehindMax(t *testing.T) {
	type short struct {
		Text string   `json:"text" validate:"max=3,brief"`
		List []string `json:"list" validate:"max=2,dive,max=3,brief"`
	}
	s := kit.MustNew[short](t, validate.Config{Rules: map[string]validate.Rule{"brief": {Check: func(v any, _ string) bool {
		if text := v.(string); len(text) > 3 {
			t.Errorf("the rule ran on %d bytes", len(text))
		}
		return true
	}}}})
	for body, ok := range map[string]bool{`{"text":"abc","list":["abc"]}`: true, `{"text":"abcd"}`: false, `{"list":["abcd"]}`: false} {
		if _, err := s.Decode(nil, kit.Post(body)); (err == nil) != ok {
			t.Errorf("%s: %v", body, err)
		}
	}
}

type sku string

type component struct {
	SKU   sku               `json:"sku" validate:"required,sku"`
	Alt   *string           `json:"alt" validate:"omitempty,sku|uuid"`
	Codes []string          `json:"codes" validate:"dive,short"`
	By    map[string]string `json:"by" validate:"dive,keys,short,endkeys,sku"`
	Count int               `json:"count" validate:"even"`
	Step  int               `json:"step" validate:"multiple=5"`
	In    *component        `json:"in"`
}

func partConfig() validate.Config {
	return validate.Config{
		Patterns: map[string]string{"sku": `[A-Z]{3}\d{4}|none`, "short": `(?i)[a-f]{1,3}`},
		Rules: map[string]validate.Rule{
			"even":     {Check: func(v any, _ string) bool { return v.(int)%2 == 0 }},
			"multiple": {Check: func(v any, param string) bool { return param == "5" && v.(int)%5 == 0 }},
		},
	}
}

func TestPatternsAndRules(t *testing.T) {
	cfg := partConfig()
	s := kit.MustNew[component](t, cfg)
	clear(cfg.Patterns) // the caller may change its Config
	clear(cfg.Rules)
	for _, tc := range []struct{ name, body, want string }{
		{"all well", `{"sku":"ABC1234","alt":"none","codes":["a","FFF"],"by":{"a":"none"},"count":2,"step":10}`, ""},
		{"the whole text", `{"sku":"xABC1234"}`, "/sku pattern"},
		{"an alternative at the end", `{"sku":"ABC1234|none"}`, "/sku pattern"},
		{"an alternative at the beginning", `{"sku":"nonesuch"}`, "/sku pattern"},
		{"line break", `{"sku":"none\n"}`, "/sku pattern"},
		{"elements", `{"sku":"none","codes":["a","g"]}`, "/codes/1 pattern"},
		{"keys", `{"sku":"none","by":{"abcd":"none"}}`, "/by pattern"},
		{"absent", `{}`, "/sku required"},
		{"custom", `{"sku":"none","count":3,"step":4}`, "/count rule_even,/step rule_multiple"},
		{"or", `{"sku":"none","alt":"x"}`, "/alt invalid"},
		{"nested", `{"sku":"none","in":{"sku":"none","count":1}}`, "/in/count rule_even"},
	} {
		res, _ := kit.Send(s, kit.Post(tc.body))
		if tc.want == "" {
			kit.Admitted(t, tc.name, res)
			continue
		}
		if got := strings.Join(kit.Faults(mwtest.Refused(t, res, 400, "validation_failed")), ","); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

// The codes and params are an interface: clients switch on the codes and read the params.
func TestOwnCodesAndParams(t *testing.T) {
	_, err := kit.MustNew[component](t, partConfig()).Decode(nil, kit.Post(`{"sku":"","count":1,"step":1}`))
	e, _ := errors.AsType[*httperr.Error](err)
	want := []httperr.Fault{
		{Code: "pattern", Message: "must match the pattern sku", Params: map[string]any{"name": "sku"}},
		{Code: "rule_even", Message: "is not valid"},
		{Code: "rule_multiple", Message: "is not valid", Params: map[string]any{"param": "5"}},
	}
	for i, f := range e.Faults {
		if f.Code != want[i].Code || f.Message != want[i].Message || kit.Sprint(f.Params) != kit.Sprint(want[i].Params) {
			t.Errorf("fault %+v, want %+v", f, want[i])
		}
	}
}

// Two schemas may have different patterns of one name.
func TestRulesBelongToOneSchema(t *testing.T) {
	type one struct {
		A string `json:"a" validate:"mine"`
	}
	kit.MustNew[one](t, validate.Config{Patterns: map[string]string{"mine": "a"}})
	_, err := validate.New[one](validate.Config{})
	mwtest.Faults(t, err, `validate: one.A: "mine": is not a rule`)
	other := kit.MustNew[one](t, validate.Config{Patterns: map[string]string{"mine": "b"}})
	if _, err := other.Decode(nil, kit.Post(`{"a":"b"}`)); err != nil {
		t.Error(err)
	}
}

func TestOwnRulesRefused(t *testing.T) {
	type in struct {
		A string   `json:"a" validate:"both,broken,long,without,email"`
		B int      `json:"b" validate:"digits"`
		C []string `json:"c" validate:"digits"`
		E string   `json:"e" validate:"even"`
		F string   `json:"f" validate:"digits,unheard"`
	}
	even := func(v any, _ string) bool { return v.(int)%2 == 0 }
	_, err := validate.New[in](validate.Config{
		Patterns: map[string]string{
			"both": "a", "broken": "a(", "digits": `\d*`, "long": strings.Repeat("a", 1025),
			"email": ".", "dive": ".", "iscolor": ".", "Upper": ".", "a,b": ".", "": ".", "idle": ".", "1st": ".",
		},
		Rules: map[string]validate.Rule{"both": {Check: even}, "even": {Check: even}, "without": {}, "lonely": {Check: even}, "rude": {Check: even, Message: "a\nb"}},
	})
	mwtest.Faults(t, err,
		`validate: Patterns[""]: is not a name`, `validate: Patterns["1st"]: is not a name`, `validate: Patterns["Upper"]: is not a name`,
		`validate: Patterns["a,b"]: is not a name`, `validate: Patterns["broken"]: "a(": is not a regular expression`,
		`validate: Patterns["dive"]: is the name of a rule`, `validate: Patterns["email"]: is the name of a rule`,
		`validate: Patterns["iscolor"]: is the name of a rule`, `validate: Patterns["long"]: is longer than 1024`,
		`validate: Rules["both"]: is the name of a pattern`, `validate: Rules["without"]: has no Check`, `validate: Rules["rude"]: has a message with control`, `validate: Rules["rude"]: is named by no`,
		`validate: in.B: "digits": is a rule for text`, `validate: in.C: "digits": is a rule for text`,
		`validate: in.E: "even": is a rule that cannot be run: interface conversion`,
		`validate: in.F: "unheard": is not a rule`,
		`validate: Patterns["idle"]: is named by no validate tag`, `validate: Rules["lonely"]: is named by no validate tag`)
}

// A rule of the Config that panics on a value that New did not try costs one request only.
func TestOwnRuleThatPanics(t *testing.T) {
	type in struct {
		N int `json:"n" validate:"fragile"`
	}
	s := kit.MustNew[in](t, validate.Config{Rules: map[string]validate.Rule{"fragile": {Check: func(v any, _ string) bool { return 1/(v.(int)-13) > -2 }}}})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			res, spy := kit.Send(s, kit.Post(`{"n":13}`))
			mwtest.Refused(t, res, 500, "internal_error")
			if spy.Calls() != 0 {
				t.Error("the handler ran")
			}
			if res, _ := kit.Send(s, kit.Post(`{"n":1}`)); res.StatusCode != 200 {
				t.Errorf("the next request: %d", res.StatusCode)
			}
		})
	}
	wg.Wait()
}

// The brackets that anchor a pattern do not change its meaning.
func FuzzPattern(f *testing.F) {
	for _, seed := range [][2]string{{`a|b`, "ab"}, {`\Qa`, "a"}, {`(?i)k`, "K"}, {`(?m)^a$`, "a\na"}, {`a)(b`, "ab"}, {`.*`, "\n"}, {`(?s).`, "\n"}, {`\z`, ""}, {`[^a]`, "é"}, {`\bx`, "x"}} {
		f.Add(seed[0], seed[1])
	}
	type in struct {
		A string `json:"a" validate:"it"`
	}
	f.Fuzz(func(t *testing.T, expr, text string) {
		s, err := validate.New[in](validate.Config{Patterns: map[string]string{"it": expr}})
		re, wrong := regexp.Compile(expr)
		if large := err != nil && wrong == nil && len(expr) <= 1024; large {
			if !strings.Contains(err.Error(), "steps") && !strings.Contains(err.Error(), "instructions") {
				t.Fatalf("%q: %v", expr, err)
			}
			return
		}
		if refused := wrong != nil || len(expr) > 1024; refused != (err != nil) {
			t.Fatalf("%q: %v, and package regexp says %v", expr, err, wrong)
		}
		if err != nil || strings.ToValidUTF8(text, "") != text {
			return
		}
		re.Longest()
		whole := false
		// If a match from the beginning spans the whole text, the longest match does.
		if at := re.FindStringIndex(text); at != nil {
			whole = at[0] == 0 && at[1] == len(text)
		}
		_, err = s.Decode(nil, kit.Post(`{"a":`+kit.Quoted(text)+`}`))
		if whole != (err == nil) {
			t.Fatalf("%q of %q: %v, matched as a whole: %v", text, expr, err, whole)
		}
	})
}
