package validate_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type model struct {
	ID        int       `json:"id"`
	CreatedAt time.Time `json:"created_at"`
}

type postcode struct {
	Code string `json:"code" validate:"required"`
}

// verdict returns where and why a request is refused, "" if it is not.
func verdict(err error) string {
	e, ok := errors.AsType[*httperr.Error](err)
	switch {
	case err == nil:
		return ""
	case !ok:
		return err.Error()
	}
	var all []string
	for _, f := range e.Faults {
		place := f.Name
		if f.Pointer != nil {
			place = *f.Pointer
		}
		all = append(all, place+" "+f.Code)
	}
	return strings.Join(all, ",")
}

func decodes[T any](t *testing.T, body string) string {
	t.Helper()
	_, err := kit.MustNew[T](t, validate.Config{}).Decode(nil, kit.Post(body))
	return verdict(err)
}

func submits[T any](t *testing.T, body string) string {
	t.Helper()
	_, err := kit.MustNew[T](t, validate.Config{}).Decode(nil, kit.Submit(kit.Urlencoded, body))
	return verdict(err)
}

// What the documentation says to those who come from the validator alone.
func TestComingFromValidator(t *testing.T) {
	type required struct {
		N int    `json:"n" validate:"required"`
		B bool   `json:"b" validate:"required"`
		S string `json:"s" validate:"required,min=1"`
	}
	type ruled struct {
		Code string `json:"code" validate:"required,min=2"`
	}
	type values struct {
		Home postcode  `json:"home" validate:"omitempty"`
		Ptr  *postcode `json:"ptr" validate:"omitempty"`
	}
	type nulls struct {
		S string                    `json:"s"`
		P *string                   `json:"p"`
		O validate.Optional[string] `json:"o"`
	}
	type open struct {
		model
		Name string `json:"name"`
	}
	type closed struct {
		model `json:"-"`
		Name  string `json:"name"`
		Admin bool   `json:"-"`
	}
	type day struct {
		Day string `query:"day" validate:"datetime=2006-01-02"`
	}
	type instant struct {
		At time.Time `query:"at"`
	}
	type inputs struct {
		Age   int    `form:"age"`
		Maybe *int   `form:"maybe"`
		Mail  string `form:"mail" validate:"email"`
		Other string `form:"other" validate:"omitempty,email"`
		Terms bool   `form:"terms"`
	}
	const mail = "mail=a@b.example"
	for name, tc := range map[string]struct{ got, want string }{
		"required may be zero":           {decodes[required](t, `{"n":0,"b":false,"s":"x"}`), ""},
		"required is there":              {decodes[required](t, `{"s":""}`), "/s min_length,/n required,/b required"},
		"omitempty on a value":           {decodes[values](t, `{}`), "/home required"},
		"omitempty on a pointer":         {decodes[values](t, `{"home":{"code":"x"}}`), ""},
		"null":                           {decodes[nulls](t, `{"s":null,"p":null,"o":null}`), "/s null"},
		"unknown":                        {decodes[nulls](t, `{"x":1}`), " unknown_member"},
		"in another case":                {decodes[nulls](t, `{"S":"a"}`), " unknown_member"},
		"an embedded model":              {decodes[open](t, `{"id":1,"created_at":"2026-11-22T10:00:00Z","name":""}`), ""},
		"an embedded model with a minus": {decodes[closed](t, `{"id":1}`), " unknown_member"},
		"a field with a minus":           {decodes[closed](t, `{"Admin":true}`), " unknown_member"},
		"an empty number":                {submits[inputs](t, mail+"&age="), "age type"},
		"an empty pointer":               {submits[inputs](t, mail+"&maybe="), "maybe type"},
		"empty mail":                     {submits[inputs](t, "mail=&other="), "mail format_email"},
		"a checkbox":                     {submits[inputs](t, mail+"&terms=on"), "terms type"},
		"a checkbox with a value":        {submits[inputs](t, mail+"&terms=true"), ""},
		"no checkbox":                    {submits[inputs](t, mail), ""},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %q, want %q", name, tc.got, tc.want)
		}
	}
	_, err := kit.MustNew[day](t, validate.Config{}).Decode(nil, httptest.NewRequest("GET", "/?day=2026-11-22", nil))
	_, other := kit.MustNew[instant](t, validate.Config{}).Decode(nil, httptest.NewRequest("GET", "/?at=2026-11-22", nil))
	if err != nil || verdict(other) != "at format_date_time" {
		t.Errorf("a day: %v, %v", err, other)
	}

	_, err = validate.New[struct {
		B string         `json:"b" binding:"min=3"`
		N int            `json:"n,string"`
		A any            `json:"a"`
		M map[string]any `json:"m"`
		L []ruled        `json:"l"`
	}](validate.Config{})
	mwtest.Faults(t, err, "validate: struct", "validate: struct", "validate: struct", "validate: struct", "validate: struct")
}

