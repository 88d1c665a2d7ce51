package check_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

// checked has a Validate method that returns the error of the test.
type checked struct {
	N    int `json:"n"`
	Page int `query:"page"`
}

type resultKey struct{}

func (j *checked) Validate(ctx context.Context) error {
	err, _ := ctx.Value(resultKey{}).(error)
	return err
}

// validateWith sends a request for which the Validate method returns result.
func validateWith(t *testing.T, s *validate.Schema[checked], result error) (e mwtest.Envelope, status int, cause string) {
	t.Helper()
	r := kit.Post(`{}`)
	r = r.WithContext(context.WithValue(r.Context(), resultKey{}, result))
	_, err := s.Decode(nil, r)
	w, r := httptest.NewRecorder(), kit.Post(`{}`)
	s.Middleware(&mwtest.Spy{}).ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), resultKey{}, result)))
	e, bad := mwtest.ReadEnvelope(w.Result())
	if bad != nil {
		t.Fatal(bad)
	}
	if err == nil {
		t.Fatal("accepted")
	}
	return e, w.Code, err.Error()
}

// A Fault that must not be shown is a mistake of the program. The client learns nothing
// of it. The log names the mistake, but not the contents of the Fault.
func TestFaultsThatAreMistakes(t *testing.T) {
	s := kit.MustNew[checked](t, validate.Config{})
	for _, tc := range []struct {
		err   error
		cause string
	}{
		{validate.Fault("secret", "late", "is late"), "the pointer of a Fault is not a JSON Pointer (RFC 6901)"},
		{validate.Fault("/a~secret", "late", "is late"), "the pointer of a Fault"},
		{validate.Fault("/a~", "late", "is late"), "the pointer of a Fault"},
		{validate.Fault("/secret\n", "late", "is late"), "the pointer of a Fault"},
		{validate.Fault("/secret\xff", "late", "is late"), "the pointer of a Fault"},
		{validate.Fault("/n", "", "is secret"), "the code of a Fault is not in snake_case"},
		{validate.Fault("/n", "Secret", "is late"), "the code of a Fault"},
		{validate.Fault("/n", "secret-late", "is late"), "the code of a Fault"},
		{validate.Fault("/n", "secret late", "is late"), "the code of a Fault"},
		{validate.Fault("/n", strings.Repeat("secret", 20), "is late"), "the code of a Fault"},
		{validate.Fault("/n", "late", ""), "the message of the Fault late is empty"},
		{validate.Fault("/n", "late", " \t"), "the message of the Fault late is empty"},
		{validate.Fault("/n", "late", "is\x1b[31msecret"), "the message of the Fault late is empty, has control characters, or is not UTF-8"},
		{validate.Fault("/n", "late", "is\nsecret"), "the message of the Fault late is empty"},
		{validate.Fault("/n", "late", "is\u2028secret"), "the message of the Fault late is empty"},
		{validate.Fault("/n", "late", "secret\xff"), "the message of the Fault late is empty"},
		{validate.FaultIn("cookie", "secret", "late", "is late"), "the source of a FaultIn is not path, query, header or form"},
		{validate.FaultIn("", "secret", "late", "is late"), "the source of a FaultIn"},
		{validate.FaultIn("query", "", "late", "is secret"), "the name of a FaultIn is not that of a parameter"},
		{validate.FaultIn("query", "secret[ ]", "late", "is late"), "the name of a FaultIn"},
		{validate.FaultIn("header", "Secret Field", "late", "is late"), "the name of a FaultIn"},
		{validate.FaultIn("query", "page", "Secret", "is late"), "the code of a Fault"},
		{errors.Join(validate.Fault("/n", "late", "is late"), validate.Fault("/n", "Secret", "is late")), "the code of a Fault"},
		{errors.Join(errors.Join(many(25)...), validate.Fault("/n", "Secret", "is late")), "the code of a Fault"},
		{fmt.Errorf("secret: %w", validate.Fault("/n", "late", "")), "the message of the Fault late"},
	} {
		e, status, cause := validateWith(t, s, tc.err)
		want := "validate: method Validate of *check_test.checked: " + tc.cause
		if status != 500 || e.Code != "internal_error" || len(e.Errors) > 0 || !strings.Contains(cause, want) || strings.Contains(cause, "ecret") {
			t.Errorf("%d %s %q: %s, want %s", status, e.Code, kit.Faults(e), cause, want)
		}
	}
}

