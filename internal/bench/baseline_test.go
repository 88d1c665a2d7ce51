package bench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

// baseline is the commit that added the row of the whole chain. Its chain has the same layers.
const baseline = "f355e3885181d6fa986190865462d8452967adac"

// chainTargets are the promised quotients of the CPU time of the chain now and at the baseline.
var chainTargets = map[string]float64{"record discarded, token cached": 0.75, "slog JSON, token cached": 0.75}

var costLine = regexp.MustCompile(`(?m)^cost "([^"]+)" ([0-9]+)$`)

// costs runs TestChainCost of a test binary.
func costs(t *testing.T, binary string) map[string]float64 {
	t.Helper()
	cmd := exec.Command(binary, "-test.run", "^TestChainCost$")
	cmd.Env = append(os.Environ(), "BENCH_COST=1", "GOMAXPROCS=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", binary, err, out)
	}
	found := make(map[string]float64)
	for _, m := range costLine.FindAllStringSubmatch(string(out), -1) {
		found[m[1]], _ = strconv.ParseFloat(m[2], 64)
	}
	if len(found) != len(chainVariants) {
		t.Fatalf("%s: %s", binary, out)
	}
	return found
}

// buildBaseline builds the test binary of the baseline with TestChainCost. It returns "" where the
// history is not there, as in a shallow clone.
func buildBaseline(t *testing.T) string {
	t.Helper()
	if exec.Command("git", "cat-file", "-e", baseline+"^{commit}").Run() != nil {
		return ""
	}
	tree := filepath.Join(t.TempDir(), "baseline")
	run := func(dir, name string, args ...string) {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s %q: %v\n%s", name, args, err, out)
		}
	}
	run(".", "git", "worktree", "add", "--detach", "--quiet", tree, baseline)
	t.Cleanup(func() { run(".", "git", "worktree", "remove", "--force", tree) })
	text, err := os.ReadFile("cost_test.go")
	if err != nil {
		t.Fatal(err)
	}
	folder, binary := filepath.Join(tree, "internal", "bench"), filepath.Join(t.TempDir(), "baseline.test")
	if err := os.WriteFile(filepath.Join(folder, "cost_test.go"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	run(folder, "go", "test", "-c", "-o", binary, ".")
	return binary
}

// baseline compares the whole chain with the baseline: two test binaries that take turns.
func (tab *table) baseline(t *testing.T, turns int) {
	then := buildBaseline(t)
	if then == "" {
		tab.notes = append(tab.notes, "whole chain ÷ baseline: not measured, the history has no commit "+baseline[:7])
		return
	}
	now, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ratios := make(map[string][]float64)
	for range turns {
		old, current := costs(t, then), costs(t, now)
		for name := range old {
			ratios[name] = append(ratios[name], current[name]/old[name])
		}
	}
	for _, v := range chainVariants {
		slices.Sort(ratios[v.name])
		median, target := ratios[v.name][turns/2], ""
		if limit := chainTargets[v.name]; limit > 0 {
			target = fmt.Sprintf("≤ %.2f: %s", limit, markIf(median <= limit))
		}
		tab.rows = append(tab.rows, [5]string{chainRow + v.name + " ÷ " + baseline[:7], "–", fmt.Sprintf("%.2f", median), "–", target})
	}
}
