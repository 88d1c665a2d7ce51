package main

import (
	"regexp"
	"strings"
)

var (
	mutatedPackage = regexp.MustCompile(`^mutants (\S+)$`)
	mutant         = regexp.MustCompile(`^(KILLED|LIVED|NOT COVERED|TIMED OUT) (\S+) at (\S+)$`)
)

// readMutants reads the output of gremlins, with a line "mutants PACKAGE" before each
// package. A mutant with which the tests do not end in time is killed. A mutant that no test
// of its package reaches is listed, and does not count: constants are never reached.
func readMutants(output string) reading {
	r := readTests(output)
	folder, all, killed := "", 0.0, 0.0
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if m := mutatedPackage.FindStringSubmatch(line); m != nil {
			folder = m[1]
		}
		m := mutant.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		place := folder + "/" + m[3] + " " + m[2]
		switch m[1] {
		case "KILLED", "TIMED OUT":
			all++
			killed++
		case "LIVED":
			all++
			r.lists["survivors"] = append(r.lists["survivors"], place)
		default:
			r.lists["not reached"] = append(r.lists["not reached"], place)
		}
	}
	if all > 0 {
		r.add("mutants.unreached", float64(len(r.lists["not reached"])))
		r.add("mutants.all", all)
		r.add("mutants.killed", killed)
		r.add("mutants.score", 100*killed/all)
	}
	return r
}

var (
	testedPackage = regexp.MustCompile(`(?m)^ok  \t\S+`)
	dataRace      = regexp.MustCompile(`(?m)^WARNING: DATA RACE`)
)

// readRaces reads the output of go test -race: the packages that passed, and the reports.
func readRaces(output string) reading {
	r := readTests(output)
	r.add("races.packages", float64(len(testedPackage.FindAllString(output, -1))))
	r.add("races.reports", float64(len(dataRace.FindAllString(output, -1))))
	return r
}
