package bind_test

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate"
)

type period struct {
	From int `json:"from"`
	To   int `json:"to"`
}

func (p *period) Validate(ctx context.Context) error {
	var err error
	switch p.From {
	case 9:
		return errConflict.With(nil)
	case 8:
		return errors.Join(validate.Fault("/from", "odd", "is odd"), errors.New("secret database"))
	}
	if p.From > p.To {
		err = errors.Join(err, validate.Fault("/to", "before_from", "must not be before from"))
	}
	if p.From < 0 {
		err = errors.Join(err, validate.Fault("/from", "negative", "must not be negative"))
	}
	return err
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

var errConflict = &httperr.Error{Status: http.StatusConflict, Code: "taken", Message: "It is taken."}

type settings struct {
	Theme string `json:"theme" default:"dark" validate:"oneof=dark light"`
	Size  int    `json:"size" default:"12" validate:"min=8"`
}

type settings0 struct {
	Name string `json:"name"`
}
