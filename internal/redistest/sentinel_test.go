package redistest

import (
	"testing"
	"time"
)

func TestY(t *testing.T) {
	b := time.Now()
	c := StartSentinel(t)
	t.Log("formed", time.Since(b))
	m := c.Primary()
	m.Stop()
	b = time.Now()
	c.AwaitOK(t)
	t.Log("failover", time.Since(b))
	b = time.Now()
	m.Restart(t)
	c.AwaitOK(t)
	t.Log("rejoin", time.Since(b), c.Primary().Addr, m.Addr)
}
