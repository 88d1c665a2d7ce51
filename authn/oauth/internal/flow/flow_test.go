package flow_test

import (
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/oauth/internal/flow"
)

// FuzzSplitState: the parts of a state make up the state, and a state that New made is one.
func FuzzSplitState(f *testing.F) {
	f.Add(flow.New(time.Now()).State())
	f.Add("")
	f.Add(strings.Repeat("0", 21))
	f.Add(strings.Repeat("g", 60))
	f.Fuzz(func(t *testing.T, state string) {
		id, secret, ok := flow.SplitState(state)
		if ok && (id+secret != state || secret == "" || strings.Trim(id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef") != "") {
			t.Fatalf("%q is %q and %q", state, id, secret)
		}
		made := flow.New(time.Now())
		id, secret, ok = flow.SplitState(made.State() + state)
		if !ok || id != made.ID || secret != made.Secret+state {
			t.Fatalf("%q is %q and %q", made.State()+state, id, secret)
		}
	})
}
