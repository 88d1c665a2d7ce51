package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The page of the repository is the one of the data, every folder exists, and every test is
// declared. Whether the tests pass is the question of make checklist.
func TestPage(t *testing.T) {
	lists, err := parse(data)
	if err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile("../../" + page)
	if err != nil || string(written) != markdown(lists) {
		t.Errorf("%s is outdated (%v); make checklist writes it", page, err)
	}
	folders, err := tests(lists)
	if err != nil {
		t.Fatal(err)
	}
	for folder, names := range folders {
		source := sourceOfTests(t, "../../"+folder)
		for _, name := range names {
			if !regexp.MustCompile(`(?m)^func ` + name + `\(t \*testing\.T\)`).MatchString(source) {
				t.Errorf("%s.%s is not declared", folder, name)
			}
		}
	}
	for _, l := range lists {
		for _, p := range l.promises {
			for _, folder := range p.packages {
				if _, err := os.Stat("../../" + folder); err != nil {
					t.Errorf("%q: %v", p.text, err)
				}
			}
		}
	}
}

func sourceOfTests(t *testing.T, folder string) string {
	t.Helper()
	names, err := filepath.Glob(folder + "/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"# comment\n## A\nB\n  packages: cors\n  tests: cors.TestB\n": "",
		"## A\nB\n  packages: cors\n  note: by hand\n":                "",
		"B\n":                           "no title",
		"## A\n  tests: a":              "no promise",
		"## A\nB\n  test: cors.TestB\n": "unknown key",
		"## A\nB\n  packages: cors\n":   "neither a test nor a note",
		"## A\nB\n  tests: cors.TestB":  "names no package",
	} {
		lists, err := parse(text)
		if want == "" && (err != nil || len(lists) != 1) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := tests([]list{{promises: []promise{{tests: []string{"cors"}}}}}); err == nil {
		t.Error("a folder without a test is accepted")
	}
}
