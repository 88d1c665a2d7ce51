package compile_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/compile"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// Each rule that another program reads from a tag of its own is refused with its spelling
// here. It is accepted beside a rule that says the same, or under IgnoreTags.
func TestRulesInTagsOfTheirOwn(t *testing.T) {
	text, list, number, at, id := reflect.TypeFor[string](), reflect.TypeFor[[]string](), reflect.TypeFor[int](), reflect.TypeFor[time.Time](), reflect.TypeFor[uuid.UUID]()
	for _, test := range []struct {
		t        reflect.Type
		tag, fix string // no fix: the tag is no rule
		same     string // a validate tag that says the same
	}{
		{text, `minLength:"1"`, `validate:"min=1"`, "gte=1"},
		{text, `maxLength:"48"`, `validate:"max=48"`, "min=1,lte=48"},
		{text, `maxLength:"48"`, `validate:"max=48"`, "len=48"},
		{number, `minimum:"1"`, `validate:"min=1"`, "required,min=1"},
		{number, `maximum:"9"`, `validate:"max=9"`, "max=9"},
		{number, `exclusiveMinimum:"0"`, `validate:"gt=0"`, "gt=0"},
		{number, `exclusiveMaximum:"9"`, `validate:"lt=9"`, "lt=9"},
		{number, `multipleOf:"5"`, "Config.Rules", "five"},
		{number, `min:"1" max:"5"`, `validate:"min=1"`, "min=1,max=5"},
		{list, `max:"5"`, `validate:"max=5"`, "max=5"},
		{list, `minItems:"1"`, `validate:"min=1"`, "min=1"},
		{list, `maxItems:"9"`, `validate:"max=9"`, "max=9"},
		{list, `uniqueItems:"true"`, `validate:"unique"`, "unique"},
		{list, `uniqueItems:"false"`, "", ""},
		{list, `enum:"a,b c"`, `validate:"dive,oneof=a 'b c'"`, "dive,oneof='b c' a"},
		{text, `enum:"private,public"`, `validate:"oneof=private public"`, "oneof=public private"},
		{text, `enums:"a,b"`, `validate:"oneof=a b"`, "oneof=a b"},
		{text, `required:"true"`, `validate:"required"`, "required"},
		{text, `required:"false"`, "", ""},
		{text, `pattern:"^[a-z]+$"`, "Config.Patterns", "word"},
		{text, `regexp:"^[a-z]+$"`, "Config.Patterns", "word"},
		{text, `format:"email"`, `validate:"email"`, "email"},
		{text, `format:"uuid"`, `validate:"uuid"`, "uuid4"},
		{text, `format:"date-time"`, `validate:"datetime=2006-01-02T15:04:05Z07:00"`, "datetime=2006-01-02T15:04:05Z07:00"},
		{text, `format:"json-pointer"`, "Config.Patterns", "word"},
		{text, `format:"password"`, "", ""},
		{at, `format:"date-time"`, "", ""},
		{id, `format:"uuid"`, "", ""},
		{at, `time_format:"2006-01-02"`, `make it a string with validate:"datetime=2006-01-02"`, ""},
		{at, `time_format:"2006-01-02T15:04:05Z07:00"`, "", ""},
		{text, `time_format:"2006-01-02"`, `validate:"datetime=2006-01-02"`, "datetime=2006-01-02"},
		{text, `example:"a" doc:"b" description:"c" gorm:"size:9"`, "", ""},
		{text, `v:"required|length:6,16"`, "tag validate", ""},
		{text, `vd:"len($)>0"`, "tag validate", ""},
		{text, `conform:"trim"`, "write mod", ""},
		{text, `binding:"required"`, "rename it to validate", ""},
	} {
		key, _, _ := strings.Cut(test.tag, ":")
		err := compileTag(test.t, test.tag, nil)
		if (err == nil) != (test.fix == "") || err != nil && !strings.Contains(err.Error(), test.fix) {
			t.Errorf("%s on %v: no %q in %v", test.tag, test.t, test.fix, err)
		}
		if err != nil && !strings.Contains(err.Error(), `"`+key+`" in Config.IgnoreTags`) {
			t.Errorf("%s: %v", test.tag, err)
		}
		if err := compileTag(test.t, test.tag, []string{key, "max"}); err != nil {
			t.Errorf("%s under IgnoreTags: %v", test.tag, err)
		}
		if test.same == "" {
			continue
		}
		if err := compileTag(test.t, test.tag+` validate:"`+test.same+`"`, nil); err != nil {
			t.Errorf("%s beside %s: %v", test.tag, test.same, err)
		}
		if err := compileTag(test.t, test.tag+` validate:"omitempty"`, nil); err == nil {
			t.Errorf("%s is accepted beside another rule", test.tag)
		}
	}
}

// compileTag compiles a struct with one member of the type and with the tags.
func compileTag(t reflect.Type, tags string, ignore []string) error {
	faults := &httperr.ConfigFaults{Package: plan.Pkg}
	own := rule.CompileRules(map[string]string{"word": "[a-z]+"},
		map[string]validate.Rule{"five": {Check: func(any, string) bool { return true }}}, faults)
	s := reflect.StructOf([]reflect.StructField{{Name: "V", Type: t, Tag: reflect.StructTag(`json:"v" ` + tags)}})
	compile.Compile(s, compile.Options{Items: 9, StringLen: 99, IgnoreTags: ignore}, own, faults)
	return faults.Err()
}

func TestCollectionFormat(t *testing.T) {
	type silent struct {
		IDs []int `query:"ids" collection_format:"csv" style:""`
	}
	type said struct {
		IDs []int `query:"ids" collection_format:"csv" style:"comma"`
	}
	_, err := validate.New[silent](validate.Config{})
	if err == nil || !strings.Contains(err.Error(), `style:"comma" for csv`) {
		t.Error(err)
	}
	kit.MustNew[said](t, validate.Config{})
}

func TestIgnoreTags(t *testing.T) {
	type both struct {
		Name string `json:"name" binding:"required" minLength:"1" validate:"required"`
	}
	s := kit.MustNew[both](t, validate.Config{IgnoreTags: []string{"binding", "minLength"}})
	kit.Answers(t, s, `{"name":""}`, "")
	type source struct {
		ID string `uri:"id"`
	}
	if _, err := validate.New[source](validate.Config{IgnoreTags: []string{"uri"}}); err == nil {
		t.Error("a client can write a field that another library reads from the path")
	}
}
