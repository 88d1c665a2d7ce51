package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A tool that finds nothing proves nothing. These tests run each tool on a module with a
// mistake, and read its output as a row does. They run if SCOREBOARD_TOOLS is set, because
// go run downloads one of the tools.

// runTool runs a command in a new module with the files, and returns its output.
func runTool(t *testing.T, files map[string]string, command string) (string, error) {
	t.Helper()
	if os.Getenv("SCOREBOARD_TOOLS") == "" {
		t.Skip("set SCOREBOARD_TOOLS=1 to run the tools")
	}
	dir := t.TempDir()
	files["go.mod"] = "module example.com/broken\n\ngo 1.26\n"
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// The fuzzer detects a parser that panics for one byte.
func TestFuzzDetectsMistakes(t *testing.T) {
	out, err := runTool(t, map[string]string{"a_test.go": `package broken

import "testing"

func FuzzBroken(f *testing.F) {
	f.Add("a")
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 2 && s[0] == 0xff {
			t.Fatal("found")
		}
	})
}
`}, "echo example.com/broken FuzzBroken; go test -run '^$' -fuzz '^FuzzBroken$' -fuzztime 20s .")
	if err == nil {
		t.Errorf("passes: %s", out)
	}
	if got := readFuzz(out).values["fuzz.targets"]; len(got) != 1 {
		t.Errorf("%v: %s", got, out)
	}
}

// The race detector detects a variable that two goroutines write.
func TestRacesDetectMistakes(t *testing.T) {
	out, err := runTool(t, map[string]string{"a_test.go": `package broken

import "testing"

func TestBroken(t *testing.T) {
	n, done := 0, make(chan bool)
	go func() { n++; done <- true }()
	n++
	<-done
	_ = n
}
`}, "go test -race .")
	if err == nil {
		t.Errorf("passes: %s", out)
	}
	if got := readRaces(out).values["races.reports"]; len(got) != 1 || got[0] < 1 {
		t.Errorf("%v: %s", got, out)
	}
}

// The mutation tool detects a test that asserts nothing.
func TestMutantsDetectMistakes(t *testing.T) {
	out, err := runTool(t, map[string]string{
		"a.go":      "package broken\n\n// F adds.\nfunc F(a, b int) int {\n\tif a > b {\n\t\treturn a - b\n\t}\n\treturn a + b\n}\n",
		"a_test.go": "package broken\n\nimport \"testing\"\n\nfunc TestF(t *testing.T) { _, _ = F(2, 1), F(1, 2) }\n",
	}, "echo mutants .; go run github.com/go-gremlins/gremlins/cmd/gremlins@v0.6.0 unleash .")
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got := readMutants(out)
	if score := got.values["mutants.score"]; len(score) != 1 || score[0] > 50 || len(got.lists["survivors"]) == 0 {
		t.Errorf("%v: %s", score, out)
	}
}
