package validate_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

// A time that cannot be encoded again would be stored, and every later answer with it would
// be 500. So each source holds a time.Time, a UUID and a datetime to its format.
func TestTimesAndUUIDsHaveOneSpelling(t *testing.T) {
	type moments struct {
		At    time.Time                    `json:"at"`
		Ptr   *time.Time                   `json:"ptr"`
		Opt   validate.Optional[time.Time] `json:"opt"`
		List  []time.Time                  `json:"list"`
		By    map[string]time.Time         `json:"by"`
		ID    uuid.UUID                    `json:"id"`
		Stamp string                       `json:"stamp" validate:"omitempty,datetime=2006-01-02T15:04:05Z07:00"`
	}
	type query struct {
		At *time.Time `query:"at"`
		ID *uuid.UUID `query:"id"`
	}
	type form struct {
		At []time.Time `form:"at" style:"repeat"`
	}
	bodies, queries, forms := kit.MustNew[moments](t, validate.Config{}), kit.MustNew[query](t, validate.Config{}), kit.MustNew[form](t, validate.Config{})
	for text, fault := range map[string]string{
		"2026-01-02T03:04:05Z":      "",
		"2026-01-02T03:04:05.5Z":    "",
		"2026-01-02T03:04:05+23:59": "",
		"2026-01-02T03:04:05+24:00": " format_date_time",
		"2026-01-02T03:04:05-24:00": " format_date_time",
		"2026-01-02T03:04:05+23:60": " format_date_time",
		"2026-01-02T3:04:05Z":       " format_date_time",
		"2026-01-02T03:04:05,5Z":    " format_date_time",
		"9999-12-31T23:59:59-23:00": " format_date_time",
		"2026-02-30T03:04:05Z":      " format_date_time",
		"soon":                      " format_date_time",
	} {
		for body, place := range map[string]string{
			`{"at":"` + text + `"}`: "/at", `{"ptr":"` + text + `"}`: "/ptr", `{"opt":"` + text + `"}`: "/opt",
			`{"list":["` + text + `"]}`: "/list/0", `{"by":{"a":"` + text + `"}}`: "/by", `{"stamp":"` + text + `"}`: "/stamp",
		} {
			kit.Answers(t, bodies, body, at(place, fault))
		}
		kit.AnswersTo(t, queries, httptest.NewRequest("GET", "/?at="+url.QueryEscape(text), nil), at("query at", fault))
		kit.AnswersTo(t, forms, kit.Submit(kit.Urlencoded, "at="+url.QueryEscape(text)), at("form at", fault))
	}
	const id = "7b0c6f3e-0d52-4b0a-9d0e-5f6a7b8c9d0e"
	for text, fault := range map[string]string{
		id: "", "{" + id + "}": " format_uuid", "urn:uuid:" + id: " format_uuid", "7b0c6f3e0d524b0a9d0e5f6a7b8c9d0e": " format_uuid",
		"?" + id + "?": " format_uuid",
	} {
		kit.Answers(t, bodies, `{"id":"`+text+`"}`, at("/id", fault))
		kit.AnswersTo(t, queries, httptest.NewRequest("GET", "/?id="+url.QueryEscape(text), nil), at("query id", fault))
	}
}

// at returns a fault with its place, or "" without a fault.
func at(place, fault string) string {
	if fault == "" {
		return ""
	}
	return place + fault
}

// A field that keeps the bytes takes a number that a float64 would round.
func TestRawMessageKeepsEveryNumber(t *testing.T) {
	type hook struct {
		Raw   json.RawMessage            `json:"raw" free:"true"`
		ByRaw map[string]json.RawMessage `json:"by_raw" free:"true"`
		Any   any                        `json:"any" free:"true"`
	}
	s := kit.MustNew[hook](t, validate.Config{})
	for _, number := range []string{"505874924095815700", "-9007199254740993", "1e400", "0.1", "[9007199254740992.0]"} {
		body := `{"raw":` + number + `,"by_raw":{"a":` + number + `}}`
		in, err := s.Decode(nil, kit.Post(body))
		if err != nil || string(in.Raw) != number || string(in.ByRaw["a"]) != number {
			t.Errorf("%s: %v, %v", body, in, err)
		}
	}
	kit.Answers(t, s, `{"any":505874924095815700}`, "/any range")
	kit.Answers(t, s, `{"raw":1,"raw":2}`, "/raw duplicate_member")
}

