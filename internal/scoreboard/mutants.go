package main

import (
	_ "embed"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
)

var (
	mutatedPackage = regexp.MustCompile(`^mutants (\S+)$`)
	mutant         = regexp.MustCompile(`^(KILLED|LIVED|NOT COVERED|TIMED OUT) (\S+) at (\S+)$`)
)

// readMutants reads the output of gremlins, with a line "mutants PACKAGE" before each
// package. A mutant with which the tests do not end in time is killed, and listed. A mutant
// that no test of its package reaches is listed, and does not count: constants are never
// reached. Each package has its own score. The sources of the mutants are read in the current folder.
func readMutants(output string) reading {
	r := readTests(output)
	arguments := readArguments(survivors)
	folder, unargued := "", 0.0
	all, killed := map[string]float64{}, map[string]float64{}
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if m := mutatedPackage.FindStringSubmatch(line); m != nil {
			folder = path.Clean(m[1])
		}
		m := mutant.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		status, place := m[1], folder+"/"+m[3]+" "+m[2]
		switch status {
		case "KILLED", "TIMED OUT":
			all[folder]++
			killed[folder]++
			if status == "TIMED OUT" {
				r.lists["ended by time"] = append(r.lists["ended by time"], place)
			}
		case "LIVED":
			all[folder]++
			key, text := survivorAt(folder, m[3], m[2])
			argument, argued := arguments[key]
			if !argued {
				unargued++
				argument = "no argument"
			}
			r.lists["survivors"] = append(r.lists["survivors"], place+" `"+text+"`: "+argument)
		default:
			r.lists["not reached"] = append(r.lists["not reached"], place)
		}
	}
	for name, count := range all {
		r.add("mutants.all", count)
		r.add("mutants.killed", killed[name])
		r.add("mutants.score", 100*killed[name]/count)
	}
	if len(all) > 0 {
		r.add("mutants.unreached", float64(len(r.lists["not reached"])))
		r.add("mutants.slow", float64(len(r.lists["ended by time"])))
		r.add("mutants.unargued", unargued)
	}
	return r
}

// survivors are the arguments of the mutants that live. The entries are separated by empty
// lines, and each has three: file and kind, the text of the line, and the argument.
//
//go:embed survivors.txt
var survivors string

// readArguments returns the arguments by their first two lines.
func readArguments(text string) map[string]string {
	arguments := map[string]string{}
	for entry := range strings.SplitSeq(text, "\n\n") {
		if lines := strings.SplitN(strings.TrimSpace(entry), "\n", 3); len(lines) == 3 {
			arguments[lines[0]+"\n"+lines[1]] = strings.TrimSpace(lines[2])
		}
	}
	return arguments
}

// survivorAt returns the key of a mutant in the arguments, and the text of its line. The
// text, and not its number, names a line: numbers change with each change of a file.
func survivorAt(folder, place, kind string) (key, text string) {
	file, rest, _ := strings.Cut(place, ":")
	number, _, _ := strings.Cut(rest, ":")
	file = path.Join(folder, file)
	source, err := os.ReadFile(file)
	n, numberErr := strconv.Atoi(number)
	lines := strings.Split(string(source), "\n")
	if err == nil && numberErr == nil && n >= 1 && n <= len(lines) {
		text = strings.TrimSpace(lines[n-1])
	}
	return file + " " + kind + "\n" + text, text
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
