package plan

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"time"
)

// A Form is the grammar of a type that accepts more spellings of its text than the format
// allows. The text is held to the grammar before the type decodes it.
type Form struct {
	Name    string // the format in JSON Schema
	fault   Fault
	grammar *regexp.Regexp
}

var (
	dateTime = &Form{"date-time", FaultDateTime, regexp.MustCompile( // RFC 3339, section 5.6
		`^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)}
	uuid = &Form{"uuid", Fault{Code: "format_uuid", Message: "must be a UUID"}, regexp.MustCompile( // RFC 9562, section 4
		`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)}
)

// FormOf returns the form of the text of type t, or nil. There are several packages with a
// type UUID: each prints the zero value like this.
func FormOf(t reflect.Type) *Form {
	switch {
	case t == TypeTime:
		return dateTime
	case t.Kind() == reflect.Array && ScalarKind(t) == KindText &&
		fmt.Sprint(reflect.Zero(t).Interface()) == "00000000-0000-0000-0000-000000000000":
		return uuid
	}
	return nil
}

// FaultOf returns the fault of a text that does not have the form f, or that its type refuses.
func (f *Form) FaultOf() Fault {
	if f == nil {
		return FaultInvalid
	}
	return f.fault
}

// Admits reports whether text has the form f, or f is nil.
func (f *Form) Admits(text []byte) bool {
	if f == nil || !f.grammar.Match(text) {
		return f == nil
	}
	if day := string(text[:10]); f == dateTime && (day == "0000-01-01" || day == "9999-12-31") {
		return DateTime(time.RFC3339, string(text))
	}
	return true
}

// DateTime reports whether text is a date or a time in the layout, in the years 0 to 9999 of
// UTC. time.Parse also accepts an hour of one digit for 15, a decimal comma, and offsets of
// 24:00 and 00:60: a time with such an offset cannot be encoded.
func DateTime(layout, text string) bool {
	t, err := time.Parse(layout, text)
	if err != nil || strings.Count(text, ",") != strings.Count(layout, ",") {
		return false
	}
	if t.Hour() < 10 { // 03 stands for the same hours with two digits
		if _, err := time.Parse(strings.ReplaceAll(layout, "15", "03"), text); err != nil {
			return false
		}
	}
	_, offset := t.Zone()
	minutes := strings.HasSuffix(layout, "07:00") || strings.HasSuffix(layout, "0700")
	year := t.UTC().Year()
	return (!minutes || !strings.HasSuffix(text, "60")) && max(offset, -offset) < 24*60*60 && 0 <= year && year <= 9999
}