// omitempty would make an Optional admit "" and 0, which it refuses behind a pointer.
func TestOmitemptyOnOptional(t *testing.T) {
	type text struct {
		Title validate.Optional[string] `json:"title" validate:"omitempty,min=3"`
	}
	type number struct {
		Count validate.Optional[int] `json:"count" validate:"omitzero"`
	}
	type right struct {
		Title validate.Optional[string] `json:"title" validate:"min=3"`
	}
	refusedWith[text](t, "remove omitempty")
	refusedWith[number](t, "remove omitempty")
	s := kit.MustNew[right](t, validate.Config{})
	kit.Answers(t, s, `{"title":""}`, "/title min_length")
	kit.Answers(t, s, `{"title":null}`, "")
	kit.Answers(t, s, `{}`, "")
}

// refusedWith checks that New refuses T, and that its faults have all the texts.
func refusedWith[T any](t *testing.T, texts ...string) {
	t.Helper()
	_, err := validate.New[T](validate.Config{})
	for _, text := range texts {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%T: no %q in %v", *new(T), text, err)
		}
	}
}

type signUp struct {
	Email string `json:"email" validate:"required,email"`
	Name  string `json:"name"`
}

var errTaken = &httperr.Error{Status: http.StatusConflict, Code: "account_taken", Message: "The account is taken."}

// A fault that only the handler can find is answered like a fault of the request, from every
// function that answers errors. A failure of the service beside it is not hidden.
func TestFaultOfAHandler(t *testing.T) {
	taken, long := validate.Fault("/email", "taken", "is taken"), validate.Fault("/name", "rude", "is rude")
	for name, test := range map[string]struct {
		err    error
		status int
		want   string
	}{
		"a fault":              {taken, 422, "validation_failed [/email taken]"},
		"wrapped":              {fmt.Errorf("insert: %w", taken), 422, "validation_failed [/email taken]"},
		"in ErrInvalid":        {validate.ErrInvalid.With(taken), 422, "validation_failed [/email taken]"},
		"two in ErrInvalid":    {validate.ErrInvalid.With(errors.Join(taken, long)), 422, "validation_failed [/email taken /name rude]"},
		"two":                  {errors.Join(taken, long), 422, "validation_failed [/email taken /name rude]"},
		"in a 409":             {errTaken.With(taken), 409, "account_taken [/email taken]"},
		"in a 500":             {httperr.ErrInternal.With(taken), 500, "internal_error []"},
		"beside a failure":     {errors.Join(taken, errors.New("no database")), 500, "internal_error []"},
		"a mistake":            {validate.Fault("email", "taken", "is taken"), 500, "internal_error []"},
		"ErrInvalid by itself": {validate.ErrInvalid, 422, "validation_failed []"},
	} {
		s := kit.MustNew[signUp](t, validate.Config{Status: 422, Messages: func(_ *http.Request, f httperr.Fault) string {
			return "!" + f.Message
		}})
		for door, h := range map[string]http.Handler{
			"Handle":      validate.Handle(s, func(context.Context, *signUp) (*signUp, error) { return nil, test.err }),
			"HandlerFunc": s.Middleware(httperr.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return test.err })),
			"Write":       s.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { httperr.Write(w, r, test.err) })),
		} {
			if door != "Handle" && name == "ErrInvalid by itself" {
				continue // it has no fault that would lead to the Config
			}
			res := kit.Serve(h, kit.Post(`{"email":"a@b.example"}`))
			e, err := mwtest.ReadEnvelope(res)
			if got := fmt.Sprint(e.Code, " ", kit.Faults(e)); err != nil || got != test.want || res.StatusCode != test.status {
				t.Errorf("%s by %s: %d %s, %v", name, door, res.StatusCode, got, err)
			}
			for _, f := range e.Errors {
				if !strings.HasPrefix(f.Message, "!") {
					t.Errorf("%s by %s: message %q", name, door, f.Message)
				}
			}
		}
	}
}

// nullText is a text that has a value for null, as the types of database packages have.
type nullText struct {
	Text  string
	Valid bool
}

