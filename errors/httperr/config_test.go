package httperr_test

import (
	"errors"
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
		t.Error("ConfigFaults without a fault returns an error")
	}
	f.Add("A", nil, "missing", "fix it")
	f.Add("B[1]", 7, "odd", "")
	f.Add("C", "x\n", "", "")
	err := f.Err()
	mwtest.Faults(t, err, `p: A: missing; fix it`, `p: B[1]: "7": odd`, `p: C: "x\n"`)
	if !strings.Contains(err.Error(), "\n") {
		t.Error("the joined faults are not on one line each")
	}
}

func TestConfigFaultsAddAll(t *testing.T) {
	inner := httperr.ConfigFaults{Package: "inner"}
	inner.Add("URL", "ftp://a", "is not https", "use https")
	inner.Add("Secret", nil, "is short", "use 32 bytes")
	f := httperr.ConfigFaults{Package: "outer"}
	f.Add("First", 1, "is odd", "use 2")
	f.AddAll("Keys.", inner.Err())
	f.AddAll("Keys.", nil)
	f.AddAll("Keys.", errors.New("no faults"))
	mwtest.Faults(t, f.Err(), `outer: First: "1": is odd; use 2`, `outer: Keys.URL: "ftp://a": is not https; use https`, `outer: Keys.Secret: is short; use 32 bytes`)
	if f.Len() != 3 || len(f.All()) != 3 || !strings.HasPrefix(inner.All()[0].Error(), "inner: URL: ") {
		t.Errorf("%d, %v, %v", f.Len(), f.All(), inner.All())
	}
}
