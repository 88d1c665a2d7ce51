package breaker

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// A model is the slow reference: the state machine, one caller at a time.
type model struct {
	Config
	open     bool
	failures int
	pause    time.Duration
	probeAt  time.Duration
	told     []change
}

func (m *model) allow(now time.Duration) State {
	if !m.open {
		return Closed
	}
	if now < m.probeAt {
		return Open
	}
	m.probeAt = now + m.ProbeTimeout
	return HalfOpen
}

func (m *model) success(s State) {
	m.failures = 0
	if s == HalfOpen && m.open {
		m.open, m.pause = false, 0
		m.told = append(m.told, change{Closed, nil})
	}
}

// failure reports whether a new pause begins.
func (m *model) failure(s State) bool {
	if s == Closed {
		m.failures++
	}
	if s == Closed && (m.open || m.failures < m.Threshold) {
		return false
	}
	m.pause *= 2
	if m.pause < m.FirstPause {
		m.pause = m.FirstPause
	}
	if m.pause > m.LastPause {
		m.pause = m.LastPause
	}
	if !m.open {
		m.open = true
		m.told = append(m.told, change{Open, errDown})
	}
	return true
}

func (m *model) abandon(s State, now time.Duration) {
	if s == HalfOpen && m.open {
		m.probeAt = now
	}
}

func (m *model) wait(now time.Duration) time.Duration {
	if !m.open || m.probeAt < now {
		return 0
	}
	return m.probeAt - now
}

// compareWithModel applies one random sequence of calls to a breaker of cfg and to m.
// It returns the first difference, and the number of probes.
func compareWithModel(cfg Config, m *model, rnd *rand.Rand) (difference string, probes int) {
	b, told := newRecorded(cfg)
	now := time.Duration(1)
	var underWay []State
	for range 500 {
		if rnd.IntN(3) == 0 {
			now += time.Duration(rnd.Int64N(int64(max(m.LastPause>>rnd.IntN(8), 1))))
		}
		op := rnd.IntN(8)
		if op < 4 || len(underWay) == 0 {
			got, want := b.Allow(now), m.allow(now)
			if got != want {
				return fmt.Sprintf("Allow = %d, want %d", got, want), probes
			}
			if got == HalfOpen {
				probes++
			}
			if got != Open {
				underWay = append(underWay, got)
			}
		} else {
			i := rnd.IntN(len(underWay))
			s := underWay[i]
			underWay = slices.Delete(underWay, i, i+1)
			switch op {
			case 4:
				b.Success(s)
				m.success(s)
			case 5:
				b.Abandon(s, now)
				m.abandon(s, now)
			default:
				b.Failure(s, now, errDown)
				if m.failure(s) {
					wait := b.Wait(now)
					if wait <= m.pause/2 || wait > m.pause {
						return fmt.Sprintf("a pause of %v, want more than half of %v and no more", wait, m.pause), probes
					}
					m.probeAt = now + wait // the breaker chooses the pause at random
				}
			}
		}
		if got, want := b.Wait(now), m.wait(now); got != want {
			return fmt.Sprintf("Wait = %v, want %v", got, want), probes
		}
		if !slices.Equal(*told, m.told) {
			return fmt.Sprintf("told %v, want %v", *told, m.told), probes
		}
	}
	return "", probes
}

func randomConfig(rnd *rand.Rand) Config {
	cfg := Config{Threshold: 1 + rnd.IntN(6), FirstPause: time.Duration(2 + rnd.IntN(1000))}
	cfg.LastPause = cfg.FirstPause << rnd.IntN(6)
	cfg.ProbeTimeout = cfg.LastPause + time.Duration(rnd.IntN(1000))
	return cfg
}

func TestBreakerEqualsTheModel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	probes := 0
	for round := range 2000 {
		cfg := randomConfig(rnd)
		difference, n := compareWithModel(cfg, &model{Config: cfg}, rnd)
		if difference != "" {
			t.Fatalf("round %d, %+v: %s", round, cfg, difference)
		}
		probes += n
	}
	if probes < 10_000 {
		t.Errorf("only %d probes were made", probes)
	}
}

// compareWithModel itself is tested: it must find a breaker with one wrong number.
func TestCompareWithModelFindsFaults(t *testing.T) {
	for name, spoil := range map[string]func(*Config){
		"threshold":     func(c *Config) { c.Threshold++ },
		"first pause":   func(c *Config) { c.FirstPause *= 3 },
		"last pause":    func(c *Config) { c.LastPause *= 3 },
		"probe timeout": func(c *Config) { c.ProbeTimeout++ },
	} {
		rnd := rand.New(rand.NewPCG(3, 4))
		found := false
		for range 100 {
			cfg := randomConfig(rnd)
			m := &model{Config: cfg}
			spoil(&cfg)
			difference, _ := compareWithModel(cfg, m, rnd)
			found = found || difference != ""
		}
		if !found {
			t.Errorf("compareWithModel found no wrong %s", name)
		}
	}
}
