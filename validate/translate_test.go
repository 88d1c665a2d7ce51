package validate_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type greeting struct {
	Text string   `json:"text" validate:"required,min=3,max=5"`
	Kind string   `json:"kind" validate:"omitempty,oneof=a b"`
	Tags []string `json:"tags" validate:"max=1"`
}

func (g *greeting) Validate(context.Context) error {
	switch g.Text {
	case "taken":
		return validate.Fault("/text", "text_taken", "is taken")
	case "other":
		return errShared
	case "wrap":
		return fmt.Errorf("wrapped: %w", errShared)
	}
	return nil
}

// errShared belongs to all requests.
var errShared = &httperr.Error{Status: 409, Code: "conflict", Message: "No.", Faults: []httperr.Fault{{Code: "busy", Message: "is busy"}}}

func TestMessages(t *testing.T) {
	german := func(r *http.Request, f httperr.Fault) string {
		if r.Header.Get("Accept-Language") != "de" {
			return ""
		}
		switch f.Code {
		case "min_length":
			return fmt.Sprintf("braucht mindestens %v Zeichen", f.Params["min"])
		case "enum":
			return fmt.Sprintf("ist keins von %v", f.Params["allowed"])
		case "syntax", "text_taken", "busy":
			return "auf deutsch: " + f.Code
		}
		return ""
	}
	s := kit.MustNew[greeting](t, validate.Config{Messages: german})
	for _, tc := range []struct {
		lang, body string
		status     int
		want       string
	}{
		{"de", `{"text":"a","kind":"c"}`, 400, "braucht mindestens 3 Zeichen map[min:3]; ist keins von [a b] map[allowed:[a b]]"},
		{"de", `{"text":"abc","tags":["",""]}`, 400, "has too many items map[max:1]"},
		{"en", `{"text":"a"}`, 400, "must have at least 3 characters map[min:3]"},
		{"de", `{"text"`, 400, "auf deutsch: syntax map[]"},
		{"de", `{"text":"taken"}`, 400, "auf deutsch: text_taken map[]"},
		{"de", `{"text":"other"}`, 409, "auf deutsch: busy map[]"},
		{"en", `{"text":"other"}`, 409, "is busy map[]"},
		{"de", `{"text":"wrap"}`, 409, "is busy map[]"}, // inside an error of another type
		{"de", ``, 400, ""},
	} {
		r := kit.Post(tc.body)
		r.Header.Set("Accept-Language", tc.lang)
		_, err := s.Decode(nil, r)
		e, _ := errors.AsType[*httperr.Error](err)
		var got []string
		for _, f := range e.Faults {
			got = append(got, fmt.Sprint(f.Message, " ", f.Params))
		}
		if e.Status != tc.status || strings.Join(got, "; ") != tc.want {
			t.Errorf("%s %s: %d %q, want %q", tc.lang, tc.body, e.Status, got, tc.want)
		}
	}
	if errShared.Faults[0].Message != "is busy" {
		t.Error("an error that requests share was changed")
	}
}

// Messages is not called for an accepted request, and once for each reported fault.
func TestMessagesAreForRefusals(t *testing.T) {
	calls := 0
	s := kit.MustNew[greeting](t, validate.Config{Messages: func(_ *http.Request, f httperr.Fault) string {
		calls++
		return f.Code
	}})
	for body, want := range map[string]int{`{"text":"good"}`: 0, `{"text":"a","kind":"x"}`: 2, `{"tags":[` + strings.Repeat("1,", 30) + `1]}`: 20} {
		calls = 0
		if _, err := s.Decode(nil, kit.Post(body)); calls != want {
			t.Errorf("%s: %d calls, want %d: %v", body, calls, want, err)
		}
	}
}

// The result of Messages may hold a header of the request, so it is made harmless.
func TestMessagesAreMadePresentable(t *testing.T) {
	for _, tc := range []struct{ name, message, want string }{
		{"empty", "", "is required"},
		{"blank", " \x00\n ", "is required"},
		{"control characters", "a\x00\x1b[31m\r\nb\x7f\u0085\u2028c", "a  [31m  b   c"},
		{"not UTF-8", "a\xff\xfeb", "a\uFFFDb"},
		{"direction marks stay", "\u05d0\u200f!", "\u05d0\u200f!"},
		{"long", strings.Repeat("é", 400), strings.Repeat("é", 256)},
		{"cut in the middle", "x" + strings.Repeat("é", 400), "x" + strings.Repeat("é", 255)},
		{"long and not UTF-8", strings.Repeat("\xff", 4000) + "x", "\uFFFDx"},
	} {
		s := kit.MustNew[greeting](t, validate.Config{Messages: func(*http.Request, httperr.Fault) string { return tc.message }})
		res, _ := kit.Send(s, kit.Post(`{}`))
		e := mwtest.Refused(t, res, 400, "validation_failed")
		if got := e.Errors[0].Message; got != tc.want || !utf8.ValidString(got) {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

// No value of the client reaches Messages.
func TestMessagesGetNoValue(t *testing.T) {
	const secret = "hunter2"
	s := kit.MustNew[component](t, func() validate.Config {
		cfg := partConfig()
		cfg.Messages = func(_ *http.Request, f httperr.Fault) string {
			if all, _ := json.Marshal(f); bytes.Contains(all, []byte(secret)) {
				t.Errorf("%s", all)
			}
			return ""
		}
		return cfg
	}())
	for _, body := range []string{
		`{"sku":"` + secret + `"}`, `{"` + secret + `":1}`, `{"sku":["` + secret + `"]}`, `{"sku":"none","by":{"` + secret + `":"` + secret + `"}}`,
		`{"sku":"none","alt":"` + secret + `","codes":["` + secret + `"],"count":"` + secret + `"}`, `{"sku":"` + secret,
	} {
		if _, err := s.Decode(nil, kit.Post(body)); err == nil {
			t.Errorf("%s is accepted", body)
		}
	}
}
