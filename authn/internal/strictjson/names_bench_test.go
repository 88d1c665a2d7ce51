package strictjson

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// Many names, spelled in all ways, in objects within objects: a name that comes
// twice is found, and none that does not is taken for one.
func TestManyNames(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	duplicates := 0
	for range 2000 {
		text := manyNames(r, 1+r.IntN(3), r.IntN(2) == 0)
		_, want := reference(text, claimRules, nil)
		err := NewIndex(nil).Collect(text, claimRules, nil)
		if (err == nil) != want {
			t.Fatalf("%v, want %v: %s", err, want, text)
		}
		if err == ErrDuplicate {
			duplicates++
		}
	}
	if duplicates < 200 || duplicates > 1800 {
		t.Errorf("%d of 2000 objects have a name twice", duplicates)
	}
}

// manyNames returns an object whose names are out of few more than it has.
func manyNames(r *rand.Rand, depth int, escapes bool) string {
	members, pool := make([]string, r.IntN(36)), 700
	for i := range members {
		name := fmt.Sprintf(`"n%d"`, r.IntN(pool))
		if escapes && r.IntN(4) == 0 {
			name = escapeAll(name[1 : len(name)-1])
		}
		value := "1"
		if depth > 1 && r.IntN(8) == 0 {
			value = manyNames(r, depth-1, escapes)
		}
		members[i] = name + ":" + value
	}
	return "{" + strings.Join(members, ",") + "}"
}

// hostile has as many names as there may be, which take as long to tell apart as
// they can.
func hostile(prefix string) string {
	members := make([]string, MaxMembers)
	for i := range members {
		members[i] = fmt.Sprintf(`"%s%s%03dx":1`, prefix, strings.Repeat("a", 36-len(prefix)), i)
	}
	return "{" + strings.Join(members, ",") + "}"
}

// With several issuers a stranger can have claims read. What he writes in them
// must cost about what its length does: when each name was compared with each,
// these took 14 and 490 times as long as one string of their length.
func TestHostileNamesAreCheap(t *testing.T) {
	fastest := func(text string) time.Duration {
		least := time.Hour
		for range 50 {
			began := time.Now()
			if err := NewIndex(nil).Collect(text, claimRules, nil); err != nil {
				t.Fatal(err)
			}
			least = min(least, time.Since(began))
		}
		return least
	}
	for _, prefix := range []string{"", `\/`, `\u0061`} {
		text := hostile(prefix)
		whole := fastest(`{"a":"` + strings.Repeat("a", len(text)) + `"}`)
		if took := fastest(text); took > 12*whole {
			t.Errorf("names with %q take %v, one string of their length %v", prefix, took, whole)
		}
	}
}
