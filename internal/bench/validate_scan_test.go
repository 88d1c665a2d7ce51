package bench

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// This module cannot call the scan. Package validate has a benchmark that times the
// scan and json.Unmarshal in turn, on its own order. The table runs that benchmark and
// reads its output.

// A share is the time of the scan relative to decoding, and its allocations.
type share struct{ time, allocs float64 }

const (
	mostOfDecoding = 0.15
	scanBenchmark  = "BenchmarkScan"
	scanMetric     = "scan/unmarshal"
)

// sharesOf reads the output of the benchmark, one line for each run.
func sharesOf(output string) (all []share, err error) {
	for line := range strings.Lines(output) {
		fields := strings.Fields(line)
		if len(fields) < 2 || strings.SplitN(fields[0], "-", 2)[0] != scanBenchmark {
			continue
		}
		metrics := map[string]float64{}
		for pair := range slices.Chunk(fields[2:], 2) {
			if len(pair) == 2 {
				if v, err := strconv.ParseFloat(pair[0], 64); err == nil {
					metrics[pair[1]] = v
				}
			}
		}
		time, timed := metrics[scanMetric]
		allocs, counted := metrics["allocs/op"]
		if !timed || !counted || !(time > 0) {
			return nil, fmt.Errorf("no %s and allocs/op in %q", scanMetric, line)
		}
		all = append(all, share{time, allocs})
	}
	if len(all) == 0 {
		return nil, errors.New("no " + scanBenchmark + " in the output")
	}
	return all, nil
}

// evaluateScan returns the row of the measured shares: their median, and the promise
// about it. It returns an error if the promise was broken in a way that no other load
// on the machine explains.
func evaluateScan(all []share) (cells [5]string, err error) {
	times := make([]float64, 0, len(all))
	allocs := 0.0
	for _, s := range all {
		times, allocs = append(times, s.time), max(allocs, s.allocs)
	}
	slices.Sort(times)
	median := times[len(times)/2]
	if allocs > 0 {
		err = fmt.Errorf("scan: promised no allocation, measured %.0f", allocs)
	}
	return [5]string{"body, 1 KB order, scan alone ÷ " + decodeAlone, "–", fmt.Sprintf("%.3f, %.0f allocs", median, allocs), "–",
		fmt.Sprintf("≤ %.2f: %s; ≤ 0 allocs: %s", mostOfDecoding, markIf(median <= mostOfDecoding), markIf(err == nil))}, err
}

// scan adds a row for the cost of a body before it is decoded.
func (tab *table) scan(t *testing.T, e effort) {
	// Measurements in turn need no long turns. A one-time cost, such as filling the
	// pool, is negligible among a thousand runs.
	cmd := exec.CommandContext(t.Context(), "go", "test", "-run", "^$", "-bench", "^"+scanBenchmark+"$", "-benchtime", "1000x", "-count", strconv.Itoa(e.passes), "./validate")
	cmd.Dir = "../.."
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	all, err := sharesOf(string(out))
	if err != nil {
		t.Fatal(err)
	}
	cells, err := evaluateScan(all)
	if err != nil {
		t.Error(err)
	}
	tab.rows = append(tab.rows, cells)
}

// The row is useful only if it shows a slower scan, and a missing one.
func TestBrokenScanPromiseIsReported(t *testing.T) {
	line := func(time, allocs string) string {
		return "BenchmarkScan-2 \t 462248\t 2839 ns/op\t 306.45 MB/s\t " + time + " scan/unmarshal\t 0 B/op\t " + allocs + " allocs/op\n"
	}
	for _, tt := range []struct{ output, ours, target, err string }{
		{"goos: linux\ncpu: x\n" + line("0.1061", "0") + "PASS\n", "0.106, 0 allocs", "≤ 0.15: met; ≤ 0 allocs: met", ""},
		{line("0.1511", "0"), "0.151, 0 allocs", "≤ 0.15: MISSED; ≤ 0 allocs: met", ""},
		{line("0.1", "0") + line("0.9", "0") + line("0.2", "0"), "0.200, 0 allocs", "≤ 0.15: MISSED; ≤ 0 allocs: met", ""},
		{line("0.1", "0") + line("0.1", "1") + line("0.1", "0"), "0.100, 1 allocs", "≤ 0.15: met; ≤ 0 allocs: MISSED", "scan: promised no allocation, measured 1"},
	} {
		all, err := sharesOf(tt.output)
		if err != nil {
			t.Errorf("%q: %v", tt.output, err)
			continue
		}
		cells, err := evaluateScan(all)
		if cells[2] != tt.ours || cells[4] != tt.target || (err == nil) != (tt.err == "") || err != nil && err.Error() != tt.err {
			t.Errorf("%q: %q, %v", tt.output, cells, err)
		}
	}
	for _, output := range []string{
		"", "PASS\nok x 0.1s\n", "BenchmarkScanner-2 1 2 ns/op 0.1 scan/unmarshal 0 allocs/op\n",
		"BenchmarkScan-2 1 2 ns/op 0 allocs/op\n", "BenchmarkScan-2 1 2 ns/op 0.1 scan/unmarshal\n", "BenchmarkScan-2\n",
		line("0", "0"), line("NaN", "0"), line("0.1", "x"), "BenchmarkScan-2 1\n",
	} {
		if all, err := sharesOf(output); err == nil {
			t.Errorf("%q: %v", output, all)
		}
	}
}
