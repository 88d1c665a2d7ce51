package validate_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type (
	base  = kit.Base
	order = kit.Order
	item  = kit.Item
)

const (
	goodID    = `"id":"0190163d-8694-739b-aea5-966c26f8ad90"`
	goodItems = `"items":[{"sku":"A1","qty":0}]`
	goodRest  = `"email":"a@example.com","home":{"street":"s"}`
	good      = goodID + `,"kind":"cash",` + goodItems + "," + goodRest
)

func TestRules(t *testing.T) {
	s := kit.MustNew[order](t, validate.Config{})
	for _, tc := range []struct{ name, body, want string }{
		{"all required, zero allowed", `{` + good + `}`, ""},
		{"empty object", `{}`, "/id required,/email required,/home required,/items required,/kind required"},
		{"missing and wrong at once", `{"id":"x","email":7,"home":{"zip":"123"},"items":[{"sku":"A-1"},{"sku":"B","qty":100}],"kind":"gold"}`,
			"/id format_uuid,/email type,/home/zip length,/home/street required,/items/0/sku pattern,/items/0/qty required,/items/1/qty max,/kind enum"},
		{"order of the body, not of the struct", `{"kind":"x","home":{"zip":"1","street":""},"email":"e",` + goodID + "," + goodItems + `}`,
			"/kind enum,/home/zip length,/home/street min_length,/email format_email"},
		{"null where required", `{` + good + `,"codes":["aa",null]}`, "/codes/1 null"},
		{"pointer elements", `{` + good + `,"codes":["aa","b"]}`, "/codes/1 length"},
		{"too many elements", `{` + good + `,"codes":["a","a","a"]}`, "/codes max_items"},
		{"optional object with a required member", `{` + good + `,"site":{}}`, "/site/street required"},
		{"optional object, null", `{` + good + `,"site":null}`, ""},
		{"required_if", `{` + goodID + "," + goodItems + "," + goodRest + `,"kind":"card"}`, "/card required"},
		{"cross-field", `{` + good + `,"password":"longenough","again":"other"}`, "/again compare"},
		{"cross-field, absent", `{` + good + `,"password":"longenough"}`, "/again compare"},
		{"cross-field waits for its member", `{` + good + `,"password":5,"again":"other"}`, "/password type"},
		{"map", `{` + good + `,"labels":{"abcd":"x","b":"toolong"}}`, "/labels max_length"},
		{"map of three", `{` + good + `,"labels":{"a":"","b":"","c":""}}`, "/labels max_members"},
		{"inside a map", `{` + good + `,"by":{"k[1].x":{"sku":"-","qty":1}}}`, "/by pattern"},
		{"missing inside a map", `{` + good + `,"by":{"k":{"sku":"-"}}}`, "/by required"},
		{"exclusive bounds", `{` + good + `,"limit":10}`, "/limit exclusive_max"},
		{"zero behind a pointer", `{` + good + `,"limit":0}`, "/limit exclusive_min"},
		{"omitempty", `{` + good + `,"password":""}`, ""},
		{"nested lists", `{` + good + `,"grid":[[1],[2,0]]}`, "/grid/1/1 min"},
		{"recursive", `{"kind":"cash",` + goodID + "," + goodRest + `,"items":[{"sku":"A","qty":1,"note":{"sku":"B","qty":-1}}]}`, "/items/0/note/qty min"},
		{"time that does not decode, and a rule", `{` + strings.Replace(good, "cash", "gold", 1) + "," + goodItems + `,"start":"soon"}`, "/kind enum,/items duplicate_member,/start format_date_time"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			res, spy := kit.Send(s, kit.Post(tc.body))
			if tc.want == "" {
				kit.Admitted(t, tc.body, res, spy)
				return
			}
			e := mwtest.Refused(t, res, 400, "validation_failed")
			got := kit.Faults(e)
			want := strings.Split(tc.want, ",")
			if tc.name == "empty object" { // all at the closing brace
				slices.Sort(got)
				slices.Sort(want)
			}
			if !slices.Equal(got, want) {
				t.Errorf("faults\n%q, want\n%q", got, want)
			}
		})
	}
}

func TestMessagesAndParams(t *testing.T) {
	type sized struct {
		A string         `json:"a" validate:"min=3"`
		B []int          `json:"b" validate:"min=1"`
		C map[string]int `json:"c" validate:"min=1"`
		D float64        `json:"d" validate:"gte=0.5"`
		E string         `json:"e" validate:"oneof=x y"`
		F int8           `json:"f"`
		G string         `json:"g" validate:"hexcolor|rgb"`
		H time.Duration  `json:"h" validate:"min=1h"`
	}
	s := kit.MustNew[sized](t, validate.Config{})
	res, _ := kit.Send(s, kit.Post(`{"a":"","b":[],"c":{},"d":0,"e":"","f":300,"g":"","h":5}`))
	e := mwtest.Refused(t, res, 400, "validation_failed")
	want := []struct{ pointer, code, message, param string }{
		{"/a", "min_length", "must have at least 3 characters", "min 3"},
		{"/b", "min_items", "must have at least 1 item", "min 1"},
		{"/c", "min_members", "must have at least 1 member", "min 1"},
		{"/d", "min", "must be at least 0.5", "min 0.5"},
		{"/e", "enum", "must be one of the allowed values", "allowed [x y]"},
		{"/f", "range", "is out of range", "max 127"},
		{"/g", "invalid", "is not valid", ""},
		{"/h", "min", "must be at least 3600000000000", "min 3.6e+12"},
	}
	if len(e.Errors) != len(want) {
		t.Fatalf("faults %q", kit.Faults(e))
	}
	for i, w := range want {
		f := e.Errors[i]
		if *f.Pointer != w.pointer || f.Code != w.code || f.Message != w.message {
			t.Errorf("%d: %s %s %q, want %+v", i, *f.Pointer, f.Code, f.Message, w)
		}
		if name, value, ok := strings.Cut(w.param, " "); ok && !strings.Contains(strings.ReplaceAll(kit.Sprint(f.Params[name]), `"`, ""), value) {
			t.Errorf("%s: params %v, want %s", w.pointer, f.Params, w.param)
		}
	}
}