func (n *nullText) UnmarshalJSON(b []byte) error {
	if n.Valid = string(b) != "null"; !n.Valid {
		return nil
	}
	return json.Unmarshal(b, &n.Text)
}

func (n nullText) MarshalJSON() ([]byte, error) {
	if !n.Valid {
		return []byte("null"), nil
	}
	return json.Marshal(n.Text)
}

// whole ignores null, by the convention of encoding/json, and has no value for it.
type whole int

func (w *whole) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, (*int)(w)) }

// bytesOfJSON is as the JSON type of a database package.
type bytesOfJSON json.RawMessage

func (b *bytesOfJSON) UnmarshalJSON(in []byte) error {
	return (*json.RawMessage)(b).UnmarshalJSON(in)
}

func (b bytesOfJSON) MarshalJSON() ([]byte, error) { return json.RawMessage(b).MarshalJSON() }

// A Go client writes null for each list and map that is nil.
func TestNullOfAGoClient(t *testing.T) {
	type server struct {
		Host  string            `json:"host" validate:"required"`
		Tags  []string          `json:"tags" validate:"max=3"`
		Meta  map[string]string `json:"meta"`
		Grid  [][]int           `json:"grid"`
		Key   []byte            `json:"key"`
		Ports []int             `json:"ports" validate:"omitempty,min=1"`
		Text  nullText          `json:"text"`
		JSON  bytesOfJSON       `json:"json"`
	}
	s := kit.MustNew[server](t, validate.Config{})
	sent, err := json.Marshal(server{Host: "h", Grid: [][]int{nil}})
	if err != nil || !strings.Contains(string(sent), `"tags":null,"meta":null,"grid":[null],"key":null,"ports":null,"text":null,"json":null`) {
		t.Fatal(err, string(sent))
	}
	in, err := s.Decode(nil, kit.Post(string(sent)))
	if err != nil || in.Tags != nil || in.Meta != nil || in.Text.Valid {
		t.Error(in, err)
	}
	kit.Answers(t, s, `{"host":"h","tags":["a"],"meta":{"a":"b"},"text":"a","json":{"a":1}}`, "")

	type rules struct {
		Must  []int             `json:"must" validate:"required"`
		Some  []int             `json:"some" validate:"min=1"`
		Text  nullText          `json:"text" validate:"required"`
		Num   whole             `json:"num"`
		Pair  [2]int            `json:"pair"`
		Kind  string            `json:"kind"`
		Never []int             `json:"never" validate:"excluded_if=Kind a"`
		Maybe []int             `json:"maybe" validate:"required_if=Kind b"`
		Free  *[]int            `json:"free"`
		Deep  map[string]*[]int `json:"deep" validate:"dive,required"`
	}
	r := kit.MustNew[rules](t, validate.Config{})
	const rest = `"must":[],"some":[1],"text":"a"`
	kit.Answers(t, r, `{`+rest+`,"free":null}`, "")
	kit.Answers(t, r, `{"must":null,"some":null,"text":null,"num":null,"pair":null,"deep":{"a":null}}`,
		"/must null,/some null,/text null,/num null,/pair null,/deep null")
	kit.Answers(t, r, `{`+rest+`,"kind":"a","never":null}`, "/never excluded")
	kit.Answers(t, r, `{`+rest+`,"kind":"b","maybe":null}`, "/maybe required")
}

// The answer to a type that is not accepted says which one is.
func TestAnswerNamesTheAcceptedType(t *testing.T) {
	type form struct {
		Name string        `form:"name"`
		File validate.File `form:"file"`
	}
	body, upload := kit.MustNew[signUp](t, validate.Config{}), kit.MustNew[form](t, validate.Config{})
	for _, test := range []struct {
		h               http.Handler
		media, encoding string
		accept, message string
	}{
		{body.Middleware(done), "", "", "application/json", "The Content-Type of the request must be application/json."},
		{body.Middleware(done), "text/plain", "", "application/json", "The Content-Type of the request must be application/json."},
		{body.Middleware(done), "application/json; charset=latin1", "", "application/json", "The charset of the Content-Type must be utf-8."},
		{body.Middleware(done), "application/json", "gzip", "", "The request must not have a Content-Encoding."},
		{upload.Middleware(done), "application/json", "", "multipart/form-data, application/x-www-form-urlencoded",
			"The Content-Type of the request must be multipart/form-data or application/x-www-form-urlencoded."},
		{upload.Middleware(done), "multipart/form-data", "", "multipart/form-data, application/x-www-form-urlencoded",
			"The Content-Type of the request must be multipart/form-data or application/x-www-form-urlencoded."},
	} {
		r := kit.Submit(test.media, `{}`)
		if test.encoding != "" {
			r.Header.Set("Content-Encoding", test.encoding)
		}
		res := kit.Serve(test.h, r)
		e, _ := mwtest.ReadEnvelope(res)
		if res.StatusCode != 415 || res.Header.Get("Accept") != test.accept || e.Message != test.message {
			t.Errorf("%s %s: %d %v %q", test.media, test.encoding, res.StatusCode, res.Header, e.Message)
		}
	}
}

