package lint

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-playground/validator/v10"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

type (
	id      [16]byte
	moment  time.Time
	stretch struct{ From, To int }
	percent int
)

var orders = []string{"gtfield", "gtefield", "ltfield", "ltefield"}

// pair returns a struct with a field V under a rule about a field W.
func pair(v, w reflect.Type, rule string) reflect.Type {
	return reflect.StructOf([]reflect.StructField{
		{Name: "V", Type: v, Tag: reflect.StructTag(`json:"v" validate:"` + rule + `"` + freeTag(v))},
		{Name: "W", Type: w, Tag: reflect.StructTag(`json:"w"` + freeTag(w))},
	})
}

func TestComparisons(t *testing.T) {
	of := map[string]reflect.Type{
		"int": tInt, "*int": reflect.TypeFor[*int](), "opt": reflect.TypeFor[plan.Optional[int]](), "percent": reflect.TypeFor[percent](), "int64": reflect.TypeFor[int64](),
		"string": tString, "*string": reflect.TypeFor[*string](), "bool": reflect.TypeFor[bool](), "float": tFloat, "any": reflect.TypeFor[any](),
		"time": reflect.TypeFor[time.Time](), "*time": reflect.TypeFor[*time.Time](), "moment": reflect.TypeFor[moment](), "duration": reflect.TypeFor[time.Duration](),
		"list": tList, "bytes": reflect.TypeFor[[]byte](), "map": tMap, "id": reflect.TypeFor[id](), "stretch": reflect.TypeFor[stretch](), "*stretch": reflect.TypeFor[*stretch](), "odd": reflect.TypeFor[odd](),
	}
	const differs = "does not compare the contents of "
	for _, tc := range []struct{ rules, v, w, reason string }{
		{"eqfield nefield gtfield gtefield ltfield ltefield", "int", "int", ""},
		{"eqfield gtfield", "int", "*int", ""},
		{"eqfield gtfield", "opt", "percent", ""},
		{"eqfield ltefield", "time", "*time", ""},
		{"eqfield nefield", "string", "*string", ""},
		{"eqfield nefield", "bool", "bool", ""},
		{"gtfield", "float", "float", ""},
		{"gtfield", "duration", "duration", ""},
		{"gtfield", "duration", "int64", ""},
		{"eqfield nefield gtfield", "any", "int", ""},
		{"eqfield nefield gtfield", "list", "any", ""},
		{"eqfield", "odd", "int", ""},
		{"fieldcontains fieldexcludes", "string", "*string", ""},
		{"eqfield nefield gtfield gtefield ltfield ltefield", "list", "list", differs},
		{"eqfield nefield", "bytes", "bytes", differs},
		{"eqfield nefield gtfield", "map", "map", differs},
		{"eqfield nefield gtfield", "id", "id", differs},
		{"eqfield nefield gtfield gtefield", "stretch", "*stretch", differs},
		{"eqfield nefield", "time", "stretch", differs},
		{"gtfield gtefield ltfield ltefield", "string", "*string", differs},
		{"gtfield gtefield ltfield ltefield", "bool", "bool", differs},
		{"eqfield nefield gtfield", "int", "int64", differs},
		{"eqfield nefield gtfield", "int", "string", differs},
		{"eqfield", "float", "opt", differs},
		{"fieldcontains fieldexcludes", "string", "int", differs},
		{"fieldcontains", "list", "string", differs},
		{"fieldcontains", "int", "int", differs},
	} {
		for rule := range strings.FieldsSeq(tc.rules) {
			for _, in := range []string{"", "omitempty,"} {
				if tc.v == "opt" {
					in = strings.Replace(in, "omitempty", "omitnil", 1)
				}
				err := lintType(pair(of[tc.v], of[tc.w], in+rule+"=W"))
				switch {
				case tc.reason == "" && err != nil:
					t.Errorf("%s %s %s: %v", tc.v, rule, tc.w, err)
				case tc.reason != "":
					mwtest.Faults(t, err, "validate: struct {")
					if err == nil || !strings.Contains(err.Error(), `.V: "`+rule+`=W": `+tc.reason) {
						t.Errorf("%s %s %s: %v", tc.v, rule, tc.w, err)
					}
				}
			}
		}
	}
}

