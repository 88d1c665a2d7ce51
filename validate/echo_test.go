package validate_test

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
)

// money decodes itself, and its error quotes what it got.
type money struct{ Cents int }

func (m *money) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	if string(b) != `"1.00"` {
		return errors.New("bad money: " + string(b))
	}
	m.Cents = 100
	return nil
}

type level string

func (l *level) UnmarshalText(b []byte) error {
	if *l = level(b); *l != "low" {
		return errors.New("bad level: " + string(b))
	}
	return nil
}

type secretive struct {
	Name    string           `json:"name" validate:"max=3"`
	Pass    string           `json:"pass" validate:"omitempty,min=100,alpha"`
	Kind    string           `json:"kind" validate:"omitempty,oneof=a b"`
	N       int              `json:"n" validate:"max=5"`
	Small   int8             `json:"small"`
	List    []string         `json:"list" validate:"dive,email"`
	Map     map[string]int   `json:"map" validate:"dive,keys,max=2,endkeys,max=3"`
	Money   money            `json:"money"`
	Monies  map[string]money `json:"monies"`
	Levels  []level          `json:"levels"`
	Bytes   []byte           `json:"bytes"`
	Free    any              `json:"free"`
	Numbers json.Number      `json:"numbers"`
}

// Nothing that a client sent is in what it gets back, whichever layer refuses:
// it may be a password, and a log or a browser may keep it.
func TestNothingIsEchoed(t *testing.T) {
	const planted, number = "hunter2", "4242424242"
	s := mustNew[secretive](t, validate.Config{AllowFree: true})
	for _, body := range []string{
		`{"hunter2":1}`, `{"name":"hunter2"}`, `{"name":{"hunter2":"hunter2"}}`, `{"pass":"hunter2"}`, `{"kind":"hunter2"}`,
		`{"n":4242424242}`, `{"n":"hunter2"}`, `{"small":4242424242}`, `{"list":["hunter2"]}`, `{"list":{"hunter2":1}}`,
		`{"map":{"hunter2":1}}`, `{"map":{"hunter2":"hunter2"}}`, `{"map":{"hunter2":1,"hunter2":2}}`, `{"map":{"a":4242424242}}`,
		`{"money":"hunter2"}`, `{"money":4242424242}`, `{"monies":{"hunter2":"hunter2"}}`, `{"levels":["low","hunter2"]}`, `{"bytes":"hunter2"}`,
		`{"free":{"hunter2":1,"hunter2":4242424242}}`, `{"free":{"hunter2":4242424242424242424242}}`, `{"numbers":"hunter2"}`,
		`{"name":hunter2}`, `{"name":"hunter2"`, `{"name":"hunter2\q"}`, `hunter2`, `{"name":"hunter2"}hunter2`, `{hunter2}`,
		`{"name":"hunter2` + "\xff" + `"}`, `{"hunter2":"\ud800"}`, `"hunter2"`, `[4242424242]`, strings.Repeat(`{"hunter2":`, 40),
		`{"NAME":"hunter2","n":6,"money":"hunter2","list":["hunter2","hunter2"]}`,
	} {
		res, spy := send(s, post(body))
		answer, _ := io.ReadAll(res.Body)
		if res.StatusCode != 400 || spy.Calls() != 0 {
			t.Errorf("%q: status %d", body, res.StatusCode)
		}
		for _, p := range []string{planted, number, "secretive", "money:", "validate_test", "int8"} {
			if strings.Contains(string(answer), p) {
				t.Errorf("%q is answered with %q in %s", body, p, answer)
			}
		}
		for name, values := range res.Header {
			if strings.Contains(name+strings.Join(values, ""), planted) {
				t.Errorf("%q is echoed in %s", body, name)
			}
		}
		_, err := s.Decode(nil, post(body))
		if e, ok := errors.AsType[*httperr.Error](err); !ok || strings.Contains(e.Error(), planted) || strings.Contains(e.Error(), number) {
			t.Errorf("%q is logged as %v", body, err)
		}
	}
}

func TestSelfDecoded(t *testing.T) {
	s := mustNew[secretive](t, validate.Config{AllowFree: true})
	v, err := s.Decode(nil, post(`{"money":"1.00","monies":{"a":"1.00"},"levels":["low"],"numbers":1e5}`))
	if err != nil || v.Money.Cents != 100 || v.Monies["a"].Cents != 100 || v.Levels[0] != "low" || v.Numbers != "1e5" {
		t.Errorf("%+v %v", v, err)
	}
	_, err = s.Decode(nil, post(`{"money":[{"a":1,"a":2}],"monies":{"a":"1.00","b":"2.00"},"levels":["low","high",5],"n":7}`))
	e, _ := errors.AsType[*httperr.Error](err)
	var got []string
	for _, f := range e.Faults {
		got = append(got, *f.Pointer+" "+f.Code)
	}
	if want := "/money invalid,/money duplicate_member,/monies invalid,/levels/1 invalid,/levels/2 type,/n max"; strings.Join(got, ",") != want {
		t.Errorf("faults %q, want %s", got, want)
	}
}

// stubborn refuses even null, so that what is behind it cannot be decoded: the
// rules of those members say nothing then, for their zero is not the client's.
type stubborn struct{}

func (*stubborn) UnmarshalJSON([]byte) error { return errors.New("never") }

func TestNoRuleOnWhatWasNotDecoded(t *testing.T) {
	type held struct {
		S stubborn `json:"s"`
		N int      `json:"n" validate:"min=1"`
	}
	res, _ := send(mustNew[held](t, validate.Config{}), post(`{"s":1,"n":5}`))
	if got := faults(mwtest.Refused(t, res, 400, "validation_failed")); len(got) != 1 || got[0] != "/s invalid" {
		t.Errorf("faults %q", got)
	}
}