var done = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

type gormModel struct {
	ID        uint `gorm:"primarykey"`
	CreatedAt time.Time
}

type audited struct {
	gormModel
	By string `json:"by"`
}

type pageOf struct {
	Page  int `query:"page" default:"1"`
	Limit int `query:"limit" default:"20"`
	note  string
}

// The fields of an embedded model are members that a client could write.
func TestEmbeddedModelIsRefused(t *testing.T) {
	_ = pageOf{}.note
	type direct struct {
		gormModel
		Title string `json:"title"`
	}
	type deep struct {
		audited
		Title string `json:"title"`
	}
	type hidden struct {
		gormModel `json:"-"`
		Title     string `json:"title"`
	}
	type tagged struct {
		base
		pageOf
		Title string `json:"title"`
	}
	const fix = `"ID CreatedAt": is in an embedded struct and has no tag, so that a client could write it; tag the embedded field itself json:"-"`
	refusedWith[direct](t, `direct.gormModel: `+fix)
	refusedWith[deep](t, `deep.audited.gormModel: `+fix)
	kit.Answers(t, kit.MustNew[hidden](t, validate.Config{}), `{"title":"a","ID":1}`, " unknown_member")
	kit.MustNew[tagged](t, validate.Config{})
}

// A refusal of New says where the field is, and what to write.
func TestRefusalsSayWhatToWrite(t *testing.T) {
	type checkout struct {
		Student struct {
			Name string `json:"name" validate:"foo"`
			Bill []struct {
				City  string           `json:"city" validate:"bar"`
				Lines []map[string]baz `json:"lines"`
			} `json:"bill" validate:"dive"`
		} `json:"student"`
		Payer struct {
			Name string `json:"name" mod:"shout"`
			Sum  *struct {
				N int `json:"n" default:"x"`
			} `json:"sum"`
		} `json:"payer"`
	}
	type files struct {
		One  *multipart.FileHeader   `form:"one"`
		More []*multipart.FileHeader `form:"more"`
	}
	type member struct {
		One *multipart.FileHeader `json:"one"`
	}
	type words struct {
		S string `json:"s" validate:"oneof=a,b,c,max=3"`
		I string `json:"i" validate:"required,ip_addr"`
		T string `json:"t" validate:"tcp_addr"`
	}
	type nils struct {
		A *int `json:"a" validate:"excluded_if=B nil,max=5"`
		B *int `json:"b"`
		C *int `json:"c" validate:"required_unless=B nil"`
	}
	refusedWith[checkout](t, `validate: checkout.Student.Name: "foo"`, `validate: checkout.Student.Bill[].City: "bar"`,
		`validate: checkout.Student.Bill[].Lines: `, `validate: checkout.Payer.Name: "shout"`, `validate: checkout.Payer.Sum.N: "x"`)
	refusedWith[files](t, "files.One", "use validate.File, *validate.File if", "files.More")
	refusedWith[member](t, "use validate.File", "tag the field form")
	refusedWith[words](t, `"b": is not a rule that this package knows`, "; the words of oneof have spaces between them", `words.I: "ip_addr"`, "; check the text alone by ip, ipv4, ipv6 or hostname_port")
	refusedWith[nils](t, "write excluded_without=B", "write required_with=B")
	refusedWith[*words](t, "write the type without a *")
	type patterned struct {
		P string `json:"p" validate:"strong"`
	}
	_, err := validate.New[patterned](validate.Config{Patterns: map[string]string{"strong": `(?=.*[0-9]).{8,}`}})
	if err == nil || !strings.Contains(err.Error(), "RE2, which has no lookahead") {
		t.Error(err)
	}
}

