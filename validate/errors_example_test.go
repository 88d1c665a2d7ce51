package validate_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
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
