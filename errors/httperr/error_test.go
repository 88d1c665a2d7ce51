package httperr_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

func TestErrorIdentity(t *testing.T) {
	cause := errors.New("duplicate key")
	other := &httperr.Error{Status: 409, Code: "name_taken", Message: "The name is taken."}
	for name, is := range map[string]bool{
		"itself":             errors.Is(errTaken, errTaken),
		"a copy":             errors.Is(errTaken.With(cause), errTaken),
		"a copy of a copy":   errors.Is(errTaken.With(cause).WithHeader("Retry-After", "1").With(nil), errTaken),
		"wrapped":            errors.Is(fmt.Errorf("save: %w", errTaken.With(cause)), errTaken),
		"the cause":          errors.Is(errTaken.With(cause), cause),
		"not an equal Error": !errors.Is(errTaken.With(cause), other),
		"not in reverse":     !errors.Is(errTaken, errTaken.With(cause)),
	} {
		if !is {
			t.Error(name)
		}
	}
	if got := errTaken.With(cause).Error(); got != "name_taken: duplicate key" {
		t.Errorf("text %q", got)
	}
	if errTaken.Cause != nil || errTaken.Header != nil {
		t.Error("With and WithHeader must leave the declared error alone")
	}
}
