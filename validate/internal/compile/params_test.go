package compile_test

import (
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
	Void   int                       `query:"void" empty:"null"`
	Voids  []int                     `query:"voids" style:"repeat" empty:"absent"`
	VoidH  int                       `header:"Void" empty:"absent"`
	VoidM  string                    `json:"void_m" empty:"absent"`
	hidden string                    `query:"hidden"`
	In     inBody                    `json:"in"`
}

func TestParametersRefused(t *testing.T) {
	_ = badParams{}.hidden
	_, err := validate.New[badParams](validate.Config{})
	mwtest.Faults(t, err,
		`validate: badParams.Void: "null": is not a meaning of an empty text; write empty:"absent"`, `validate: badParams.Voids: "absent": is for one value`,
		`validate: badParams.VoidH: "absent": is for one value`, `validate: badParams.VoidM: "absent": is for a parameter`,
		`validate: badParams.Two: "Two": is a second source`, `validate: badParams.Both: "both": is a member of the body, and`,
		`validate: badParams.Style: does not say how the list is sent`, `validate: badParams.Other: "pipe": does not say how`, `validate: badParams.Scalar: "comma": is the style of a list`,
		`validate: badParams.Name: "a[b]": has brackets, which no parser here expands: a value is sent under exactly this name; tag it style:"brackets" if that is meant`, `validate: badParams.Empty: is not the name`,
		`validate: badParams.Same2: "same": is the name of two`, `validate: badParams.Fold: "Same": differs`, `validate: badParams.Fold: "Same": differs`,
		`validate: badParams.Bytes: "[]uint8": is not a type`, "validate: badParams.Map", "validate: badParams.Any", "validate: badParams.Struct", "validate: badParams.Nested", "validate: badParams.PtrArr",
		`validate: badParams.Opt: "validate.Optional[string]": is not a type that a parameter`, `validate: badParams.File: "validate.File": is not a type`,
		`validate: badParams.List: "[]string": is a list, and what is read from the path`,
		`validate: badParams.Auth: "Authorization": is a header field about the caller`, `validate: badParams.Cookie: "Cookie": is a header field about the caller`, `validate: badParams.Host: "Host": is a header field about the caller`,
		`validate: badParams.Length: "Content-Length": is a header field about the caller`, `validate: badParams.Custom: "Content-Anything": is a header field about the caller`, `validate: badParams.TE: "Te": is a header field about the caller`, `validate: badParams.Conn: "Connection": is a header field about the caller`,
		`validate: badParams.XFF: "X-Forwarded-For": is a header field about the caller`, `validate: badParams.Token: "a b": is not the name of a header`,
		`validate: badParams.Rule: "email": is a rule for text`, `validate: badParams.Wrong: "nosuchrule": is not a rule`, `validate: badParams.Accept: "image/png": is a list of media types`,
		`validate: badParams.hidden: "hidden": is not exported`, `validate: inBody.Deep: "deep": is a parameter inside the body`)
}

func TestBracketsRefused(t *testing.T) {
	type bad struct {
		Repeat []string `query:"repeat[]" style:"repeat"`
		None   []string `form:"none[]"`
		Comma  string   `query:"comma[a]" style:"comma"`
		Plain  []string `query:"plain" style:"brackets"`
		Scalar int      `query:"scalar" style:"brackets"`
		Path   string   `path:"path[a]" style:"brackets"`
		Header []string `header:"X-Header[]" style:"brackets"`
		Open   []string `query:"open[" style:"brackets"`
		Front  []string `query:"[]front" style:"brackets"`
		Space  []string `query:"space[ ]" style:"brackets"`
		Behind []string `query:"behind[a]b" style:"brackets"`
	}
	_, err := validate.New[bad](validate.Config{})
	mwtest.Faults(t, err,
		`validate: bad.Repeat: "repeat[]": has brackets`, `validate: bad.None: "none[]": has brackets`, `validate: bad.Comma: "comma[a]": has brackets`,
		`validate: bad.Plain: "plain": is a name without brackets, and is compared as it is; write the name as it is sent: "plain[]"`,
		`validate: bad.Scalar: "scalar": is a name without`, `validate: bad.Path: "path[a]": is not the name`, `validate: bad.Header: "X-Header[]": is not the name`,
		`validate: bad.Open: "open[": is not the name`, `validate: bad.Front: "[]front": is not the name`, `validate: bad.Space: "space[ ]": is not the name`,
		`validate: bad.Behind: "behind[a]b": is not the name`)
}

type hiddenBehindEmbedded struct {
	Title string `query:"t"`
	inner2
}

type inner2 struct {
	Body string `json:"Title"`
}

// No rule of encoding/json about field names stores a member of the body in a parameter.
func TestParametersAndBodyRefused(t *testing.T) {
	_, err := validate.New[hiddenBehindEmbedded](validate.Config{})
	mwtest.Faults(t, err, `validate: hiddenBehindEmbedded: "Title": is a member of the body with the Go name of the field hiddenBehindEmbedded.Title`)
	if _, err = validate.New[struct {
		Title string `query:"t" json:"-"`
		inner2
	}](validate.Config{}); err != nil {
		t.Error(err) // with json:"-" encoding/json skips the field
	}
}

func TestSourceConfigRefused(t *testing.T) {
	_, err := validate.New[Paging](validate.Config{ReadTimeout: -1, MaxFile: -1})
	mwtest.Faults(t, err, `validate: ReadTimeout: "-1ns": is negative`, `validate: MaxFile: "-1"`)
	_, err = validate.New[Paging](validate.Config{ReadTimeout: time.Hour})
	mwtest.Faults(t, err, `validate: ReadTimeout: "1h0m0s": is more than 10m0s; `)
}
