package redisstore

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// The context of a call ends at its deadline, whatever time earlier calls have left the
// timer at. A call that ended in time leaves nothing to the next call.
func TestCallContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCallCtx()
		call := func(budget, takes time.Duration) (reusable bool) {
			now := time.Now()
			c.begin(now, now.Add(budget))
			if d, ok := c.Deadline(); !ok || !d.Equal(now.Add(budget)) {
				t.Fatalf("deadline %v, %t", d, ok)
			}
			select {
			case <-c.Done():
				if took := time.Since(now); took != budget || !errors.Is(c.Err(), context.DeadlineExceeded) {
					t.Fatalf("done after %v of %v: %v", took, budget, c.Err())
				}
			case <-time.After(takes):
				if takes > budget || c.Err() != nil {
					t.Fatalf("not done after %v of %v: %v", takes, budget, c.Err())
				}
			}
			return c.end()
		}
		for i := range 200 {
			budget := time.Duration(10+i*7%40) * time.Millisecond
			if !call(budget, time.Duration(i%10)*time.Millisecond) {
				t.Fatal("expired in time")
			}
			time.Sleep(time.Duration(i%13) * 5 * time.Millisecond) // the timer fires between two calls
		}
		if call(20*time.Millisecond, time.Second) {
			t.Error("used again after it has expired")
		}
		if c.Value("x") != nil {
			t.Error("a value")
		}
	})
}

// A call keeps a deadline that is earlier than the deadline of the previous call.
func TestCallContextEndsEarlier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCallCtx()
		c.begin(time.Now(), time.Now().Add(time.Second))
		c.end()
		begin := time.Now()
		c.begin(begin, begin.Add(time.Millisecond))
		<-c.Done()
		if took := time.Since(begin); took != time.Millisecond {
			t.Error(took)
		}
		c.end()
		synctest.Wait()
	})
}