type baz struct {
	N int `json:"n" validate:"min=1"`
}

// The message of a Rule tells the client which values are valid.
func TestRuleCarriesItsMessage(t *testing.T) {
	type account struct {
		Password string `json:"password" validate:"required,min=8,password"`
		Name     string `json:"name" validate:"omitempty,polite"`
	}
	strong := func(v any, _ string) bool { return strings.ContainsAny(v.(string), "0123456789") }
	s := kit.MustNew[account](t, validate.Config{Rules: map[string]validate.Rule{
		"password": {Check: strong, Message: "must have a digit"},
		"polite":   {Check: func(v any, _ string) bool { return v.(string) != "damn" }},
	}})
	res, _ := kit.Send(s, kit.Post(`{"password":"abcdefgh","name":"damn"}`))
	e, _ := mwtest.ReadEnvelope(res)
	if got := fmt.Sprint(kit.Faults(e)); got != "[/password rule_password /name rule_polite]" {
		t.Fatal(got)
	}
	if e.Errors[0].Message != "must have a digit" || e.Errors[1].Message != "is not valid" {
		t.Errorf("%+v", e.Errors)
	}
}

// What was sent counts, also if it is zero: for excluded_… and for required_…, in a body and in
// a query. Null counts for excluded_….
func TestPresenceCountsAndNotTheValue(t *testing.T) {
	type quota struct {
		Role  string                 `json:"role"`
		Plain int                    `json:"plain" validate:"excluded_if=Role user"`
		Ptr   *int                   `json:"ptr" validate:"excluded_if=Role user"`
		Opt   validate.Optional[int] `json:"opt" validate:"excluded_if=Role user"`
		List  []int                  `json:"list" validate:"excluded_if=Role user"`
	}
	type agree struct {
		Kind  string                 `json:"kind"`
		Agree bool                   `json:"agree" validate:"required_if=Kind sms"`
		A     validate.Optional[int] `json:"a" validate:"required_without=B"`
		B     validate.Optional[int] `json:"b" validate:"required_without=A"`
	}
	type page struct {
		A int `query:"a" validate:"excluded_with=B"`
		B int `query:"b" validate:"required_with=A"`
	}
	q, a, p := kit.MustNew[quota](t, validate.Config{}), kit.MustNew[agree](t, validate.Config{}), kit.MustNew[page](t, validate.Config{})
	for _, name := range []string{"plain", "ptr", "opt", "list"} {
		zero := map[string]string{"list": "[]"}[name]
		if zero == "" {
			zero = "0"
		}
		kit.Answers(t, q, `{"role":"user","`+name+`":`+zero+`}`, "/"+name+" excluded")
		kit.Answers(t, q, `{"role":"admin","`+name+`":`+zero+`}`, "")
		if name != "plain" {
			kit.Answers(t, q, `{"role":"user","`+name+`":null}`, "/"+name+" excluded")
		}
	}
	kit.Answers(t, a, `{"kind":"sms","agree":false,"a":0}`, "")
	kit.Answers(t, a, `{"kind":"sms"}`, "/agree required,/a required,/b required")
	kit.AnswersTo(t, p, httptest.NewRequest("GET", "/?a=0&b=0", nil), "query a excluded")
	kit.AnswersTo(t, p, httptest.NewRequest("GET", "/?a=0", nil), "query b required")
}

// The refusal of another Schema keeps its own status, also behind the Middleware of one.
func TestRefusalOfAnotherSchema(t *testing.T) {
	inner, outer := kit.MustNew[picky](t, validate.Config{}), kit.MustNew[signUp](t, validate.Config{Status: 422})
	h := outer.Middleware(httperr.HandlerFunc(func(_ http.ResponseWriter, _ *http.Request) error {
		_, err := inner.Decode(nil, kit.Post(`{"n":1}`))
		return err
	}))
	mwtest.Refused(t, kit.Serve(h, kit.Post(`{"email":"a@b.example"}`)), 400, "validation_failed")
}

type picky struct {
	N int `json:"n"`
}

func (*picky) Validate(context.Context) error { return validate.Fault("/n", "picky", "is never right") }
