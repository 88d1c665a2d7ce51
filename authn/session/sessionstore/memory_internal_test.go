package sessionstore

import (
	"fmt"
	"testing"
	"time"
)

// The sweep looks at everything. So it is rare where one subject, or one upstream session, has
// much.
func TestSweepIsRare(t *testing.T) {
	var m Memory
	ctx := t.Context()
	for n := range 5000 {
		if _, err := m.Link(ctx, Link{Upstream: "one", SID: fmt.Sprint(n), Started: time.Now(), Keep: time.Hour}); err != nil {
			t.Fatal(err)
		}
	}
	sweeps := 0
	for n := range 5000 {
		before := m.writes
		if err := m.RevokeToken(ctx, "tag", [16]byte{byte(n), 1}, time.Hour); err != nil {
			t.Fatal(err)
		}
		if m.writes < before {
			sweeps++
		}
	}
	if sweeps > 3 {
		t.Errorf("%d sweeps over 5000 links in 5000 writes", sweeps)
	}
}
