package redistest

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// A load increments keys on a cluster, by clients that follow redirections, until it is
// ended.
type load struct {
	firstAddr  string
	keys       []string
	workers    sync.WaitGroup
	ended      atomic.Bool
	redirected atomic.Int64 // redirections by ASK

	mu           sync.Mutex
	acknowledged map[string]int64
	errs         []error
}

func startLoad(entry string, keys []string, workers int) *load {
	l := &load{firstAddr: entry, keys: keys, acknowledged: map[string]int64{}}
	for i := range workers {
		l.workers.Go(func() { l.work(i, workers) })
	}
	return l
}

// end returns how often each key was acknowledged.
func (l *load) end(t *testing.T) map[string]int64 {
	t.Helper()
	l.ended.Store(true)
	l.workers.Wait()
	for _, err := range l.errs {
		t.Error(err)
	}
	return l.acknowledged
}

func (l *load) work(i, step int) {
	conns := map[string]*client{}
	defer func() {
		for _, c := range conns {
			c.close()
		}
	}()
	for ; !l.ended.Load(); i += step {
		key := l.keys[i%len(l.keys)]
		err := l.count(conns, key)
		l.mu.Lock()
		if err == nil {
			l.acknowledged[key]++
		} else {
			l.errs = append(l.errs, err)
		}
		l.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (l *load) count(conns map[string]*client, key string) error {
	addr, asking := l.firstAddr, false
	for range 10 {
		if conns[addr] == nil {
			c, err := dial(addr, commandLimit)
			if err != nil {
				return err
			}
			conns[addr] = c
		}
		if asking {
			if _, err := conns[addr].do("ASKING"); err != nil {
				return err
			}
		}
		_, err := conns[addr].do("INCR", key)
		if err == nil {
			return nil
		}
		redirect := strings.Fields(err.Error())
		if len(redirect) != 3 || redirect[0] != "MOVED" && redirect[0] != "ASK" {
			return fmt.Errorf("INCR %s on %s: %w", key, addr, err)
		}
		addr, asking = redirect[2], redirect[0] == "ASK"
		if asking {
			l.redirected.Add(1)
		}
	}
	return fmt.Errorf("%s is sent around in circles", key)
}