type outerPage struct {
	Page int `query:"page" validate:"min=1"`
}

type innerSort struct {
	Sort string   `query:"sort" validate:"oneof=up down"`
	Tags []string `query:"tag" style:"repeat"`
}

// Two schemas may look at one request, each at its own part of it, and the
// values of both are there.
func TestNestedSchemas(t *testing.T) {
	outer := kit.MustNew[outerPage](t, validate.Config{OtherQuery: []string{"sort", "tag"}})
	inner := kit.MustNew[innerSort](t, validate.Config{OtherQuery: []string{"page"}})
	calls := 0
	h := outer.Middleware(inner.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		calls++
		p, ok := validate.From[outerPage](r)
		s, ok2 := validate.From[innerSort](r)
		if !ok || !ok2 || p.Page != 2 || s.Sort != "up" {
			t.Errorf("%+v %v, %+v %v", p, ok, s, ok2)
		}
	})))
	if res := kit.Serve(h, httptest.NewRequest("GET", "/?page=2&sort=up", nil)); res.StatusCode != 200 || calls != 1 {
		t.Errorf("status %d, %d calls", res.StatusCode, calls)
	}
	for query, want := range map[string]string{"page=0&sort=up": "query page min", "page=1&sort=x": "query sort enum", "page=1&sort=up&x=1": "query  unknown_parameter"} {
		e := mwtest.Refused(t, kit.Serve(h, httptest.NewRequest("GET", "/?"+query, nil)), 400, "validation_failed")
		if got := strings.Join(kit.Sourced(e), ","); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	// The body is there once. Who comes second is told that there is none, and
	// does not take what is left of it for one.
	body := kit.MustNew[period](t, validate.Config{})
	other := kit.MustNew[pageAndBody](t, validate.Config{})
	spy := &mwtest.Spy{}
	mwtest.Refused(t, kit.Serve(body.Middleware(other.Middleware(spy)), kit.Post(good17)), 400, "body_required")
	// Of one type twice, the inner value counts.
	again := kit.MustNew[outerPage](t, validate.Config{OtherQuery: []string{"p"}})
	twice := again.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.RawQuery = "page=7"
		again.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if v, _ := validate.From[outerPage](r); v.Page != 7 {
				t.Errorf("%+v", v)
			}
		})).ServeHTTP(w, r)
		if v, _ := validate.From[outerPage](r); v.Page != 1 {
			t.Errorf("the outer value has become %+v", v)
		}
	}))
	kit.Serve(twice, httptest.NewRequest("GET", "/?page=1", nil))
	if spy.Calls() > 0 {
		t.Error("reached the handler")
	}
}

type keep struct {
	Text string            `json:"text"`
	List []string          `json:"list"`
	Map  map[string]string `json:"map"`
	In   *keep             `json:"in"`
}

// What a handler keeps of its value after it has returned stays what it was,
// and is its own to change. Run under -race.
func TestValueIsTheHandlersToKeep(t *testing.T) {
	kept := make(chan *keep, 400)
	h := validate.Handler(func(_ context.Context, in *keep) (*struct{}, error) {
		kept <- in
		return nil, nil
	})
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			for i := range 100 {
				mark := fmt.Sprintf("%d-%d", g, i)
				body := fmt.Sprintf(`{"text":%[1]q,"list":[%[1]q],"map":{%[1]q:%[1]q},"in":{"text":%[1]q}}`, mark)
				if res := kit.Serve(h, kit.Post(body)); res.StatusCode != 204 {
					t.Errorf("status %d", res.StatusCode)
				}
				v := <-kept // of some request, which may still be on its way
				if m := v.Text; v.List[0] != m || v.Map[m] != m || v.In.Text != m || len(v.Map) != 1 {
					t.Errorf("%+v", v)
				}
				v.Text, v.List[0], v.In.Text = "x", "x", "x"
				clear(v.Map)
			}
		})
	}
	all.Wait()
}

