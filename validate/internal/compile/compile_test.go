package compile_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

func TestConfigRefused(t *testing.T) {
	_, err := validate.New[struct{}](validate.Config{
		MaxBody: -1, MaxDepth: 1001, MaxItems: -1, MaxString: -1, MaxMemory: -1,
		MediaTypes: []string{"application/json", "Application/JSON", "application/json; charset=utf-8", "*/*", "json", ""},
	})
	mwtest.Faults(t, err,
		`validate: MaxBody: "-1": is negative`, `validate: MaxDepth: "1001": is more than 1000`, "validate: MaxItems",
		"validate: MaxString", "validate: MaxMemory",
		`validate: MediaTypes[1]: "Application/JSON"`, `validate: MediaTypes[2]`, `validate: MediaTypes[3]: "*/*"`, `validate: MediaTypes[4]`, `validate: MediaTypes[5]: ""`)
}

type loop []loop

type byKind struct {
	Chan    chan int              `json:"chan"`
	Func    func()                `json:"func"`
	Complex complex128            `json:"complex"`
	Ptr     uintptr               `json:"ptr"`
	Iface   error                 `json:"iface"`
	Any     any                   `json:"any"`
	Raw     json.RawMessage       `json:"raw"`
	Free    map[string]any        `json:"free"`
	IntKey  map[int]string        `json:"int_key"`
	TextKey map[textKey]int       `json:"text_key"`
	Loop    loop                  `json:"loop"`
	Deep    []map[string]chan int `json:"deep"`
}

type textKey string

func (*textKey) UnmarshalText([]byte) error { return nil }

func TestTypesRefused(t *testing.T) {
	_, err := validate.New[byKind](validate.Config{})
	mwtest.Faults(t, err,
		`validate: byKind.Chan: "chan int"`, "validate: byKind.Func", "validate: byKind.Complex", "validate: byKind.Ptr", "validate: byKind.Iface",
		`validate: byKind.Any: "interface {}": accepts any JSON`, "validate: byKind.Raw", "validate: byKind.Free[]", "validate: byKind.IntKey",
		"validate: byKind.TextKey", "validate: byKind.Loop[]", "validate: byKind.Deep[][]")
}

type Embedded struct {
	Shared string `json:"shared"`
}

// dated decodes itself: it has the method of the embedded time.Time.
type dated struct {
	time.Time
	Shared string `json:"shared"`
}

func TestNamesRefused(t *testing.T) {
	type embedding struct {
		Embedded
		Shared string `json:"SHARED"`
	}
	_, err := validate.New[dated](validate.Config{})
	mwtest.Faults(t, err, `validate: dated: "compile_test.dated": is not a struct that encoding/json decodes`)

	type inner struct {
		*Embedded
		User    int
		B       int    `json:"User"`
		C       int    `json:"USER"`
		D       int    `json:"uſer"`
		Number  int    `json:"number,string"`
		Format  int    `json:"format,format:hex"`
		Skipped string `json:"-" validate:"required"`
	}
	_, err = validate.New[inner](validate.Config{})
	mwtest.Faults(t, err,
		"validate: inner.Embedded", `validate: inner: "User": is the name of two members`,
		`validate: inner: "USER": differs from "User"`, `validate: inner: "USER": differs from "User"`,
		`validate: inner: "uſer": differs from "User"`, `validate: inner: "uſer": differs from "User"`, `validate: inner: "uſer": differs from "USER"`,
		`validate: inner.Number: "number,string"`, `validate: inner.Format: "format,format:hex"`,
		`validate: inner.Skipped: "required": is a rule for a field that JSON does not set`)

	_, err = validate.New[embedding](validate.Config{})
	mwtest.Faults(t, err, `validate: embedding: "SHARED": differs from "shared"`)
}

type badNames struct {
	Quoted int `json:"a→b"`
	Long   int `json:"llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll"`
}

