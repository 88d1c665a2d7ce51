package httperr_test

import (
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

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
