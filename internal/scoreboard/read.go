package main

import (
	"regexp"
	"strconv"
	"strings"
)

// A reading holds the values that a command printed, and the results of its tests.
type reading struct {
	values map[string][]float64
	tests  map[string]string // PASS, FAIL or SKIP by the name of the test
	lists  map[string][]string
}

func newReading() reading {
	return reading{map[string][]float64{}, map[string]string{}, map[string][]string{}}
}

func (r reading) add(key string, value float64) { r.values[key] = append(r.values[key], value) }

// A reader takes the values out of the output of a command.
type reader func(output string) reading

var readers = map[string]reader{"": readTests, "fuzz": readFuzz, "mutants": readMutants, "races": readRaces}

var (
	attribute = regexp.MustCompile(`(?m)^=== ATTR +(\S+) ([a-z_]+\.[a-z_.]+) (-?[0-9.]+)$`)
	result    = regexp.MustCompile(`(?m)^ *--- (PASS|FAIL|SKIP): (\S+) \(`)
)

// readTests reads the output of go test -v: the values that the tests published with
// mwtest.Publish, and the result of each test. One test name in two packages counts as
// passed only if it passed in both.
func readTests(output string) reading {
	r := newReading()
	for _, m := range attribute.FindAllStringSubmatch(output, -1) {
		if v, err := strconv.ParseFloat(m[3], 64); err == nil {
			r.add(m[2], v)
		}
	}
	for _, m := range result.FindAllStringSubmatch(output, -1) {
		if earlier, seen := r.tests[m[2]]; !seen || earlier == "PASS" {
			r.tests[m[2]] = m[1]
		}
	}
	return r
}

var (
	fuzzTarget = regexp.MustCompile(`^\S+ (Fuzz\w+)$`)
	executions = regexp.MustCompile(`^fuzz: elapsed: .*execs: ([0-9]+)`)
)

// readFuzz reads the output of make fuzz: the name of each target, and its executions.
func readFuzz(output string) reading {
	r := readTests(output)
	target, last := "", 0.0
	end := func() {
		if target != "" {
			r.add("fuzz.targets", 1)
			r.add("fuzz.executions", last)
		}
	}
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if m := fuzzTarget.FindStringSubmatch(line); m != nil {
			end()
			target, last = m[1], 0
		} else if m := executions.FindStringSubmatch(line); m != nil {
			last, _ = strconv.ParseFloat(m[1], 64)
		}
	}
	end()
	return r
}
