package authztest

import (
	"fmt"
	"strings"
)

// maxAttackers bounds the attackers that a message names: a route without a check has dozens.
const maxAttackers = 12

// A fault is one fault of a route, with all the attackers that found it.
type fault struct {
	text      string
	attackers []string
}

// fault notes a fault of the route.
func (a *attack) fault(attacker, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for i := range a.faults {
		if f := &a.faults[i]; f.text == text {
			f.attackers = append(f.attackers, attacker)
			return
		}
	}
	a.faults = append(a.faults, fault{text, []string{attacker}})
}

// report reports the faults of the route, or that there is no fault.
func (a *attack) report(sent int) {
	a.t.Helper()
	for _, f := range a.faults {
		more := ""
		if n := len(f.attackers) - maxAttackers; n > 0 {
			f.attackers, more = f.attackers[:maxAttackers], fmt.Sprintf("; and %d more", n)
		}
		a.t.Errorf("authztest: %s: %s: by %s%s", a.row.Pattern, f.text, strings.Join(f.attackers, "; "), more)
	}
	if len(a.faults) == 0 {
		a.t.Logf("authztest: %s: holds in %d requests: %s", a.row.Pattern, sent, a.row.Policy)
	}
}
