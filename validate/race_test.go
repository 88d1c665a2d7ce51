package validate_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type mixedJSON struct {
	Query string                             `query:"q" mod:"trim"`
	List  []string                           `query:"l" style:"comma"`
	Head  string                             `header:"X-Mark"`
	Text  string                             `json:"text" validate:"max=40"`
	Raw   json.RawMessage                    `json:"raw" free:"true"`
	Opt   validate.Optional[json.RawMessage] `json:"opt" free:"true"`
	Map   map[string]string                  `json:"map"`
	Word  string                             `json:"word" default:"word" mod:"upper"`
}

type mixedForm struct {
	Text string        `form:"text" mod:"squeeze"`
	File validate.File `form:"file"`
}

// Handlers keep values while other requests use the buffers. No text of one request may
// appear in another value.
func TestValuesKeepTheirBytes(t *testing.T) {
	js := kit.MustNew[mixedJSON](t, validate.Config{})
	fs := kit.MustNew[mixedForm](t, validate.Config{})
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			checks := make([]func() bool, 0, 200)
			for i := range 100 {
				mark := strings.Repeat(fmt.Sprintf("%d-%d.", g, i), 5)
				r := kit.Post(fmt.Sprintf(`{"text":%q,"raw":[%q],"opt":{"a":%[1]q},"map":{%[1]q:%[1]q}}`, mark, mark))
				r.URL.RawQuery = "q=+" + mark + "&l=" + mark + "," + mark
				r.Header.Set("X-Mark", mark)
				v, err := js.Decode(nil, r)
				if err != nil {
					t.Error(err)
					return
				}
				checks = append(checks, func() bool {
					return v.Query == mark && v.List[0] == mark && v.List[1] == mark && v.Head == mark && v.Text == mark && string(v.Raw) == `["`+mark+`"]` &&
						string(v.Opt.Value) == `{"a":"`+mark+`"}` && v.Map[mark] == mark && v.Word == "WORD"
				})
				r = httptest.NewRequest("POST", "/", strings.NewReader("--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n"+mark+
					"\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\""+mark+"x\"\r\n\r\n"+mark+"\r\n--b--\r\n"))
				r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
				f, err := fs.Decode(nil, r)
				if err != nil {
					t.Error(err)
					return
				}
				checks = append(checks, func() bool {
					return f.Text == mark && f.File.Name == mark+"x" && bytes.Equal(f.File.Bytes(), []byte(mark))
				})
				if _, err := js.Decode(nil, kit.Post(`{"text":"`+strings.Repeat("z", 41+i)+`","nope":1}`)); err == nil {
					t.Error("accepted")
				}
			}
			for i, ok := range checks {
				if !ok() {
					t.Errorf("value %d of %d has changed", i, g)
				}
			}
		})
	}
	wg.Wait()
}

type pinned struct {
	SKU  string `json:"sku" validate:"omitempty,sku"`
	Step int    `json:"step" validate:"multiple=5"`
	Kind string `json:"kind" validate:"omitempty,oneof=a b"`
	Text string `json:"text" validate:"max=3"`
	Page int    `query:"page" validate:"min=1"`
	Sort string `query:"sort" default:"up" validate:"oneof=up down"`
}

// overwrite changes params as a hook could.
func overwrite(params map[string]any) {
	for name, v := range params {
		if list, ok := v.([]string); ok {
			for i := range list {
				list[i] = "text/html"
			}
		}
		params[name] = "overwritten"
	}
	if params != nil {
		params["more"] = "overwritten"
	}
}

