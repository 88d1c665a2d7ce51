package audit_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/audit"
)

func TestEventNames(t *testing.T) {
	for e, want := range map[audit.Events]string{
		0:                                       "",
		audit.AuthFailed:                        "auth.failed",
		audit.AuthSucceeded:                     "auth.succeeded",
		audit.AuthzDenied:                       "authz.denied",
		audit.RateLimited:                       "rate.limited",
		audit.ValidateRejected:                  "validate.rejected",
		audit.SessionReuse:                      "session.reuse",
		audit.KeyExpired:                        "key.expired",
		audit.Lockout:                           "lockout",
		audit.Panic:                             "panic",
		audit.StoreDegraded:                     "store.degraded",
		audit.ClaimsUnread:                      "claims.unread",
		audit.ExpiredIgnored:                    "expired.ignored",
		audit.Panic | audit.AuthSucceeded:       "auth.succeeded,panic",
		audit.RateLimited | audit.Events(1<<15): "rate.limited", // bit 15 has no name
	} {
		if got := e.String(); got != want {
			t.Errorf("%b = %q, want %q", e, got, want)
		}
		if got := strings.Join(slices.Collect(e.All()), ","); got != want {
			t.Errorf("%b ranges over %q, want %q", e, got, want)
		}
	}
	both := audit.Panic | audit.AuthSucceeded
	if !both.Has(audit.Panic) || !both.Has(both) || both.Has(audit.Lockout) || audit.Panic.Has(both) || both.Has(0) {
		t.Error("Has")
	}
}