type ruled struct {
	Unknown string         `json:"unknown" validate:"required,bogus"`
	Behind  string         `json:"behind" validate:"email,bogus2"`
	Or      string         `json:"or" validate:"email|bogus3"`
	Kind    bool           `json:"kind" validate:"eq=true,min=3"`
	Struct  address        `json:"struct" validate:"max=3"`
	Param   int            `json:"param" validate:"min=x"`
	Dive    int            `json:"dive" validate:"dive,min=1"`
	Elem    []bool         `json:"elem" validate:"max=3,dive,min=1"`
	Key     map[string]int `json:"key" validate:"dive,keys,bogus4,endkeys,bogus5"`
	Empty   string         `json:"empty" validate:"min=1,,max=2"`
	Other   string         `json:"other" validate:"eqfield=Nothing"`
	If      string         `json:"if" validate:"required_if=Other x Nowhere y"`
	File    string         `json:"file" validate:"file"`
	Addr    string         `json:"addr" validate:"omitempty,tcp_addr"`
	Cross   string         `json:"cross" validate:"eqcsfield=Other"`
	Fine    []string       `json:"fine" validate:"required,unique,min=1,max=5,dive,min=1,email|uuid"`
	private string         `validate:"bogus6"`
}

func TestRulesRefused(t *testing.T) {
	_ = ruled{}.private
	_, err := validate.New[ruled](validate.Config{})
	mwtest.Faults(t, err,
		`validate: ruled.Unknown: "bogus": is not a rule`, `validate: ruled.Behind: "bogus2": is not a rule`, `validate: ruled.Or: "bogus3": is not a rule`,
		`validate: ruled.Kind: "min=3": is a rule that does not apply`, `validate: ruled.Struct: "max=3": is a rule that does not apply`,
		`validate: ruled.Param: "min=x": is a rule that cannot be run`,
		`validate: ruled.Dive: "dive": is a rule that does not apply`, `validate: ruled.Dive: "min=1": is a rule that does not apply`,
		`validate: ruled.Elem: "min=1": is a rule that does not apply`,
		`validate: ruled.Key: "bogus4"`, `validate: ruled.Key: "bogus5"`, `validate: ruled.Empty: "min=1,,max=2": has an empty rule`,
		`validate: ruled.Other: "eqfield=Nothing": names a field that does not exist`, `validate: ruled.If: "required_if=Other x Nowhere y": names a field that is not one of`,
		`validate: ruled.File: "file": asks the file system`, `validate: ruled.Addr: "tcp_addr": asks the file system`,
		`validate: ruled.Cross: "eqcsfield=Other": is a rule that this package does not run; check it in a Validate method`,
		`validate: ruled.private: "bogus6": is a rule for a field that JSON does not set`)

	_, err = validate.New[badNames](validate.Config{})
	mwtest.Faults(t, err, `validate: badNames.Quoted: "a→b": is a name that encoding/json ignores`, "validate: badNames.Long")
}

type positive struct {
	Count int        `json:"count" validate:"required,min=1"`
	More  []positive `json:"more" validate:"dive"`
}

// Without a dive the validator would skip the rules of the structs in a list.
func TestRulesOutOfReachAreRefused(t *testing.T) {
	type scanned struct {
		Text string `json:"text" validate:"required,max=3"`
	}
	type outer struct {
		Bare  []positive                           `json:"bare" validate:"min=1"`
		Half  [][]positive                         `json:"half" validate:"dive,min=1"`
		Map   map[string]*positive                 `json:"map"`
		Opt   validate.Optional[[]positive]        `json:"opt"`
		Array [2]positive                          `json:"array"`
		Far   []struct{ In struct{ P *positive } } `json:"far"`
		Off   []positive                           `json:"off" validate:"-"`
		Scan  []scanned                            `json:"scan"`
		Whole [][]positive                         `json:"whole" validate:"dive,dive"`
		Time  []time.Time                          `json:"time"`
	}
	_, err := validate.New[outer](validate.Config{})
	mwtest.Faults(t, err,
		`validate: outer.Bare: "min=1": has structs in it with rules, and no dive, without which the rules are not run; add dive`,
		`validate: outer.Half: "dive,min=1"`, "validate: outer.Map", "validate: outer.Opt", "validate: outer.Array", "validate: outer.Far")
}

