package validate_test

import (
	"encoding/json"
	"testing"

	"github.com/go-sallyport/sallyport/validate"
)

type shortText struct {
	Text string `json:"text" validate:"max=2"`
}

// The scan holds a max also where the validator is not told to go, so a
// schema that left it out would promise what is refused.
func TestJSONSchemaHasWhatTheScanChecks(t *testing.T) {
	type list struct {
		List []shortText `json:"list"`
	}
	s := mustNew[list](t, validate.Config{})
	if _, err := s.Decode(nil, post(`{"list":[{"text":"abc"}]}`)); err == nil {
		t.Fatal("the scan does not check it")
	}
	var got struct {
		Defs struct {
			Item struct {
				Properties struct {
					Text struct{ MaxLength int }
				}
			} `json:"shortText"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(s.JSONSchema(), &got); err != nil || got.Defs.Item.Properties.Text.MaxLength != 2 {
		t.Errorf("%v %+v: %s", err, got, s.JSONSchema())
	}
}