func many(n int) (list []error) {
	for range n {
		list = append(list, validate.Fault("/n", "late", "is late"))
	}
	return list
}

func TestFaultsThatAreShown(t *testing.T) {
	s := kit.MustNew[checked](t, validate.Config{})
	for _, tc := range []struct {
		err  error
		want string
	}{
		{validate.Fault("", "late", "is late"), " late is late"},
		{validate.Fault("/", "late", "is late"), "/ late is late"},
		{validate.Fault("/a~0~1/é/0", "late_2", "is spät"), "/a~0~1/é/0 late_2 is spät"},
		{validate.FaultIn("query", "page", "past_end", "is past the end"), "query page past_end is past the end"},
		{validate.FaultIn("header", "If-Match", "stale", "is stale"), "header If-Match stale is stale"},
		{validate.FaultIn("header", "X_Odd!", "stale", "is stale"), "header X_Odd! stale is stale"},
		{validate.FaultIn("path", "id", "gone", "is gone"), "path id gone is gone"},
		{validate.FaultIn("form", "file", "odd", "is odd"), "form file odd is odd"},
		{errors.Join(validate.FaultIn("query", "page", "a", "is a"), errors.Join(validate.Fault("/n", "b", "is b"), nil)), "query page a is a; /n b is b"},
		{fmt.Errorf("in between: %w", validate.FaultIn("query", "page", "a", "is a")), "query page a is a"},
	} {
		e, status, _ := validateWith(t, s, tc.err)
		var got []string
		for _, f := range e.Errors {
			place := f.In + " " + f.Name
			if f.Pointer != nil {
				place = *f.Pointer
			}
			got = append(got, place+" "+f.Code+" "+f.Message)
		}
		if status != 400 || strings.Join(got, "; ") != tc.want {
			t.Errorf("%d %q, want %q", status, got, tc.want)
		}
	}
	if e, _, _ := validateWith(t, s, errors.Join(many(21)...)); len(e.Errors) != 20 || !e.Truncated {
		t.Errorf("21 faults: %d, truncated %v", len(e.Errors), e.Truncated)
	}
	if e, _, _ := validateWith(t, s, errors.Join(many(20)...)); len(e.Errors) != 20 || e.Truncated {
		t.Errorf("20 faults: %d, truncated %v", len(e.Errors), e.Truncated)
	}
}

// An error that is not a Fault passes through, also if it is joined with a Fault.
func TestOtherErrorsOfValidate(t *testing.T) {
	s := kit.MustNew[checked](t, validate.Config{})
	for _, tc := range []struct {
		err    error
		status int
		code   string
	}{
		{errConflict.With(nil), 409, "taken"},
		{errors.Join(validate.Fault("/n", "late", "is late"), errConflict.With(nil)), 409, "taken"},
		{errors.Join(validate.Fault("/n", "late", "is late"), errors.New("no database")), 500, "internal_error"},
		{(&httperr.Error{Status: 503, Code: "unavailable", Message: "m"}).With(nil), 503, "unavailable"},
	} {
		if e, status, _ := validateWith(t, s, tc.err); status != tc.status || e.Code != tc.code || len(e.Errors) > 0 {
			t.Errorf("%v: %d %s %q", tc.err, status, e.Code, kit.Faults(e))
		}
	}
}

func TestTextOfFaults(t *testing.T) {
	for want, err := range map[string]error{"/to: late": validate.Fault("/to", "late", "is late"), "query page: late": validate.FaultIn("query", "page", "late", "is late")} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
}

