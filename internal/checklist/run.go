package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// An event is a line of the output of go test -json (go doc test2json).
type event struct {
	Action string
	Test   string
	Output string
}

// run runs the tests of each folder below root, and returns a line for each test that does not
// prove its promise.
func run(root string, folders map[string][]string) (wrong []string) {
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		fmt.Println(folder)
		wrong = append(wrong, runFolder(root, folder, folders[folder])...)
	}
	return wrong
}

func runFolder(root, folder string, names []string) (wrong []string) {
	if _, err := os.Stat(filepath.Join(root, folder)); err != nil {
		return []string{fmt.Sprintf("%s is not a folder", folder)}
	}
	pattern := "^(" + strings.Join(names, "|") + ")$"
	cmd := exec.Command("go", "test", "-json", "-count=1", "-timeout", "20m", "-run", pattern, ".")
	cmd.Dir = filepath.Join(root, folder) // go finds the module of a nested folder itself
	out, failed := cmd.Output()
	wrong = judge(folder, names, string(out))
	if failed != nil && len(wrong) == 0 {
		wrong = append(wrong, fmt.Sprintf("%s: go test: %v", folder, failed))
	}
	return wrong
}

// judge reads the output of go test -json and returns a line for each test that is missing, was
// skipped or has failed. A skipped subtest counts as a skipped test.
func judge(folder string, names []string, out string) (wrong []string) {
	results := map[string]string{}
	texts := map[string]string{}
	for line := range strings.Lines(out) {
		var e event
		if json.Unmarshal([]byte(line), &e) != nil {
			continue // the output of a build that failed
		}
		name, _, isSubtest := strings.Cut(e.Test, "/")
		switch {
		case e.Action == "output":
			texts[name] += e.Output
		case e.Action == "skip" && isSubtest:
			results[name+"/"] = "has a skipped subtest: " + e.Test
		case e.Action == "pass", e.Action == "fail", e.Action == "skip":
			if !isSubtest {
				results[name] = e.Action
			}
		}
	}
	for _, name := range names {
		switch skipped := results[name+"/"]; {
		case results[name] == "":
			wrong = append(wrong, fmt.Sprintf("%s.%s does not exist, or its package does not build", folder, name))
		case results[name] == "skip":
			wrong = append(wrong, fmt.Sprintf("%s.%s was skipped:\n%s", folder, name, texts[name]))
		case results[name] == "fail":
			wrong = append(wrong, fmt.Sprintf("%s.%s failed:\n%s", folder, name, texts[name]))
		case skipped != "":
			wrong = append(wrong, fmt.Sprintf("%s.%s %s", folder, name, skipped))
		}
	}
	return wrong
}
