package rule

import (
	"reflect"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// A rule with the name of one field compares; one with several is about presence, and
// its fault stays, or goes, with what the other members are.
func TestRowsOfRulesAboutOtherFields(t *testing.T) {
	for name, r := range Table {
		want := ""
		switch {
		case name == "postcode_iso3166_alpha2_field", r.Fields == NoField && r.Code != "compare":
			continue
		case r.Fields == OneField:
			want = "compare"
		default:
			want, _, _ = strings.Cut(strings.Replace(name, "skip_unless", "required_if", 1), "_")
		}
		if f := Describe(name, "A", reflect.Int, reflect.TypeFor[int]()); r.Code != want || f.Relation == plan.Unrelated || !strings.Contains(f.Message, "another") && !strings.Contains(f.Message, "other members") {
			t.Errorf("%s: %+v", name, f)
		}
		if values := strings.HasSuffix(name, "_if") || strings.HasSuffix(name, "_unless"); values != (r.Fields == withValues) {
			t.Errorf("%s: fields %d", name, r.Fields)
		}
	}
}

// Every row is complete, and every code one that httperr accepts.
func TestRows(t *testing.T) {
	for tag, r := range Table {
		if strings.Trim(r.Code, "abcdefghijklmnopqrstuvwxyz_0123456789") != "" || (r.Code == "") != (r.message == "") {
			t.Errorf("%s: %+v", tag, r)
		}
		if strings.Contains(r.message, "%") != (r.Param != "" && r.Param != "allowed") {
			t.Errorf("%s: the message and the parameter do not agree: %+v", tag, r)
		}
		if (r.Keyword == "") != (r.Value == "" && r.Bound == NoBound) && r.Bound != OtherThan {
			t.Errorf("%s: the keyword and its value do not agree: %+v", tag, r)
		}
		if (r.Bound == NoBound || r.Bound == OtherThan) != (r.Counts == "") {
			t.Errorf("%s: a bound without words for a number of things: %+v", tag, r)
		}
	}
}
