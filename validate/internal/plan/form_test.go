package plan

import (
	"reflect"
	"testing"
	"time"
)

// timeTexts have texts, and whether each is a time of RFC 3339 in the years 0 to 9999 of UTC.
var timeTexts = map[string]bool{
	"2026-01-02T03:04:05Z":           true,
	"2026-01-02T03:04:05.5Z":         true,
	"2026-01-02T03:04:05.123456789Z": true,
	"2026-01-02T03:04:05+00:00":      true,
	"2026-01-02T03:04:05-00:00":      true,
	"2026-01-02T03:04:05+23:59":      true,
	"9999-12-31T23:59:59Z":           true,
	"9999-12-31T22:59:59-01:00":      true,
	"0000-01-01T00:00:00Z":           true,
	"2026-01-02T03:04:05+24:00":      false,
	"2026-01-02T03:04:05-24:00":      false,
	"2026-01-02T03:04:05+23:60":      false,
	"2026-01-02T03:04:05+22:60":      false,
	"2026-01-02T3:04:05Z":            false,
	"2026-01-02T03:04:05,5Z":         false,
	"2026-01-02T03:04:05.Z":          false,
	"2026-01-02t03:04:05z":           false,
	"2026-01-02 03:04:05Z":           false,
	"2026-01-02T03:04:05":            false,
	"2026-02-30T03:04:05Z":           false,
	"2026-01-02T24:00:00Z":           false,
	"9999-12-31T23:59:59-23:00":      false, // in UTC it is in the year 10000
	"0000-01-01T00:00:00+01:00":      false,
	"":                               false,
}

// isTime reports whether text passes the form of a time.Time and is decoded.
func isTime(text string) (t time.Time, ok bool) {
	return t, FormOf(TypeTime).Admits([]byte(text)) && t.UnmarshalText([]byte(text)) == nil
}

func TestTimeForm(t *testing.T) {
	for text, want := range timeTexts {
		if _, ok := isTime(text); ok != want {
			t.Errorf("%q as time.Time: %v", text, ok)
		}
		if DateTime(time.RFC3339, text) != want {
			t.Errorf("%q as datetime: %v", text, !want)
		}
	}
}

func TestDateTimeLayouts(t *testing.T) {
	for _, test := range []struct {
		layout, text string
		want         bool
	}{
		{"2006-01-02", "2026-01-02", true},
		{"2006-01-02", "2026-1-2", false},
		{"15:04", "03:04", true},
		{"15:04", "3:04", false},
		{"15:04", "13:04", true},
		{"3:04PM", "3:04PM", true},
		{"2006-01-02 15:04:05", "2026-01-02 03:04:05.5", true},
		{"2006-01-02 15:04:05", "2026-01-02 03:04:05,5", false},
		{"15:04:05,000", "03:04:05,500", true},
		{time.RFC1123Z, "Fri, 02 Jan 2026 03:04:05 +0100", true},
		{time.RFC1123Z, "Fri, 02 Jan 2026 03:04:05 +2400", false},
		{time.RFC1123Z, "Fri, 02 Jan 2026 03:04:05 +0160", false},
		{"02.01.2006", "02.01.1960", true},
		{time.RFC3339Nano, "2026-01-02T03:04:05.500Z", true},
	} {
		if DateTime(test.layout, test.text) != test.want {
			t.Errorf("%q in %q: %v", test.text, test.layout, !test.want)
		}
	}
}

// The form and DateTime agree, and every time can be encoded, in UTC too.
func FuzzTime(f *testing.F) {
	for text := range timeTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, ok := isTime(text)
		if DateTime(time.RFC3339, text) != ok {
			t.Fatalf("%q: the form %v, DateTime %v", text, ok, !ok)
		}
		if !ok {
			return
		}
		for _, at := range []time.Time{at, at.UTC()} {
			if _, err := at.MarshalJSON(); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
		}
	})
}

type hexID [16]byte

func (hexID) String() string                { return "00000000-0000-0000-0000-000000000000" }
func (*hexID) UnmarshalText(b []byte) error { return nil }

func TestUUIDForm(t *testing.T) {
	form := FormOf(reflect.TypeFor[hexID]())
	for text, want := range map[string]bool{
		"7b0c6f3e-0d52-4b0a-9d0e-5f6a7b8c9d0e":          true,
		"7B0C6F3E-0D52-4B0A-9D0E-5F6A7B8C9D0E":          true,
		"{7b0c6f3e-0d52-4b0a-9d0e-5f6a7b8c9d0e}":        false,
		"?7b0c6f3e-0d52-4b0a-9d0e-5f6a7b8c9d0e?":        false,
		"urn:uuid:7b0c6f3e-0d52-4b0a-9d0e-5f6a7b8c9d0e": false,
		"7b0c6f3e0d524b0a9d0e5f6a7b8c9d0e":              false,
	} {
		if form.Admits([]byte(text)) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}