// New refuses a comparison if and only if the validator gives one verdict on all pairs of
// values of one length.
func TestComparisonsWithOneVerdict(t *testing.T) {
	now := time.Now()
	for _, group := range [][][2]any{
		{{[]int{1}, []int{1}}, {[]int{1}, []int{2}}, {[]int{2}, []int{1}}},
		{{id{1}, id{1}}, {id{1}, id{2}}, {id{2}, id{1}}},
		{{map[string]int{"a": 1}, map[string]int{"a": 1}}, {map[string]int{"a": 1}, map[string]int{"b": 2}}},
		{{stretch{}, stretch{}}, {stretch{}, stretch{1, 2}}, {stretch{3, 4}, stretch{1, 2}}},
		{{"a", "a"}, {"a", "b"}, {"b", "a"}},
		{{true, true}, {true, false}, {false, true}},
		{{1, int64(1)}, {1, int64(2)}, {2, int64(1)}},
		{{1, 1}, {1, 2}, {2, 1}},
		{{now, now}, {now, now.Add(1)}, {now.Add(1), now}},
	} {
		for _, rule := range append([]string{"eqfield", "nefield"}, orders...) {
			typ := pair(reflect.TypeOf(group[0][0]), reflect.TypeOf(group[0][1]), rule+"=W")
			verdicts := map[bool]bool{}
			for _, values := range group {
				v := reflect.New(typ).Elem()
				v.Field(0).Set(reflect.ValueOf(values[0]))
				v.Field(1).Set(reflect.ValueOf(values[1]))
				verdicts[validator.New().Struct(v.Interface()) == nil] = true
			}
			err := lintType(typ)
			if constant := len(verdicts) == 1; constant != (err != nil) {
				t.Errorf("%T %s %T: one verdict: %v, refused: %v", group[0][0], rule, group[0][1], constant, err)
			}
		}
	}
}

func TestFieldsOfComparisons(t *testing.T) {
	type deep struct {
		At   time.Time
		N    int
		List []int
		By   map[string]*stretch
		Any  any `free:"true"`
	}
	type in struct {
		A   int    `validate:"eqfield=In.N"`
		B   int    `validate:"eqfield=In.List[0]"`
		C   int    `validate:"eqfield=In.By[a].From"`
		D   int    `validate:"eqfield=In.Any.What"`
		E   int    `validate:"required_with=In.N Ptr.At"`
		F   int    `validate:"eqfield=In.M"`
		G   int    `validate:"eqfield=In.N.M"`
		H   int    `validate:"eqfield=In.N[0]"`
		I   int    `validate:"eqfield=In.At.wall"`
		J   int    `validate:"eqfield="`
		K   int    `validate:"required_with="`
		L   int    `validate:"required_with=In.N In.M"`
		M   int    `validate:"eqfield=In.At"`
		N   []int  `validate:"dive,ltefield=A"`
		O   []int  `validate:"dive,ltefield=In.At"`
		P   int    `validate:"eqfield=In.Any[0]"`
		Q   int    `validate:"required_if=S 'a b' In.N 3"`
		R   int    `validate:"required_if=S 'a b' Nope 3"`
		S   string `validate:"eqfield=S"`
		T   []int  `validate:"dive,gtfield=T"`
		U   int    `validate:"excluded_if=U 3"`
		In  deep
		Ptr *deep
	}
	err := lintType(reflect.TypeFor[in]())
	const missing, inner = "names a field that does not exist", "names a field that is not one of the members and parameters beside it"
	mwtest.Faults(t, err, `validate: in.B: "eqfield=In.List[0]": `+missing, `validate: in.C: "eqfield=In.By[a].From": `+missing, `validate: in.D: "eqfield=In.Any.What": `+missing, `validate: in.P: "eqfield=In.Any[0]": `+missing, `validate: in.F: "eqfield=In.M": `+missing, `validate: in.G: "eqfield=In.N.M": `+missing, `validate: in.H: "eqfield=In.N[0]": `+missing,
		`validate: in.I: "eqfield=In.At.wall": does not compare`, `validate: in.J: "eqfield=": `+missing, `validate: in.K: "required_with=": does not name what it depends on`,
		`validate: in.E: "required_with=In.N Ptr.At": `+inner, `validate: in.L: "required_with=In.N In.M": `+inner, `validate: in.Q: "required_if=S 'a b' In.N 3": `+inner,
		`validate: in.M: "eqfield=In.At": does not compare the contents of int and Time; give both`, `validate: in.O: "ltefield=In.At"`,
		`validate: in.S: "eqfield=S": compares the field with itself; name another Go field of in`, `validate: in.T: "gtfield=T": compares the field with itself`,
		`validate: in.R: "required_if=S 'a b' Nope 3": `+inner)
}

// The field with the country of a postcode must exist, but a request may set it without
// the postcode, so the default of the postcode is not checked with it.
func TestPostcodeOfACountry(t *testing.T) {
	type place struct {
		Country string `json:"country" validate:"required"`
		Code    string `json:"code" default:"10115" validate:"postcode_iso3166_alpha2_field=Country"`
	}
	if err := lintType(reflect.TypeFor[place]()); err != nil {
		t.Error(err)
	}
	type nowhere struct {
		Code string `json:"code" validate:"postcode_iso3166_alpha2_field=Land"`
	}
	err := lintType(reflect.TypeFor[nowhere]())
	mwtest.Faults(t, err, `validate: nowhere.Code: "postcode_iso3166_alpha2_field=Land": names a field that does not exist`)
}
