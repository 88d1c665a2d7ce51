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

	"github.com/google/uuid"

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

// faultsOf returns the places and codes of the faults in err, "" if err is nil.
func faultsOf(err error) string {
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

func decodeFaults[T any](t *testing.T, body string) string {
	t.Helper()
	_, err := kit.MustNew[T](t, validate.Config{}).Decode(nil, kit.Post(body))
	return faultsOf(err)
}

func submitFaults[T any](t *testing.T, body string) string {
	t.Helper()
	_, err := kit.MustNew[T](t, validate.Config{}).Decode(nil, kit.Submit(kit.Urlencoded, body))
	return faultsOf(err)
}

// The Examples for structs of other binders list these differences.
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
		"required may be zero":           {decodeFaults[required](t, `{"n":0,"b":false,"s":"x"}`), ""},
		"required is there":              {decodeFaults[required](t, `{"s":""}`), "/s min_length,/n required,/b required"},
		"omitempty on a value":           {decodeFaults[values](t, `{}`), "/home required"},
		"omitempty on a pointer":         {decodeFaults[values](t, `{"home":{"code":"x"}}`), ""},
		"null":                           {decodeFaults[nulls](t, `{"s":null,"p":null,"o":null}`), "/s null"},
		"unknown":                        {decodeFaults[nulls](t, `{"x":1}`), " unknown_member"},
		"in another case":                {decodeFaults[nulls](t, `{"S":"a"}`), " unknown_member"},
		"an embedded model":              {decodeFaults[open](t, `{"id":1,"created_at":"2026-11-22T10:00:00Z","name":""}`), ""},
		"an embedded model with a minus": {decodeFaults[closed](t, `{"id":1}`), " unknown_member"},
		"a field with a minus":           {decodeFaults[closed](t, `{"Admin":true}`), " unknown_member"},
		"an empty number":                {submitFaults[inputs](t, mail+"&age="), "age type"},
		"an empty pointer":               {submitFaults[inputs](t, mail+"&maybe="), "maybe type"},
		"empty mail":                     {submitFaults[inputs](t, "mail=&other="), "mail format_email"},
		"a checkbox":                     {submitFaults[inputs](t, mail+"&terms=on"), "terms type"},
		"a checkbox with a value":        {submitFaults[inputs](t, mail+"&terms=true"), ""},
		"no checkbox":                    {submitFaults[inputs](t, mail), ""},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %q, want %q", name, tc.got, tc.want)
		}
	}
	_, err := kit.MustNew[day](t, validate.Config{}).Decode(nil, httptest.NewRequest("GET", "/?day=2026-11-22", nil))
	_, other := kit.MustNew[instant](t, validate.Config{}).Decode(nil, httptest.NewRequest("GET", "/?at=2026-11-22", nil))
	if err != nil || faultsOf(other) != "at format_date_time" {
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

// Two schemas may read one request, each its own part, and the handler gets the
// values of both.
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
	// The body can be read once. The second schema reports that there is no body, and
	// does not read an empty rest as a body.
	body := kit.MustNew[period](t, validate.Config{})
	other := kit.MustNew[pageAndBody](t, validate.Config{})
	spy := &mwtest.Spy{}
	mwtest.Refused(t, kit.Serve(body.Middleware(other.Middleware(spy)), kit.Post(good17)), 400, "body_required")
	// If one type is used twice, the handler gets the inner value.
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

// A handler may keep its value after it has returned, and may change it. Other requests do not
// change it. Run under -race.
func TestHandlerMayKeepItsValue(t *testing.T) {
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
				v := <-kept // of any request, which may not have ended yet
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

// A panic of a Validate method is handled like a panic of the handler: the outermost layer
// answers, the client does not see the panic, and the next request is served.
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
			c.send(fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", jsonPut, len(body), body))
			res := c.readResponse()
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
		c.send(fmt.Sprintf("%sContent-Length: 16\r\n\r\n%s", jsonPut, `{"mood":"abort"}`))
		c.expectClosed() // http.ErrAbortHandler closes the connection
	}
	// Without an outermost layer, net/http ends only this connection.
	dial := listen(t, s.Middleware(spy))
	c := dial(jsonPut + "Content-Length: 16\r\n\r\n" + `{"mood":"panic"}`)
	c.expectClosed()
	if res := dial(jsonPut + "Content-Length: 15\r\n\r\n" + `{"mood":"fine"}`).readResponse(); res.StatusCode != 200 {
		t.Errorf("status %d", res.StatusCode)
	}
}

// An error of a Validate method counts as a rejection only if it has a status below 500.
func TestRecordOfValidate(t *testing.T) {
	facts := make(chan carrier.Facts, 1)
	h := sendRecords(facts, kit.MustNew[temper](t, validate.Config{}).Middleware(&mwtest.Spy{}))
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

// In a list required asks that an element is there, and not null: the members of a struct say
// for themselves which of them are required.
func TestRequiredElements(t *testing.T) {
	type line struct {
		SKU  string `json:"sku" validate:"required,min=1"`
		Note string `json:"note"`
	}
	type order struct {
		Lines []line          `json:"lines" validate:"required,min=1,max=3,dive,required"`
		IDs   []uuid.UUID     `json:"ids" validate:"dive,required"`
		By    map[string]line `json:"by" validate:"dive,required"`
	}
	s := kit.MustNew[order](t, validate.Config{})
	kit.Answers(t, s, `{"lines":[{"sku":"a"}],"ids":["7b0cb0a5-4f52-4c41-9a8e-3d0f4b1d2c5f"],"by":{"x":{"sku":"b"}}}`, "")
	kit.Answers(t, s, `{"lines":[{}]}`, "/lines/0/sku required")
	kit.Answers(t, s, `{"lines":[null],"by":{"x":null}}`, "/lines/0 null,/by null")
	kit.Answers(t, s, `{"lines":[{"sku":"a"}],"ids":["",null]}`, "/ids/0 format_uuid,/ids/1 null")
}
