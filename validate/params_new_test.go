package validate_test

import (
	"math/big"
	"net/netip"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
)

type inBody struct {
	Deep int `query:"deep"`
}

type badParams struct {
	Two    string                    `query:"two" header:"Two"`
	Both   string                    `query:"both" json:"both"`
	Style  []string                  `query:"style"`
	Other  []string                  `query:"other" style:"pipe"`
	Scalar string                    `query:"scalar" style:"comma"`
	Name   string                    `query:"a[b]"`
	Empty  string                    `query:""`
	Same   string                    `query:"same"`
	Same2  string                    `query:"same"`
	Fold   string                    `query:"Same"`
	Bytes  []byte                    `query:"bytes"`
	Map    map[string]string         `query:"map"`
	Any    any                       `query:"any"`
	Struct struct{ A int }           `query:"struct"`
	Nested [][]string                `query:"nested" style:"repeat"`
	PtrArr *[]string                 `query:"ptr_arr"`
	Opt    validate.Optional[string] `query:"opt"`
	File   validate.File             `query:"file"`
	List   []string                  `path:"list" style:"comma"`
	Auth   string                    `header:"authorization"`
	Cookie string                    `header:"Cookie"`
	Host   string                    `header:"host"`
	Length int                       `header:"content-length"`
	Custom string                    `header:"Content-Anything"`
	TE     string                    `header:"TE"`
	Conn   string                    `header:"connection"`
	XFF    string                    `header:"x-forwarded-for"`
	Token  string                    `header:"a b"`
	Rule   int                       `query:"rule" validate:"email"`
	Wrong  int                       `query:"wrong" validate:"nosuchrule"`
	Accept string                    `query:"accept" accept:"image/png"`
	hidden string                    `query:"hidden"`
	In     inBody                    `json:"in"`
	Styled string                    `json:"styled" style:"comma"`
}

func TestParametersRefused(t *testing.T) {
	_ = badParams{}.hidden
	_, err := validate.New[badParams](validate.Config{})
	mwtest.Faults(t, err,
		`validate: badParams.Two: "Two": is a second source`, `validate: badParams.Both: "both": is a member of the body, and`,
		`validate: badParams.Style: does not say how the list is sent`, `validate: badParams.Other: "pipe": does not say how`, `validate: badParams.Scalar: "comma": is the style of a list`,
		`validate: badParams.Name: "a[b]": is not the name of a parameter`, `validate: badParams.Empty: is not the name`,
		`validate: badParams.Same2: "same": is the name of two`, `validate: badParams.Fold: "Same": differs`, `validate: badParams.Fold: "Same": differs`,
		`validate: badParams.Bytes: "[]uint8": is not a type`, "validate: badParams.Map", "validate: badParams.Any", "validate: badParams.Struct", "validate: badParams.Nested", "validate: badParams.PtrArr",
		`validate: badParams.Opt: "validate.Optional[string]": is not a type that a parameter`, `validate: badParams.File: "validate.File": is not a type`,
		`validate: badParams.List: "[]string": is a list, and what is read from the path`,
		`validate: badParams.Auth: "Authorization": is a credential`, `validate: badParams.Cookie: "Cookie": is a credential`, `validate: badParams.Host: "Host"`,
		`validate: badParams.Length: "Content-Length"`, `validate: badParams.Custom: "Content-Anything"`, `validate: badParams.TE: "Te"`, `validate: badParams.Conn: "Connection"`,
		`validate: badParams.XFF: "X-Forwarded-For": is what a proxy says`, `validate: badParams.Token: "a b": is not the name of a header`,
		`validate: badParams.Rule: "email": is a rule for text`, `validate: badParams.Wrong: "nosuchrule": is not a rule`, `validate: badParams.Accept: "image/png": is a list of media types`,
		`validate: badParams.hidden: "hidden": is not exported`, `validate: inBody.Deep: "deep": is a parameter inside the body`, `validate: badParams.Styled: "comma": is the style of a parameter, and the field is none`)
}

type inItself struct {
	Page int        `query:"page"`
	Kids []inItself `json:"kids"`
}

type hiddenBehindEmbedded struct {
	Title string `query:"t"`
	inner2
}

type inner2 struct {
	Body string `json:"Title"`
}

// What encoding/json knows of the struct, and we do not, may not bring a member
// of the body into a parameter.
func TestParametersAndBodyRefused(t *testing.T) {
	_, err := validate.New[inItself](validate.Config{})
	mwtest.Faults(t, err, "validate: inItself: \"validate_test.inItself\": has parameters and is inside its own body")
	_, err = validate.New[hiddenBehindEmbedded](validate.Config{})
	mwtest.Faults(t, err, `validate: hiddenBehindEmbedded: "Title": is a member of the body with the Go name of the field hiddenBehindEmbedded.Title`)
	if _, err = validate.New[struct {
		Title string `query:"t" json:"-"`
		inner2
	}](validate.Config{}); err != nil {
		t.Error(err) // encoding/json is told to leave the field alone
	}
}

func TestSourceConfigRefused(t *testing.T) {
	_, err := validate.New[Paging](validate.Config{OtherQuery: []string{"page", ""}, ReadTimeout: -1, MaxFile: -1})
	mwtest.Faults(t, err, `validate: OtherQuery[0]: "page": is a parameter of this schema`, `validate: OtherQuery[1]: ""`, `validate: ReadTimeout: "-1ns": is negative`, `validate: MaxFile: "-1"`)
	_, err = validate.New[Paging](validate.Config{ReadTimeout: time.Hour})
	mwtest.Faults(t, err, `validate: ReadTimeout: "1h0m0s": is more than 10m0s; `)
}

