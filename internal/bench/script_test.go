package bench

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// callOfScript matches the statistics of one kind of call that runs a script.
var callOfScript = regexp.MustCompile(`(?m)^cmdstat_(?:evalsha|eval|fcall)(?:_ro)?:calls=(\d+),usec=(\d+),`)

// scriptTime returns the calls of scripts in the answer of INFO commandstats, and the time
// that the server spent in them.
func scriptTime(info string) (calls int, spent time.Duration, err error) {
	for _, m := range callOfScript.FindAllStringSubmatch(info, -1) {
		n, errN := strconv.Atoi(m[1])
		usec, errU := strconv.Atoi(m[2])
		if errN != nil || errU != nil {
			return 0, 0, errors.Join(errN, errU)
		}
		calls, spent = calls+n, spent+time.Duration(usec)*time.Microsecond
	}
	return calls, spent, nil
}

// script adds a row for the part of a lone decision that Redis spends in the script.
func (tab *table) script(t *testing.T, addr string) {
	const keys = 1024
	n := keys
	if *full {
		n = 20 * keys
	}
	client := dial(t, addr)
	share := func(p peer) string {
		take := p.open(t, unreachableLimit, plentyWindow)
		decideAll := func(n int) {
			for i := range n {
				if ok, err := take(0, "tenant-"+strconv.Itoa(i%keys)); !ok || err != nil {
					t.Fatalf("%s: %v, %v", p.name, ok, err)
				}
			}
		}
		decideAll(keys)
		if err := client.ConfigResetStat(background).Err(); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		decideAll(n)
		whole := time.Since(start) / time.Duration(n)
		calls, spent, err := scriptTime(client.Info(background, "commandstats").Val())
		if err != nil || calls != n {
			t.Errorf("%s: %d scripts for %d decisions, %v", p.name, calls, n, err)
		}
		return fmt.Sprintf("%s of %s", formatDuration(spent/time.Duration(n)), formatDuration(whole))
	}
	cells := make(map[string]string)
	for _, p := range redisPeers(addr, longBudget) {
		if p.name == ours || p.name == "redis_rate" {
			cells[p.name] = share(p)
		}
	}
	tab.rows = append(tab.rows, [5]string{"Redis, lone caller: in the script", "redis_rate " + cells["redis_rate"], cells[ours], "–", ""})
}

func TestScriptTime(t *testing.T) {
	info := "# Commandstats\r\ncmdstat_evalsha:calls=3,usec=30,usec_per_call=10.00,rejected_calls=0\r\n" +
		"cmdstat_hget:calls=9,usec=5,usec_per_call=0.5\r\ncmdstat_fcall:calls=1,usec=7,usec_per_call=7.00\r\n"
	if calls, spent, err := scriptTime(info); calls != 4 || spent != 37*time.Microsecond || err != nil {
		t.Errorf("%d, %v, %v", calls, spent, err)
	}
	if calls, spent, err := scriptTime(""); calls != 0 || spent != 0 || err != nil {
		t.Errorf("%d, %v, %v", calls, spent, err)
	}
}
