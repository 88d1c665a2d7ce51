package compile_test

import (
	"math/big"
	"net/netip"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

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
	s := kit.MustNew[defaulted](t, validate.Config{})
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for range 2 {
		v, err := s.Decode(nil, kit.Post(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		if v.Name != "ann" || !v.On || v.Rate < 0.5 || !v.At.Equal(at) || v.IP != netip.IPv6Loopback() || v.Inner != (settings{"dark", 12}) || v.Page != 3 || v.Match != "*" {
			t.Errorf("%+v", v)
		}
	}
	// A value in the request stays, a zero or an empty string too.
	r := kit.Post(`{"on":false,"rate":0,"inner":{"size":9},"at":"0001-01-01T00:00:00Z","ip":""}`)
	r.URL.RawQuery = "page=1"
	r.Header["If-Match"] = []string{""}
	v, err := s.Decode(nil, r)
	if err != nil || v.On || v.Rate > 0 || v.Inner != (settings{"dark", 9}) || !v.At.IsZero() || v.IP.IsValid() || v.Page != 1 || v.Match != "" {
		t.Errorf("%+v, %v", v, err)
	}
	// The rules see the defaults in a request that is refused for another reason, too.
	res, _ := kit.Send(s, kit.Post(`{"name":"","at":"x","inner":{"theme":"","size":0}}`))
	if got := kit.Sourced(mwtest.Refused(t, res, 400, "validation_failed")); kit.Sprint(got) != "[/name min_length /at format_date_time /inner/theme enum /inner/size min]" {
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

// Requests do not share a default of a type with a pointer inside.
func TestDefaultsAreNotShared(t *testing.T) {
	s := kit.MustNew[struct {
		N big.Int `json:"n" default:"7000000000000000000000"`
		Q big.Int `query:"q" default:"8"`
	}](t, validate.Config{})
	for range 2 {
		v, err := s.Decode(nil, kit.Post(`{}`))
		if err != nil || v.N.String() != "7000000000000000000000" || v.Q.String() != "8" {
			t.Fatalf("%+v, %v", v, err)
		}
		v.N.Bits()[0], v.Q.Bits()[0] = 0, 0
	}
}

type lowerText string

// New refuses a default for a field that cannot be set, and does not panic.
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
		`validate: badDefaults.Required: "1": is a default for what is always there`, `validate: badDefaults.Number: "1.5": is not a value of the field: it must be an integer`,
		`validate: badDefaults.Range: "128": is not a value`, "validate: badDefaults.List", "validate: badDefaults.Ptr", "validate: badDefaults.Opt",
		`validate: badDefaults.Ignored: "1": is a default for a field that nothing is read into`, `validate: badDefaults.ID: "x": is a default for what is always there`,
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

func TestDefaultsOfDurations(t *testing.T) {
	type in struct {
		T time.Duration `query:"t" default:"5s"`
		U time.Duration `json:"u" default:"1m"`
		V time.Duration `query:"v" default:"soon"`
		W time.Duration `query:"w" default:"5000000000"`
		X int           `query:"x" default:"5s"`
	}
	_, err := validate.New[in](validate.Config{})
	const wrong = ": is not a value of the field: it must be an integer; "
	mwtest.Faults(t, err, `validate: in.T: "5s"`+wrong+"correct the default (a time.Duration is a whole number of nanoseconds, as in a body)",
		`validate: in.U: "1m"`+wrong+"correct the default", `validate: in.V: "soon"`+wrong+"correct the default", `validate: in.X: "5s"`+wrong+"correct the default")
}