type temper struct {
	Mood string `json:"mood"`
}

func (m *temper) Validate(ctx context.Context) error {
	switch m.Mood {
	case "panic":
		panic("hunter2")
	case "abort":
		panic(http.ErrAbortHandler)
	case "taken":
		return errConflict.With(errors.New("hunter2"))
	case "left":
		return ctx.Err()
	case "wrapped":
		return fmt.Errorf("hunter2: %w", errConflict)
	}
	return nil
}

// A Validate method that panics is a handler that does: the outermost layer
// answers, nothing of it is shown, and the next request is served.
func TestValidateThatPanics(t *testing.T) {
	logger, _ := mwtest.Log()
	chain, err := httperr.New(httperr.Config{Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	s, spy := kit.MustNew[temper](t, validate.Config{}), &mwtest.Spy{}
	for name, h := range map[string]http.Handler{
		"Handler": chain.Handler(s.Middleware(spy)),
		"Handle": chain.Handler(validate.Handle(s, func(context.Context, *temper) (*temper, error) {
			spy.ServeHTTP(httptest.NewRecorder(), nil)
			return nil, nil
		})),
	} {
		dial := listen(t, h)
		c := dial("")
		before := spy.Calls()
		for _, tc := range []struct {
			mood   string
			status int
			code   string
		}{{"panic", 500, "internal_error"}, {"fine", 0, ""}, {"taken", 409, "taken"}, {"wrapped", 409, "taken"}, {"panic", 500, "internal_error"}, {"fine", 0, ""}} {
			body := `{"mood":"` + tc.mood + `"}`
			c.say(fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", jsonPut, len(body), body))
			res := c.hear()
			if tc.code == "" {
				if res.StatusCode >= 300 {
					t.Errorf("%s: %d", name, res.StatusCode)
				}
				continue
			}
			if e := mwtest.Refused(t, res, tc.status, tc.code); len(e.Errors) > 0 || strings.Contains(fmt.Sprint(e, res.Header), "hunter2") {
				t.Errorf("%s: %+v", name, e)
			}
		}
		if got := spy.Calls() - before; got != 2 {
			t.Errorf("%s: %d calls", name, got)
		}
		c.say(fmt.Sprintf("%sContent-Length: 16\r\n\r\n%s", jsonPut, `{"mood":"abort"}`))
		c.ended() // as the method asks
	}
	// Alone, net/http ends the connection, and only that.
	dial := listen(t, s.Middleware(spy))
	c := dial(jsonPut + "Content-Length: 16\r\n\r\n" + `{"mood":"panic"}`)
	c.ended()
	if res := dial(jsonPut + "Content-Length: 15\r\n\r\n" + `{"mood":"fine"}`).hear(); res.StatusCode != 200 {
		t.Errorf("status %d", res.StatusCode)
	}
}

// An error of a Validate method that is not about what was sent is not counted
// as a rejection; one with a status below 500 is.
func TestRecordOfValidate(t *testing.T) {
	facts := make(chan carrier.Facts, 1)
	h := ledger(facts, kit.MustNew[temper](t, validate.Config{}).Middleware(&mwtest.Spy{}))
	for mood, want := range map[string]bool{"taken": true, "wrapped": true, "fine": false} {
		kit.Serve(h, kit.Post(`{"mood":"`+mood+`"}`))
		if f := <-facts; f.Events&carrier.ValidateRejected != 0 != want || (f.Code != "") != want {
			t.Errorf("%s: %+v", mood, f)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if res := kit.Serve(h, kit.Post(`{"mood":"left"}`).WithContext(ctx)); res.StatusCode != 499 {
		t.Errorf("status %d", res.StatusCode)
	}
	if f := <-facts; f.Code != "client_closed_request" || f.Events != 0 {
		t.Errorf("%+v", f)
	}
}