type settings struct {
	Theme string `json:"theme" default:"dark" validate:"oneof=dark light"`
	Size  int    `json:"size" default:"12" validate:"min=8"`
}

type defaulted struct {
	Name  string     `json:"name" default:" Ann " mod:"trim,lower" validate:"min=3,max=3"`
	On    bool       `json:"on" default:"true"`
	Rate  float64    `json:"rate" default:"0.5"`
	At    time.Time  `json:"at" default:"2026-01-02T03:04:05Z"`
	IP    netip.Addr `json:"ip" default:"::1"`
	Inner settings   `json:"inner"`
	Kids  []settings0
	Page  int    `query:"page" default:"3" validate:"min=1"`
	Match string `header:"If-Match" default:"*"`
}

type settings0 struct {
	Name string `json:"name"`
}

func TestDefaults(t *testing.T) {
	s := mustNew[defaulted](t, validate.Config{})
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for range 2 {
		v, err := s.Decode(nil, post(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		if v.Name != "ann" || !v.On || v.Rate < 0.5 || !v.At.Equal(at) || v.IP != netip.IPv6Loopback() || v.Inner != (settings{"dark", 12}) || v.Page != 3 || v.Match != "*" {
			t.Errorf("%+v", v)
		}
	}
	// What is sent stays, a zero or an empty string too.
	r := post(`{"on":false,"rate":0,"inner":{"size":9},"at":"0001-01-01T00:00:00Z","ip":""}`)
	r.URL.RawQuery = "page=1"
	r.Header["If-Match"] = []string{""}
	v, err := s.Decode(nil, r)
	if err != nil || v.On || v.Rate > 0 || v.Inner != (settings{"dark", 9}) || !v.At.IsZero() || v.IP.IsValid() || v.Page != 1 || v.Match != "" {
		t.Errorf("%+v, %v", v, err)
	}
	// A request that is refused for one thing has its defaults judged all the same.
	res, _ := send(s, post(`{"name":"","at":"x","inner":{"theme":"","size":0}}`))
	if got := sourced(mwtest.Refused(t, res, 400, "validation_failed")); sprint(got) != "[/name min_length /at format_date_time /inner/theme enum /inner/size min]" {
		t.Errorf("%q", got)
	}
}

type badDefaults struct {
	Required int                    `json:"required" default:"1" validate:"required"`
	Number   int                    `json:"number" default:"1.5"`
	Range    int8                   `json:"range" default:"128"`
	Rule     int                    `query:"rule" default:"0" validate:"min=1"`
	Mod      string                 `json:"mod" default:" a " mod:"trim" validate:"min=3"`
	List     []int                  `query:"list" style:"comma" default:"1,2"`
	Ptr      *int                   `json:"ptr" default:"1"`
	Opt      validate.Optional[int] `json:"opt" default:"1"`
	Ignored  int                    `json:"-" default:"1"`
	ID       string                 `path:"id" default:"x"`
	Items    []settings             `json:"items" validate:"dive"`
	One      *settings1             `json:"one"`
	Struct   settings0              `json:"struct" default:"x"`
}

type settings1 struct {
	Deep int `json:"deep" default:"1"`
}

// A type with a pointer inside is made anew for each request.
func TestDefaultsAreNotShared(t *testing.T) {
	s := mustNew[struct {
		N big.Int `json:"n" default:"7000000000000000000000"`
		Q big.Int `query:"q" default:"8"`
	}](t, validate.Config{})
	for range 2 {
		v, err := s.Decode(nil, post(`{}`))
		if err != nil || v.N.String() != "7000000000000000000000" || v.Q.String() != "8" {
			t.Fatalf("%+v, %v", v, err)
		}
		v.N.Bits()[0], v.Q.Bits()[0] = 0, 0
	}
}

type lowerText string

// A field that cannot be set has no default, and New does not panic at it.
func TestDefaultOfWhatIsNotExported(t *testing.T) {
	_, err := validate.New[struct {
		lowerText `default:"x"`
		hidden    string `default:"x"`
	}](validate.Config{})
	if n := len(mwtest.Leaves(err)); n != 2 {
		t.Errorf("%d faults: %v", n, err)
	}
}

func TestDefaultsRefused(t *testing.T) {
	_, err := validate.New[badDefaults](validate.Config{})
	mwtest.Faults(t, err,
		`validate: badDefaults.Required: "1": is a default for what is required`, `validate: badDefaults.Number: "1.5": is not a value of the field: it must be an integer`,
		`validate: badDefaults.Range: "128": is not a value`, "validate: badDefaults.List", "validate: badDefaults.Ptr", "validate: badDefaults.Opt",
		`validate: badDefaults.Ignored: "1": is a default for a field that nothing is read into`, `validate: badDefaults.ID: "x": is a default for a part of the path`,
		`validate: settings.Theme: "dark": is a default inside a list`, `validate: settings.Size`, "validate: settings1.Deep", "validate: badDefaults.Struct")
	_, err = validate.New[struct {
		Rule int    `query:"rule" default:"0" validate:"min=1"`
		Mod  string `json:"mod" default:" a " mod:"trim" validate:"min=3"`
		In   struct {
			N int `json:"n" default:"9" validate:"max=5"`
			M int `json:"m" default:"9" validate:"gtfield=N"`
		} `json:"in"`
	}](validate.Config{})
	if leaves := mwtest.Leaves(err); len(leaves) != 3 {
		t.Errorf("%v", err)
	}
}
