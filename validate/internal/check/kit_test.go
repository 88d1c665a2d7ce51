package check_test

import (
	"errors"
	"net/http"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

type level string

func (l *level) UnmarshalText(b []byte) error {
	if *l = level(b); *l != "low" {
		return errors.New("bad level: " + string(b))
	}
	return nil
}

// money decodes itself, and its error quotes its input.
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

var errConflict = &httperr.Error{Status: http.StatusConflict, Code: "taken", Message: "It is taken."}