// If one hook changes the faults that it gets, neither another answer nor the schema changes.
// Run under -race.
func TestFaultsAreNotShared(t *testing.T) {
	cfg := validate.Config{
		Patterns: map[string]string{"sku": `[A-Z]{3}`},
		Rules:    map[string]validate.Rule{"multiple": {Check: func(v any, _ string) bool { return v.(int)%5 == 0 }}},
		Observe: func(_ *http.Request, d validate.Decision) {
			if e, ok := errors.AsType[*httperr.Error](d.Err); ok {
				for i := range e.Faults {
					overwrite(e.Faults[i].Params)
				}
			}
		},
	}
	overwritten := kit.MustNew[pinned](t, cfg)
	cfg.Observe = nil
	clean := kit.MustNew[pinned](t, cfg)
	bad := func() *http.Request {
		r := kit.Post(`{"sku":"abc","step":1,"kind":"c","text":"abcd"}`)
		r.URL.RawQuery = "page=0&sort=x"
		return r
	}
	res, _ := kit.Send(clean, bad())
	want := fmt.Sprint(paramsOf(mwtest.Refused(t, res, 400, "validation_failed")))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 25 {
				_, _ = overwritten.Decode(nil, bad())
				res, _ := kit.Send(clean, bad())
				if got := fmt.Sprint(paramsOf(mwtest.Refused(t, res, 400, "validation_failed"))); got != want {
					t.Errorf("%s\nwant %s", got, want)
				}
				// The schema still accepts and refuses the same, after its Observe.
				_, err := overwritten.Decode(nil, kit.Post(`{"step":5,"sku":"abc"}`))
				if e, _ := errors.AsType[*httperr.Error](err); len(e.Faults) != 2 {
					t.Errorf("%v", err)
				}
			}
		})
	}
	all.Wait()
	// Changes of an earlier call of the hook would be visible here.
	seen := 0
	again := cfg
	again.Observe = func(_ *http.Request, d validate.Decision) {
		e, _ := errors.AsType[*httperr.Error](d.Err)
		for _, f := range e.Faults {
			if seen++; strings.Contains(fmt.Sprint(f.Params), "overwritten") {
				t.Errorf("%+v", f)
			}
			overwrite(f.Params)
		}
	}
	s := kit.MustNew[pinned](t, again)
	for range 3 {
		_, _ = s.Decode(nil, bad())
	}
	if seen != 18 {
		t.Errorf("%d faults", seen)
	}
}

func paramsOf(e mwtest.Envelope) (all []map[string]any) {
	for _, f := range e.Errors {
		all = append(all, f.Params)
	}
	return all
}

// Hooks get the accepted types in params. Changing them does not change the accepted files.
func TestAcceptedTypesAreNotShared(t *testing.T) {
	html := func() *http.Request {
		return kit.Submit("multipart/form-data; boundary="+boundary, title+file("photo", "a.gif", "<html><script>")+end)
	}
	for name, cfg := range map[string]validate.Config{
		"Messages": {Messages: func(_ *http.Request, f httperr.Fault) string { overwrite(f.Params); return "" }},
		"Observe": {Observe: func(_ *http.Request, d validate.Decision) {
			e, _ := errors.AsType[*httperr.Error](d.Err)
			overwrite(e.Faults[0].Params)
		}},
	} {
		s := kit.MustNew[upload](t, cfg)
		for range 3 {
			_, err := s.Decode(nil, html())
			e, ok := errors.AsType[*httperr.Error](err)
			if !ok || len(e.Faults) != 1 || e.Faults[0].Code != "file_type" {
				t.Fatalf("%s: a page is taken for a picture: %v", name, err)
			}
		}
	}
}

// Many requests call Messages, patterns and rules at once. Each call gets the values of its
// own request. Run under -race.
func TestHooksConcurrently(t *testing.T) {
	cfg := partConfig()
	cfg.Messages = func(r *http.Request, f httperr.Fault) string {
		return r.Header.Get("X-Mark") + " " + f.Code
	}
	s := kit.MustNew[component](t, cfg)
	var all sync.WaitGroup
	for g := range 6 {
		all.Go(func() {
			for i := range 40 {
				mark := fmt.Sprintf("%d-%d", g, i)
				r := kit.Post(`{"sku":"x","count":1,"step":1,"codes":["zz"],"alt":"x"}`)
				r.Header.Set("X-Mark", mark)
				res, _ := kit.Send(s, r)
				e := mwtest.Refused(t, res, 400, "validation_failed")
				if got := strings.Join(kit.Faults(e), ","); got != "/sku pattern,/count rule_even,/step rule_multiple,/codes/0 pattern,/alt invalid" {
					t.Errorf("%q", got)
				}
				for _, f := range e.Errors {
					if f.Message != mark+" "+f.Code {
						t.Errorf("%s: %+v", mark, f)
					}
				}
				if _, err := s.Decode(nil, kit.Post(`{"sku":"ABC1234","count":2,"step":5}`)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}
