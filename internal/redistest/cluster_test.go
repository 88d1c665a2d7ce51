package redistest

import (
	"testing"
	"time"
)

func TestX(t *testing.T) {
	b := time.Now()
	c := StartCluster(t)
	t.Log("formed", time.Since(b))
	from, to := c.MasterOf("a"), c.MasterOf("b")
	for range 3000 {
	}
	b = time.Now()
	c.Reshard(t, from, to, 1500)
	t.Log("reshard", time.Since(b))
	m := c.MasterOf("a")
	m.Stop()
	b = time.Now()
	c.AwaitOK(t)
	t.Log("failover", time.Since(b))
	b = time.Now()
	m.Restart(t)
	c.AwaitOK(t)
	t.Log("rejoin", time.Since(b), c.MasterOf("a").Addr, m.Addr)
}
