package validate_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

// A Booking has a rule that no tag can express.
type Booking struct {
	Room  string         `query:"room" validate:"required"`
	Beds  map[string]int `json:"beds" validate:"dive,max=2"`
	Seats int            `json:"seats"`
}

func (b *Booking) Validate(context.Context) (err error) {
	if b.Room == "attic" && b.Seats > 1 {
		err = errors.Join(
			validate.FaultIn("query", "room", "room_too_small", "has one seat"),
			validate.Fault("/seats", "too_many_seats", "must not be more than the room has"))
	}
	return err
}

func ExampleFaultIn() {
	bookings, err := validate.New[Booking](validate.Config{
		Messages: func(r *http.Request, f httperr.Fault) string {
			if f.Code == "room_too_small" && strings.HasPrefix(r.Header.Get("Accept-Language"), "fr") {
				return "n'a qu'une place"
			}
			return "" // keeps the message
		},
	})
	if err != nil {
		panic(err)
	}
	for _, body := range []string{`{"seats":3}`, `{"beds":{"hers":3}}`} {
		r := kit.Post(body)
		r.URL.RawQuery = "room=attic"
		r.Header.Set("Accept-Language", "fr")
		_, err := bookings.Decode(nil, r)
		if e, ok := errors.AsType[*httperr.Error](err); ok {
			for _, f := range e.Faults {
				if f.Pointer != nil {
					fmt.Println(*f.Pointer, f.Code, f.Message, f.Params)
				} else {
					fmt.Println(f.In, f.Name, f.Code, f.Message)
				}
			}
		}
	}
	// Output:
	// query room room_too_small n'a qu'une place
	// /seats too_many_seats must not be more than the room has map[]
	// /beds max has a fault inside: a part must be at most 2 map[inside:/* max:2]
}

// A name that only the INSERT finds taken is answered like a fault of the request. The message
// of a Rule tells the client which values are valid.
func ExampleFault() {
	type Account struct {
		Email    string `json:"email" validate:"required,email"`
		Password string `json:"password" validate:"required,min=8,strong"`
	}
	accounts, err := validate.New[Account](validate.Config{
		Status: http.StatusUnprocessableEntity,
		Rules: map[string]validate.Rule{"strong": {
			Check:   func(v any, _ string) bool { return strings.ContainsAny(v.(string), "0123456789") },
			Message: "must have a digit",
		}},
	})
	if err != nil {
		panic(err)
	}
	h := validate.Handle(accounts, func(_ context.Context, in *Account) (*Account, error) {
		return nil, validate.Fault("/email", "taken", "is taken") // the unique index refused it
	})
	for _, body := range []string{`{"email":"a@b.example","password":"abcdefgh"}`, `{"email":"a@b.example","password":"abcdefg1"}`} {
		res := kit.Serve(h, kit.Post(body))
		e, _ := mwtest.ReadEnvelope(res)
		fmt.Println(res.StatusCode, e.Code, *e.Errors[0].Pointer, e.Errors[0].Code, e.Errors[0].Message)
	}
	// Output:
	// 422 validation_failed /password rule_strong must have a digit
	// 422 validation_failed /email taken is taken
}

// Rules declares a rule of the program, with the message that says what is valid. Status answers
// 422 in place of 400.
func ExampleConfig_rules() {
	type Order struct {
		Code string `json:"code" validate:"required,shelf=A"`
	}
	orders, err := validate.New[Order](validate.Config{
		Status: http.StatusUnprocessableEntity,
		Rules: map[string]validate.Rule{"shelf": {
			Check:   func(v any, param string) bool { return strings.HasPrefix(v.(string), param) },
			Message: "must begin with the letter of the shelf",
		}},
	})
	if err != nil {
		panic(err)
	}
	res := kit.Serve(validate.Handle(orders, func(context.Context, *Order) (*Order, error) { return nil, nil }), kit.Post(`{"code":"B7"}`))
	e, _ := mwtest.ReadEnvelope(res)
	fmt.Println(res.StatusCode, e.Errors[0].Code, e.Errors[0].Message)
	// Output: 422 rule_shelf must begin with the letter of the shelf
}

// Messages translates, or says it in the words of the service. The code stays.
func ExampleConfig_messages() {
	type Order struct {
		Seats int `json:"seats" validate:"min=1,max=4"`
	}
	german := map[string]string{"max": "höchstens %v", "min": "mindestens %v"}
	orders, err := validate.New[Order](validate.Config{
		Messages: func(r *http.Request, f httperr.Fault) string {
			if text, ok := german[f.Code]; ok && strings.HasPrefix(r.Header.Get("Accept-Language"), "de") {
				return fmt.Sprintf(text, f.Params[f.Code])
			}
			return "" // keeps the message
		},
	})
	if err != nil {
		panic(err)
	}
	for _, language := range []string{"de-AT", "en"} {
		r := kit.Post(`{"seats":9}`)
		r.Header.Set("Accept-Language", language)
		_, err := orders.Decode(nil, r)
		if e, ok := errors.AsType[*httperr.Error](err); ok {
			fmt.Println(e.Faults[0].Code, e.Faults[0].Message)
		}
	}
	// Output:
	// max höchstens 4
	// max must be at most 4
}
