package compile_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type tidied struct {
	Mail  string                        `json:"mail" mod:"trim,lower" validate:"required,email,max=10"`
	Code  sortKey                       `json:"code" mod:"upper"`
	Text  *string                       `json:"text" mod:"squeeze,trim"`
	Tags  []string                      `json:"tags" mod:"trim" validate:"unique,dive,min=1"`
	Opt   validate.Optional[string]     `json:"opt" mod:"lower"`
	Pass  string                        `json:"pass"`
	Items []tidiedItem                  `json:"items"`
	By    map[string]tidiedItem         `json:"by"`
	Q     string                        `query:"q" mod:"trim,upper"`
	Qs    []string                      `query:"qs" style:"comma" mod:"trim"`
	H     string                        `header:"X-H" mod:"squeeze"`
	Maybe validate.Optional[tidiedItem] `json:"maybe"`
	tidiedPart
}

type tidiedItem struct {
	Name string       `json:"name" mod:"trim"`
	Kids []tidiedItem `json:"kids"`
}

type tidiedPart struct {
	Flat string `json:"flat" mod:"lower"`
}

func TestNormalise(t *testing.T) {
	s := kit.MustNew[tidied](t, validate.Config{})
	r := kit.Post(`{"mail":"  ANN@B.cd\n","code":"é","text":" a \t\n b  c ","tags":[" a","b "],"opt":"ÀB","pass":" P ","items":[{"name":" x ","kids":[{"name":"\u00a0y\u2003"}]}],"by":{" k ":{"name":" v "}},"maybe":{"name":" m "},"flat":"F"}`)
	r.URL.RawQuery = "q=+a+b+&qs=+a+,b"
	r.Header.Set("X-H", "a  b")
	v, err := s.Decode(nil, r)
	if err != nil {
		t.Fatal(err)
	}
	text := "a b c"
	want := tidied{
		Mail: "ann@b.cd", Code: "É", Text: &text, Tags: []string{"a", "b"}, Opt: validate.Optional[string]{Set: true, Value: "àb"}, Pass: " P ",
		Items: []tidiedItem{{Name: "x", Kids: []tidiedItem{{Name: "y"}}}}, By: map[string]tidiedItem{" k ": {Name: "v"}}, Q: "A B", Qs: []string{"a", "b"}, H: "a b",
		Maybe: validate.Optional[tidiedItem]{Set: true, Value: tidiedItem{Name: "m"}}, tidiedPart: tidiedPart{"f"},
	}
	if !reflect.DeepEqual(*v, want) {
		t.Errorf("\n got %+v\nwant %+v", *v, want)
	}
}

// Rules see the text after the mods: a text that only its spaces make too long is admitted,
// up to MaxString, and a text of spaces alone is empty.
func TestRulesSeeWhatIsNormalised(t *testing.T) {
	s := kit.MustNew[tidied](t, validate.Config{MaxString: 100})
	for body, want := range map[string]string{
		`{"mail":"` + strings.Repeat(" ", 92) + `a@bcd.ef"}`: "[]",
		`{"mail":"` + strings.Repeat(" ", 93) + `a@bcd.ef"}`: "[/mail max_length]",
		`{"mail":"a@bcdefghi.jk"}`:                           "[/mail max_length]",
		`{"mail":"a@b.cd","tags":["a"," a"]}`:                "[/tags unique_items]",
		`{"mail":"a@b.cd","tags":["  "]}`:                    "[/tags/0 min_length]",
		`{"mail":" ","x":1}`:                                 "[/mail format_email  unknown_member]",
	} {
		res, _ := kit.Send(s, kit.Post(body))
		if want == "[]" {
			if res.StatusCode != 200 {
				t.Errorf("%s: %d", body, res.StatusCode)
			}
			continue
		}
		if got := kit.Sprint(kit.Sourced(mwtest.Refused(t, res, 400, "validation_failed"))); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}

type badMods struct {
	Int    int               `json:"int" mod:"trim"`
	Struct tidiedItem        `json:"struct" mod:"trim"`
	Map    map[string]string `json:"map" mod:"trim"`
	Bytes  []byte            `json:"bytes" mod:"trim"`
	Grid   [][]string        `json:"grid" mod:"trim"`
	What   string            `json:"what" mod:"title"`
	Empty  string            `json:"empty" mod:""`
	Gone   string            `json:"-" mod:"trim"`
}

func TestModsRefused(t *testing.T) {
	_, err := validate.New[badMods](validate.Config{})
	mwtest.Faults(t, err, `validate: badMods.Int: "trim": is for strings`, "validate: badMods.Struct", "validate: badMods.Map", "validate: badMods.Bytes", "validate: badMods.Grid",
		`validate: badMods.What: "title": is not a way to normalise`,
		"validate: badMods.Empty: is not a way", `validate: badMods.Gone: "trim": is for a field that nothing is read into`)
}
