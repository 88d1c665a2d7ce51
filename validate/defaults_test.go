package validate_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type search struct {
	Page int    `query:"page" validate:"max=9"`
	Text string `json:"text" validate:"required,min=2"`
}

// Two schemas of one service have the options of its Defaults.
func TestDefaults(t *testing.T) {
	service := validate.Defaults{
		Status:     http.StatusUnprocessableEntity,
		MaxBody:    100,
		OtherQuery: []string{"sig"},
		Messages:   func(*http.Request, httperr.Fault) string { return "nein" },
	}
	english := func(*http.Request, httperr.Fault) string { return "no" }
	for _, tc := range []struct {
		name, query, body string
		cfg               validate.Config
		status            int
		message           string // of the first fault
	}{
		{"status and message", "", `{"text":"a"}`, validate.Config{Defaults: service}, 422, "nein"},
		{"a fault of a query", "page=10", `{"text":"ab"}`, validate.Config{Defaults: service}, 422, "nein"},
		{"status of its own", "", `{"text":"a"}`, validate.Config{Defaults: service, Status: 400}, 400, "nein"},
		{"status without Defaults", "", `{"text":"a"}`, validate.Config{Status: 422}, 422, "must have at least 2 characters"},
		{"messages of its own", "", `{"text":"a"}`, validate.Config{Defaults: service, Messages: english}, 422, "no"},
		{"a body that is not JSON stays 400", "", `{"text"`, validate.Config{Defaults: service}, 400, "nein"},
		{"no body stays 400", "", ` `, validate.Config{Defaults: service}, 400, ""},
		{"a body over the limit", "", `{"text":"` + strings.Repeat("a", 100) + `"}`, validate.Config{Defaults: service}, 413, ""},
		{"a limit of its own", "", `{"text":"` + strings.Repeat("a", 100) + `"}`, validate.Config{Defaults: service, MaxBody: 200}, 200, ""},
		{"parameters of the service", "sig=1", `{"text":"ab"}`, validate.Config{Defaults: service}, 200, ""},
		{"parameters of both", "sig=1&utm=2", `{"text":"ab"}`, validate.Config{Defaults: service, OtherQuery: []string{"utm"}}, 200, ""},
		{"parameters of none", "utm=2", `{"text":"ab"}`, validate.Config{Defaults: service}, 422, "nein"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := kit.Post(tc.body)
			r.URL.RawQuery = tc.query
			res, spy := kit.Send(kit.MustNew[search](t, tc.cfg), r)
			defer func() { _ = res.Body.Close() }()
			if res.StatusCode != tc.status || (tc.status == 200) != (spy.Calls() == 1) {
				t.Fatalf("%d with %d calls, want %d", res.StatusCode, spy.Calls(), tc.status)
			}
			if tc.message == "" {
				return
			}
			if e, err := mwtest.ReadEnvelope(res); err != nil || e.Errors[0].Message != tc.message {
				t.Errorf("%+v, %v, want %q", e.Errors, err, tc.message)
			}
		})
	}
	if len(service.OtherQuery) != 1 {
		t.Errorf("the Defaults have changed: %v", service.OtherQuery)
	}
}

// An ErrInvalid with another status is still an ErrInvalid to errors.Is.
func TestStatusKeepsIdentity(t *testing.T) {
	s := kit.MustNew[search](t, validate.Config{Status: 422})
	_, err := s.Decode(nil, kit.Post(`{}`))
	if e, ok := errors.AsType[*httperr.Error](err); !ok || !errors.Is(err, validate.ErrInvalid) || e.Status != 422 {
		t.Errorf("%v", err)
	}
	if validate.ErrInvalid.Status != 400 {
		t.Error("the declared error has changed")
	}
}

func TestStatusOfErrorsOfOthers(t *testing.T) {
	s := kit.MustNew[greeting](t, validate.Config{Status: 422})
	for body, want := range map[string]int{`{"text":"taken"}`: 422, `{"text":"other"}`: 409} {
		res, _ := kit.Send(s, kit.Post(body))
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %d, want %d", body, res.StatusCode, want)
		}
	}
}

func TestDefaultsRefused(t *testing.T) {
	for name, cfg := range map[string]validate.Config{
		"Status":  {Defaults: validate.Defaults{Status: 409}},
		"MaxBody": {Defaults: validate.Defaults{MaxBody: -1}},
	} {
		if _, err := validate.New[search](cfg); err == nil || !strings.Contains(err.Error(), "validate: "+name+": ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
