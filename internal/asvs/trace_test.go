package asvs

import (
	_ "embed"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

//go:embed trace.txt
var traceFile string

var update = flag.Bool("update", false, "write .github/ASVS.md")

const (
	root = "../../"
	page = root + ".github/ASVS.md"
)

// A requirement is one line of the standard, with tests as folder.TestName.
type requirement struct {
	id, text string
	tests    []string
}

var requirementLine = regexp.MustCompile(`^(\d+\.\d+\.\d+) (.+)$`)

// parse reads the requirements of a trace.
func parse(text string) (all []requirement, err error) {
	for i, line := range strings.Split(text, "\n") {
		names, isTests := strings.CutPrefix(line, "  tests: ")
		m := requirementLine.FindStringSubmatch(line)
		switch {
		case line == "" || line[0] == '#':
		case m != nil:
			all = append(all, requirement{id: m[1], text: m[2]})
		case isTests && len(all) > 0:
			all[len(all)-1].tests = strings.Split(names, ", ")
		default:
			return nil, fmt.Errorf("line %d: %q", i+1, line)
		}
	}
	return all, nil
}

// byFolder returns the names of the tests in each folder.
func byFolder(all []requirement) map[string][]string {
	folders := map[string][]string{}
	for _, r := range all {
		for _, name := range r.tests {
			folder, test, _ := strings.Cut(name, ".")
			if !slices.Contains(folders[folder], test) {
				folders[folder] = append(folders[folder], test)
			}
		}
	}
	return folders
}

// markdown returns the page.
func markdown(all []requirement) string {
	var w strings.Builder
	w.WriteString("# OWASP ASVS 5.0\n\nThe requirements that this library meets, or helps to meet, in our words, and the tests that prove it.\n" +
		"`make scoreboard ROWS=R21` runs these tests. This page is generated from internal/asvs/trace.txt.\n\n" +
		"| Requirement | | Tests |\n|---|---|---|\n")
	for _, r := range all {
		fmt.Fprintf(&w, "| %s | %s | `%s` |\n", r.id, r.text, strings.Join(r.tests, "` `"))
	}
	return w.String()
}

// The trace has each requirement once, names declared tests, and is the page.
func TestPage(t *testing.T) {
	all, err := parse(traceFile)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range all {
		if seen[r.id] || len(r.tests) == 0 {
			t.Errorf("%s stands twice, or has no test", r.id)
		}
		seen[r.id] = true
	}
	for folder, names := range byFolder(all) {
		files, err := filepath.Glob(root + folder + "/*_test.go")
		if err != nil {
			t.Fatal(err)
		}
		source := ""
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			source += string(text)
		}
		for _, name := range names {
			if !strings.Contains(source, "\nfunc "+name+"(t *testing.T)") {
				t.Errorf("%s.%s is not declared", folder, name)
			}
		}
	}
	if *update {
		if err := os.WriteFile(page, []byte(markdown(all)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if written, err := os.ReadFile(page); err != nil || string(written) != markdown(all) {
		t.Errorf("%s is outdated (%v); write it with -update", page, err)
	}
}

// proven returns the requirements whose tests all passed, and the others. output has the
// output of go test -v by folder.
func proven(all []requirement, output map[string]string) (good, bad []string) {
	for _, r := range all {
		passed := len(r.tests) > 0
		for _, name := range r.tests {
			folder, test, _ := strings.Cut(name, ".")
			passed = passed && strings.Contains("\n"+output[folder], "\n--- PASS: "+test+" (")
		}
		if passed {
			good = append(good, r.id)
		} else {
			bad = append(bad, r.id)
		}
	}
	return good, bad
}

// Each test of the trace passes.
func TestTrace(t *testing.T) {
	if os.Getenv("ASVS") == "" {
		t.Skip("set ASVS=1 to run the tests of the trace")
	}
	all, err := parse(traceFile)
	if err != nil {
		t.Fatal(err)
	}
	output := map[string]string{}
	for folder, names := range byFolder(all) {
		cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-v", "-run", "^("+strings.Join(names, "|")+")$", "./"+folder)
		cmd.Dir = root
		text, err := cmd.CombinedOutput()
		if output[folder] = string(text); err != nil {
			t.Errorf("%s: %v\n%s", folder, err, text)
		}
	}
	good, bad := proven(all, output)
	mwtest.Publish(t, "asvs.proven", len(good))
	mwtest.Publish(t, "asvs.open", len(bad))
	for _, id := range bad {
		t.Errorf("%s is not proven", id)
	}
}

// The trace detects a test that fails, is skipped, or is missing.
func TestTraceDetectsMistakes(t *testing.T) {
	all := []requirement{
		{"1.1.1", "passes", []string{"a.TestA", "b.TestB"}}, {"1.1.2", "fails", []string{"a.TestA", "a.TestFails"}},
		{"1.1.3", "is skipped", []string{"a.TestSkipped"}}, {"1.1.4", "is missing", []string{"b.TestA"}}, {"1.1.5", "names none", nil},
	}
	good, bad := proven(all, map[string]string{
		"a": "--- PASS: TestA (0.00s)\n--- FAIL: TestFails (0.00s)\n--- SKIP: TestSkipped (0.00s)\n",
		"b": "--- PASS: TestB (0.00s)\n    --- PASS: TestA (0.00s)\n",
	})
	if !slices.Equal(good, []string{"1.1.1"}) || len(bad) != 4 {
		t.Errorf("good %v, bad %v", good, bad)
	}
}
