package main

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
	"testing"
	"time"
)

const passed = "=== ATTR  TestA/sub a.b 2\n=== ATTR  TestA a.b 1\n--- PASS: TestA (0.00s)\n--- PASS: TestADetectsMistakes (0.00s)\n"

func exampleRow() row {
	return row{
		ID: "R1", Short: "true", Measured: "{a.b} of it", Peers: "none",
		Measures: []measure{{Key: "a.b", Take: "max", Bound: "<= 2", Full: "<= 1"}}, Twins: []string{"TestADetectsMistakes"},
	}
}

func TestEvaluate(t *testing.T) {
	v := exampleRow().evaluate(false, passed, nil, time.Second)
	if len(v.Faults) > 0 || v.Measured != "2 of it" || v.Values["a.b"] != 2 {
		t.Errorf("%+v", v)
	}
}

// A row falls short for each of these reasons.
func TestEvaluateDetectsMistakes(t *testing.T) {
	for name, v := range map[string]verdict{
		"is 2":               exampleRow().evaluate(true, passed, nil, 0),
		"command failed":     exampleRow().evaluate(false, passed, errors.New("exit status 1"), 0),
		"no value of a.b":    exampleRow().evaluate(false, strings.ReplaceAll(passed, "a.b", "a.c"), nil, 0),
		"TestADetects":       exampleRow().evaluate(false, strings.ReplaceAll(passed, "PASS: TestAD", "SKIP: TestAD"), nil, 0),
		"Mistakes did not p": exampleRow().evaluate(false, strings.ReplaceAll(passed, "TestADetects", "TestBDetects"), nil, 0),
		"Mistakes did not":   exampleRow().evaluate(false, passed+"--- FAIL: TestADetectsMistakes (0.00s)\n", nil, 0),
	} {
		if all := strings.Join(v.Faults, "\n"); !strings.Contains(all, name) {
			t.Errorf("%q is not in %q", name, all)
		}
	}
}

func TestFormat(t *testing.T) {
	for value, want := range map[float64]string{0: "0", 1234567: "1,234,567", -1234.5: "-1,234.5", 0.98765: "0.988", 999: "999"} {
		if got := format(value); got != want {
			t.Errorf("%v is %s, want %s", value, got, want)
		}
	}
}

func TestReadFuzz(t *testing.T) {
	r := readFuzz("example.com/a FuzzA\nfuzz: elapsed: 0s, gathering baseline coverage: 0/1 completed\nfuzz: elapsed: 1s, execs: 10 (10/sec), new interesting: 1\n" +
		"fuzz: elapsed: 2s, execs: 25 (15/sec), new interesting: 1\nPASS\nexample.com/a FuzzB\nPASS\n")
	if got := r.values["fuzz.executions"]; len(got) != 2 || got[0] != 25 || got[1] != 0 {
		t.Errorf("%v", r.values)
	}
}

func TestReadMutants(t *testing.T) {
	r := readMutants("mutants ./a\n      KILLED ARITHMETIC_BASE at a.go:1:2\n       LIVED CONDITIONALS_BOUNDARY at a.go:3:4\n NOT COVERED INVERT_NEGATIVES at a.go:5:6\n   TIMED OUT INVERT_NEGATIVES at a.go:7:8\n")
	for key, want := range map[string]float64{"killed": 2, "all": 3, "unreached": 1, "slow": 1, "unargued": 1} {
		if got := r.values["mutants."+key]; len(got) != 1 || got[0] != want {
			t.Errorf("%s: %v", key, got)
		}
	}
	for list, want := range map[string]string{
		"survivors":   "a/a.go:3:4 CONDITIONALS_BOUNDARY ``: no argument",
		"not reached": "a/a.go:5:6 INVERT_NEGATIVES", "ended by time": "a/a.go:7:8 INVERT_NEGATIVES",
	} {
		if got := r.lists[list]; len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q", list, got)
		}
	}
}

// Each argument belongs to a line of a file as it is now, and counts for its survivor.
func TestSurvivorsAreArgued(t *testing.T) {
	t.Chdir("../..")
	for key, argument := range readArguments(survivors) {
		name, text, _ := strings.Cut(key, "\n")
		file, kind, _ := strings.Cut(name, " ")
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		number := 0
		for i, line := range strings.Split(string(source), "\n") {
			if strings.TrimSpace(line) == text {
				number = i + 1
			}
		}
		r := readMutants(fmt.Sprintf("mutants ./%s\nLIVED %s at %s:%d:1\n", path.Dir(file), kind, path.Base(file), number))
		if got := r.lists["survivors"]; number == 0 || r.values["mutants.unargued"][0] != 0 || !strings.HasSuffix(got[0], argument) {
			t.Errorf("%s: %q has no such line, or the argument is not found", file, text)
		}
	}
}

func TestReadRaces(t *testing.T) {
	r := readRaces("ok  \texample.com/a\t1s\nWARNING: DATA RACE\nFAIL\texample.com/b\t1s\n")
	if r.values["races.packages"][0] != 1 || r.values["races.reports"][0] != 1 {
		t.Errorf("%v", r.values)
	}
}