// The hook Messages, which translates the faults, sees all their fields.
func TestMessagesSeeThePlace(t *testing.T) {
	var got []string
	cfg := validate.Config{Messages: func(r *http.Request, f httperr.Fault) string {
		place := f.In + " " + f.Name
		if f.Pointer != nil {
			place = *f.Pointer
		}
		got = append(got, fmt.Sprint(place, " ", f.Code, " ", f.Message, " ", f.Params))
		return ""
	}}
	type paged struct {
		Page int             `query:"page" validate:"required,max=5"`
		Opt  map[string]stop `json:"opt" validate:"dive"`
		Text string          `json:"text" validate:"max=2"`
	}
	s := kit.MustNew[paged](t, cfg)
	for range 2 { // the first answer must not change the second
		got = nil
		r := kit.Post(`{"opt":{"x":{"b~":"","a":1}},"text":"long"}`)
		r.URL.RawQuery = "page=6"
		_, err := s.Decode(nil, r)
		want := "query page max must be at most 5 map[max:5]; /opt exclusive_min has a fault inside: a part must be more than 5 map[exclusive_min:5 inside:/*/a]; /text max_length must have at most 2 characters map[max:2]"
		if strings.Join(got, "; ") != want {
			t.Errorf("%q", got)
		}
		e, _ := errors.AsType[*httperr.Error](err)
		for _, f := range e.Faults {
			clear(f.Params)
		}
	}
}

// For all arguments of Fault, the client sees either valid texts or nothing.
func FuzzFault(f *testing.F) {
	for _, seed := range [][3]string{{"/n", "late", "is late"}, {"", "late", "is late"}, {"n", "a", "b"}, {"/~2", "a", "b"}, {"/~", "a", "b"}, {"/a", "A", "b"}, {"/a", "a", "\x00"}, {"/a", "a", "\xff"}, {"/\u2028", "a", "b"}} {
		f.Add(seed[0], seed[1], seed[2])
	}
	s, err := validate.New[checked](validate.Config{})
	if err != nil {
		f.Fatal(err)
	}
	tokens := regexp.MustCompile(`^(/([^~/]|~0|~1)*)*$`)
	f.Fuzz(func(t *testing.T, pointer, code, message string) {
		fit := func(s string) bool { return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl) }
		want := fit(pointer) && !strings.ContainsAny(pointer+message, "\u2028\u2029") && tokens.MatchString(pointer) &&
			regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`).MatchString(code) && fit(message) && strings.TrimSpace(message) != ""
		e, status, _ := validateWith(t, s, validate.Fault(pointer, code, message))
		if shown := status == 400; shown != want || shown && (*e.Errors[0].Pointer != pointer || e.Errors[0].Code != code || e.Errors[0].Message != message) {
			t.Errorf("%q %q %q: %d %+v", pointer, code, message, status, e.Errors)
		}
	})
}

// stall has a Validate method that runs before the methods of the values around it.
type stall struct {
	Kind string `json:"kind"`
}

func (s *stall) Validate(context.Context) error {
	switch s.Kind {
	case "odd":
		return validate.Fault("/kind", "odd_kind", "must not be odd")
	case "both":
		return errors.Join(validate.Fault("", "odd_stall", "is odd"), validate.FaultIn("query", "day", "closed", "is a holiday"))
	case "bad":
		return validate.Fault("kind", "odd_kind", "must not be odd")
	}
	return nil
}

// In a map, the pointer of a Fault becomes the param inside. A mistake in it is still a
// mistake of the program.
func TestFaultsOfValidateInMaps(t *testing.T) {
	type market struct {
		Day    string              `query:"day"`
		Stall  stall               `json:"stall"`
		Stalls map[string][]*stall `json:"stalls"`
	}
	s := kit.MustNew[market](t, validate.Config{})
	for body, want := range map[string]string{
		`{"stall":{"kind":"odd"}}`:             "/stall/kind odd_kind",
		`{"stalls":{"k":[{},{"kind":"odd"}]}}`: "/stalls /*/*/kind odd_kind",
		`{"stalls":{"k":[{"kind":"both"}]}}`:   "/stalls /*/* odd_stall,query day closed",
	} {
		_, err := s.Decode(nil, kit.Post(body))
		if got := strings.Join(faultList(t, err), ","); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
	for _, body := range []string{`{"stall":{"kind":"bad"}}`, `{"stall":{"kind":"odd"},"stalls":{"k":[{"kind":"bad"}]}}`} {
		_, err := s.Decode(nil, kit.Post(body))
		if !errors.Is(err, httperr.ErrInternal) || !strings.Contains(err.Error(), "method Validate of *check_test.stall: the pointer of a Fault") {
			t.Errorf("%s: %v", body, err)
		}
	}
}