func TestRootRefused(t *testing.T) {
	for name, err := range map[string]error{
		"slice":   second(validate.New[[]int](validate.Config{})),
		"pointer": second(validate.New[*period](validate.Config{})),
		"any":     second(validate.New[any](validate.Config{})),
		"time":    second(validate.New[time.Time](validate.Config{})),
	} {
		if err == nil || !strings.Contains(err.Error(), "is not a struct") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := validate.New[any](validate.Config{MaxBody: -1}); len(mwtest.Leaves(err)) != 2 {
		t.Errorf("not all faults at once: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestWrapPanics(t *testing.T) {
	for name, f := range map[string]func(){
		"nil handler": func() { kit.MustNew[period](t, validate.Config{}).Middleware(nil) },
		"Middleware":  func() { validate.Middleware[byKind]() },
		"Handler":     func() { validate.Handler[byKind, period](nil) },
		"nil func":    func() { validate.Handler[period, period](nil) },
		"nil schema":  func() { validate.Handle[period, period](nil, nil) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

// encoding/json calls the methods of an unnamed type only behind a pointer. Elsewhere it
// decodes the fields one by one: it ignores case and admits duplicates, which the scan of
// a type that decodes itself does not check.
func TestUnnamedTypesThatDecodeThemselvesAreRefused(t *testing.T) {
	type in struct {
		When struct{ time.Time }   `json:"when"`
		List []struct{ time.Time } `json:"list"`
		Ptr  *struct{ time.Time }  `json:"ptr"`
	}
	_, err := validate.New[in](validate.Config{})
	mwtest.Faults(t, err, `validate: in.When: "struct { time.Time }": is an unnamed type`, "validate: in.List[]", "validate: in.Ptr")
}

// The tag free is for one field: not for the fields of a struct inside it, nor for the fields
// beside it.
func TestFreeTag(t *testing.T) {
	type inner struct {
		Hidden any `json:"hidden"`
	}
	type outer struct {
		Any    any                             `json:"any" free:"true" validate:"required"`
		Lists  [][]map[string]json.RawMessage  `json:"lists" free:"true"`
		Opt    validate.Optional[any]          `json:"opt" free:"true"`
		Bare   map[string]any                  `json:"bare"`
		Struct []inner                         `json:"struct" free:"true"`
		Text   map[string]string               `json:"text" free:"true"`
		Off    any                             `json:"off" free:"false"`
		Upper  any                             `json:"upper" Free:"true"`
		Wide   struct{ Deep []map[string]any } `json:"wide"`
	}
	_, err := validate.New[outer](validate.Config{})
	mwtest.Faults(t, err,
		`validate: outer.Bare[]: "interface {}": accepts any JSON; give it a type, or tag the field free:"true"`,
		`validate: inner.Hidden: "interface {}": accepts any JSON`,
		`validate: outer.Off: "interface {}": accepts any JSON`,
		`validate: outer.Upper: "Free": is a tag that nothing here reads: the case of a key counts; write free`,
		`validate: outer.Upper: "interface {}": accepts any JSON`,
		`validate: outer.Wide.Deep[][]: "interface {}": accepts any JSON`)
}

type tree struct {
	Kids []tree          `json:"kids"`
	By   map[string]tree `json:"by"`
}

// A struct with a list of itself is not refused, at whatever depth the list is.
func TestRecursiveTypes(t *testing.T) {
	s := kit.MustNew[struct {
		Trees []tree                     `json:"trees"`
		Named map[string]map[string]tree `json:"named"`
	}](t, validate.Config{})
	if _, err := s.Decode(nil, kit.Post(`{"trees":[{"kids":[{"by":{"a":{}}}]}],"named":{"a":{"b":{"kids":[]}}}}`)); err != nil {
		t.Error(err)
	}
}