func TestTruncated(t *testing.T) {
	type many struct {
		N []int `json:"n" validate:"dive,max=0"`
	}
	s := kit.MustNew[many](t, validate.Config{})
	for name, body := range map[string]string{
		"by the scan":  `{"n":["",` + strings.Repeat(`"",`, 99) + `""]}`,
		"by the rules": `{"n":[1,` + strings.Repeat(`1,`, 99) + `1]}`,
	} {
		res, _ := kit.Send(s, kit.Post(body))
		e := mwtest.Refused(t, res, 400, "validation_failed")
		if len(e.Errors) != 20 || !e.Truncated || *e.Errors[19].Pointer != "/n/19" {
			t.Errorf("%s: %d faults, truncated %v", name, len(e.Errors), e.Truncated)
		}
	}
	exactly := `{"n":[` + strings.Repeat(`1,`, 19) + `1]}`
	res, _ := kit.Send(s, kit.Post(exactly))
	if e := mwtest.Refused(t, res, 400, "validation_failed"); len(e.Errors) != 20 || e.Truncated {
		t.Errorf("20 faults: %d, truncated %v", len(e.Errors), e.Truncated)
	}
}

type period struct {
	From int `json:"from"`
	To   int `json:"to"`
}

var errConflict = &httperr.Error{Status: http.StatusConflict, Code: "taken", Message: "It is taken."}

func (p *period) Validate(ctx context.Context) error {
	var err error
	switch p.From {
	case 9:
		return errConflict.With(nil)
	case 8:
		return errors.Join(validate.Fault("/from", "odd", "is odd"), errors.New("secret database"))
	}
	if p.From > p.To {
		err = errors.Join(err, validate.Fault("/to", "before_from", "must not be before from"))
	}
	if p.From < 0 {
		err = errors.Join(err, validate.Fault("/from", "negative", "must not be negative"))
	}
	return err
}

func TestValidateMethod(t *testing.T) {
	s := kit.MustNew[period](t, validate.Config{})
	for _, tc := range []struct {
		body   string
		status int
		code   string
		faults []string
	}{
		{`{"from":-1,"to":-2}`, 400, "validation_failed", []string{"/to before_from", "/from negative"}},
		{`{"from":9}`, 409, "taken", nil},
		{`{"from":8}`, 500, "internal_error", nil},
		{`{"from":9,"x":1}`, 400, "validation_failed", []string{" unknown_member"}},
	} {
		res, _ := kit.Send(s, kit.Post(tc.body))
		if e := mwtest.Refused(t, res, tc.status, tc.code); !slices.Equal(kit.Faults(e), tc.faults) && len(tc.faults)+len(e.Errors) > 0 {
			t.Errorf("%s: faults %q, want %q", tc.body, kit.Faults(e), tc.faults)
		}
	}
	if res, _ := kit.Send(s, kit.Post(`{"from":1,"to":2}`)); res.StatusCode != 200 {
		t.Errorf("status %d", res.StatusCode)
	}
}

// The path of an error begins with the name of the type. The name of a generic
// type has dots and brackets in it.
func TestGenericAndUnnamedTypes(t *testing.T) {
	type page[T any] struct {
		Items []T `json:"items" validate:"dive"`
	}
	res, _ := kit.Send(kit.MustNew[page[item]](t, validate.Config{}), kit.Post(`{"items":[{"sku":"A","qty":100}]}`))
	if got := kit.Faults(mwtest.Refused(t, res, 400, "validation_failed")); len(got) != 1 || got[0] != "/items/0/qty max" {
		t.Errorf("generic: %q", got)
	}
	type unnamed = struct {
		In struct {
			N int `json:"n" validate:"min=1"`
		} `json:"in"`
	}
	s := kit.MustNew[unnamed](t, validate.Config{})
	res, _ = kit.Send(s, kit.Post(`{"in":{"n":0}}`))
	if got := kit.Faults(mwtest.Refused(t, res, 400, "validation_failed")); len(got) != 1 || got[0] != "/in/n min" {
		t.Errorf("unnamed: %q", got)
	}
	res, _ = kit.Send(s, kit.Post(`{}`)) // the zero value breaks a rule, so it had to be sent
	if got := kit.Faults(mwtest.Refused(t, res, 400, "validation_failed")); len(got) != 1 || got[0] != "/in required" {
		t.Errorf("absent: %q", got)
	}
}
