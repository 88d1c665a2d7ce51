package lint_test

import (
	"context"
	"errors"
	"net/http"

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

type Paging struct {
	Page  int `query:"page" default:"1" validate:"min=1"`
	Limit int `query:"limit" default:"20" validate:"min=1,max=100"`
}

var errConflict = &httperr.Error{Status: http.StatusConflict, Code: "taken", Message: "It is taken."}
