package httperr_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

var (
	errTaken       = &httperr.Error{Status: 409, Code: "name_taken", Message: "The name is taken."}
	errUnavailable = &httperr.Error{Status: 503, Code: "unavailable", Message: "The store does not answer."}
)

func TestErrorIdentity(t *testing.T) {
	cause := errors.New("duplicate key")
	other := &httperr.Error{Status: 409, Code: "name_taken", Message: "The name is taken."}
	for name, is := range map[string]bool{
		"itself":                 errors.Is(errTaken, errTaken),
		"a copy":                 errors.Is(errTaken.With(cause), errTaken),
		"a copy of a copy":       errors.Is(errTaken.With(cause).WithHeader("Retry-After", "1").With(nil), errTaken),
		"wrapped":                errors.Is(fmt.Errorf("save: %w", errTaken.With(cause)), errTaken),
		"the cause":              errors.Is(errTaken.With(cause), cause),
		"no other of like looks": !errors.Is(errTaken.With(cause), other),
		"not the other way":      !errors.Is(errTaken, errTaken.With(cause)),
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

func TestConfigErrorText(t *testing.T) {
	for want, e := range map[string]*httperr.ConfigError{
		`cors: Origins[2]: "null": every sandboxed frame has it; list real origins`: {Package: "cors", Field: "Origins[2]", Value: `"null"`, Reason: "every sandboxed frame has it", Fix: "list real origins"},
		`authn: Keys: missing`: {Package: "authn", Field: "Keys", Reason: "missing"},
	} {
		if got := e.Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	f := httperr.ConfigFaults{Package: "p"}
	if f.Err() != nil || f.Len() != 0 {
		t.Error("no fault is a fault")
	}
	f.Add("A", nil, "missing", "fix it")
	f.Add("B[1]", 7, "odd", "")
	f.Add("C", "x\n", "", "")
	err := f.Err()
	mwtest.Faults(t, err, `p: A: missing; fix it`, `p: B[1]: "7": odd`, `p: C: "x\n"`)
	if !strings.Contains(err.Error(), "\n") {
		t.Error("joined faults are read a line each")
	}
}
