package validate_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
)

// A body may break a rule as often as it has values. What is said of it is
// bounded, and what finding the words for it takes must be as well: it was 93
// MiB for these 147 kB, and 729 for as many structs of eight members.
func TestManyBrokenRules(t *testing.T) {
	type grid struct {
		Rows [][]string `json:"rows" validate:"dive,dive,min=1"`
		Page int        `query:"page" validate:"min=1"`
	}
	s := mustNew[grid](t, validate.Config{})
	row := "[" + strings.Repeat(`"",`, 999) + `""]`
	body := `{"rows":[` + strings.Repeat(row+",", 48) + row + "]}"
	r := post(body)
	r.URL.RawQuery = "page=1"
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := s.Decode(nil, r)
	runtime.ReadMemStats(&after)
	if err == nil {
		t.Fatal("accepted")
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 40<<20 {
		t.Errorf("a refusal of %d bytes allocated %d MiB", len(body), took>>20)
	}
	r = post(body)
	r.URL.RawQuery = "page=1"
	res, _ := send(s, r)
	e := mwtest.Refused(t, res, 400, "validation_failed")
	if list := faults(e); len(list) != 20 || !e.Truncated || list[0] != "/rows/0/0 min_length" || list[19] != "/rows/0/19 min_length" {
		t.Errorf("truncated %v: %q", e.Truncated, list)
	}
}
