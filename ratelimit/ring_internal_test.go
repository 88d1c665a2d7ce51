package ratelimit

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// ringModel is the slow reference of a ring: the times in ascending order, oldest first.
type ringModel []int64

func (m *ringModel) add(until, n int64, size int) {
	for range n {
		*m = append(*m, until)
	}
	*m = (*m)[max(len(*m)-size, 0):]
}

func (m *ringModel) advance(now int64) {
	*m = slices.DeleteFunc(*m, func(t int64) bool { return t <= now })
}

func (m *ringModel) takeBack(until, n int64) {
	*m = slices.DeleteFunc(*m, func(t int64) bool {
		n--
		if t != until {
			n++
		}
		return t == until && n >= 0
	})
}

// swapIn pairs the newest times of the two, then the second newest, and so on.
func (m *ringModel) swapIn(other *ringModel) {
	var kept ringModel
	for k := 1; k <= max(len(*m), len(*other)); k++ {
		mine, theirs := int64(0), int64(0)
		if k <= len(*m) {
			mine = (*m)[len(*m)-k]
		}
		if k <= len(*other) {
			theirs = (*other)[len(*other)-k]
		}
		kept = append(kept, max(mine, theirs))
	}
	slices.Reverse(kept)
	*m, *other = slices.Clone(*other), kept
}

func (r *ring) times() (all []int64) {
	_, live := r.span()
	for i := range live {
		all = append(all, r.at(i))
	}
	return all
}

// ringDiffers plays the same random operations on two rings and on their models, and
// reports whether any of them ever differ. damage may spoil a ring after each operation.
func ringDiffers(rnd *rand.Rand, size int, damage func(*ring)) bool {
	rings := []*ring{{new(hotWindow), make([]uint64, size)}, {new(hotWindow), make([]uint64, size)}}
	models := make([]ringModel, 2)
	now, length := int64(1), int64(1000)
	for range 300 {
		i := rnd.IntN(2)
		r, m := rings[i], &models[i]
		switch rnd.IntN(8) {
		case 0, 1:
			now += rnd.Int64N(length / 4)
		case 2:
			now += length/2 + rnd.Int64N(length)
		case 3:
			if len(*m) > 0 {
				until, n := (*m)[rnd.IntN(len(*m))]-rnd.Int64N(2), 1+rnd.Int64N(3)
				r.takeBack(until, n)
				m.takeBack(until, n)
			}
		case 4:
			r.advance(now)
			m.advance(now)
			rings[1-i].advance(now)
			models[1-i].advance(now)
			r.swapIn(rings[1-i])
			m.swapIn(&models[1-i])
		case 5:
			r.copyFrom(rings[1-i])
			*m = slices.Clone(models[1-i])
		default:
			n := rnd.Int64N(int64(size) + 1)
			r.add(now+length, n)
			m.add(now+length, n, size)
		}
		if rnd.IntN(2) == 0 {
			r.advance(now)
			m.advance(now)
		}
		damage(r)
		for i := range rings {
			if !slices.Equal(rings[i].times(), models[i]) {
				return true
			}
		}
	}
	return false
}

func TestRingMatchesModel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(51, 52))
	for range 500 {
		if size := 1 + rnd.IntN(20); ringDiffers(rnd, size, func(*ring) {}) {
			t.Fatalf("a ring of %d differs from its model", size)
		}
	}
}

// ringDiffers itself is tested: it must find a ring that loses its oldest time, and a
// time that leaves a nanosecond too early.
func TestRingModelFindsFaults(t *testing.T) {
	for name, damage := range map[string]func(*ring){
		"lost": func(r *ring) {
			if first, live := r.span(); live == 3 {
				r.setSpan(r.wrap(first+1), live-1)
			}
		},
		"early": func(r *ring) {
			if first, live := r.span(); live == 3 {
				*r.slot(first)--
				r.setSpan(first, live)
			}
		},
	} {
		rnd, found := rand.New(rand.NewPCG(53, 54)), false
		for range 50 {
			found = found || ringDiffers(rnd, 8, damage)
		}
		if !found {
			t.Errorf("%s: not found", name)
		}
	}
}
