package internal_test

import (
	"encoding/xml"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// localTargets are the targets that the workflow does not run: they change files, open a page, or
// are part of another target.
var localTargets = []string{"help", "fmt", "bench", "cover", "tools", "session-faults", "chromium", "nginx"}

// makeTargets returns the targets of the Makefile.
func makeTargets(t *testing.T) (targets []string) {
	t.Helper()
	for _, m := range regexp.MustCompile(`(?m)^([a-z][a-z-]*):`).FindAllStringSubmatch(readFile(t, "../Makefile"), -1) {
		targets = append(targets, m[1])
	}
	if len(targets) < 10 {
		t.Fatalf("the Makefile has only the targets %v", targets)
	}
	return targets
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	command = regexp.MustCompile("(?m)(?:`|^    |: )make ([a-z][a-z-]*)")
	link    = regexp.MustCompile(`\]\(([^)#:\s]+)\)`)
	lists   = regexp.MustCompile(`(?m)^ +target: \[([^]]*)\]$`)
)

// The pages of the project name targets and files that exist, and the workflow runs every target
// that proves something.
func TestProjectFiles(t *testing.T) {
	targets := makeTargets(t)
	pages := []string{"../README.md"}
	err := filepath.WalkDir("../.github", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			pages = append(pages, path)
		}
		return err
	})
	if err != nil || len(pages) < 10 {
		t.Fatalf("only %v (%v)", pages, err)
	}
	for _, page := range pages {
		text := readFile(t, page)
		for _, m := range command.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(targets, m[1]) {
				t.Errorf("%s names make %s, which does not exist", page, m[1])
			}
		}
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
		for i, line := range strings.Split(text, "\n") {
			// The pages of the scoreboard are generated, with commands and outputs as they are. The README has no such lines.
			free := strings.Contains(strings.ToLower(page), "scoreboard") || strings.HasPrefix(line, "|") || strings.HasPrefix(line, "**") || strings.HasPrefix(line, "- ")
			if columns(line) > 140 && (page == "../README.md" || !free) {
				t.Errorf("%s:%d has more than 140 columns", page, i+1)
			}
		}
	}
	var run []string
	for _, m := range lists.FindAllStringSubmatch(readFile(t, "../.github/workflows/ci.yml"), -1) {
		run = append(run, regexp.MustCompile(`,\s+`).Split(m[1], -1)...)
	}
	for _, target := range targets {
		if !slices.Contains(run, target) && !slices.Contains(localTargets, target) {
			t.Errorf("the workflow does not run make %s", target)
		}
	}
	for _, target := range append(run, localTargets...) {
		if !slices.Contains(targets, target) {
			t.Errorf("make %s does not exist", target)
		}
	}
}

// columns returns the width of a line, with four columns for a tab.
func columns(line string) int { return utf8.RuneCountInString(strings.ReplaceAll(line, "\t", "    ")) }

// Every public package has a row in the README and in the notes of the first version.
func TestPackagesAreListed(t *testing.T) {
	for _, page := range []string{"../README.md", "../.github/releases/v0.1.0.md"} {
		text := readFile(t, page)
		for folder := range exportedNames {
			if !strings.Contains(text, "\n| `"+folder+"` | ") {
				t.Errorf("%s has no row for %s", page, folder)
			}
		}
	}
}

// Every example has a row in the README, with its command.
func TestExamplesAreListed(t *testing.T) {
	text := readFile(t, "../README.md")
	_, rows, _ := strings.Cut(text, "\n## Examples\n")
	rows, _, _ = strings.Cut(rows, "\n## ")
	folders, err := os.ReadDir("../examples")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		if f.IsDir() && !regexp.MustCompile(`examples/`+f.Name()+`[^a-z-]`).MatchString(rows) {
			t.Errorf("the README has no row for examples/%s", f.Name())
		}
	}
}

// The pictures show the layers in the order of the README, and differ in their colours alone.
func TestPicturesShowTheChain(t *testing.T) {
	_, order, _ := strings.Cut(readFile(t, "../README.md"), "\n    httperr ")
	order, _, _ = strings.Cut(order, "\n")
	want := strings.Split(regexp.MustCompile(` \(\w+\)`).ReplaceAllString("httperr "+order, ""), " → ")
	if len(want) != 10 {
		t.Fatalf("the chain of the README is %q", want)
	}
	colour := regexp.MustCompile(`#[0-9a-f]{6}`)
	light, dark := readFile(t, "../examples/chain-light.svg"), readFile(t, "../examples/chain-dark.svg")
	if light == dark || colour.ReplaceAllString(light, "") != colour.ReplaceAllString(dark, "") {
		t.Error("the pictures differ in more or less than their colours")
	}
	var got []string
	for _, m := range regexp.MustCompile(`<text class="layer"[^>]*>([^<]+)<`).FindAllStringSubmatch(light, -1) {
		got = append(got, m[1])
	}
	if !slices.Equal(got, append(want, "your handler")) {
		t.Errorf("the picture shows %q, want %q", got, want)
	}
	var svg struct {
		Title string `xml:"title"`
		Desc  string `xml:"desc"`
	}
	if err := xml.Unmarshal([]byte(light), &svg); err != nil || svg.Title == "" || svg.Desc == "" {
		t.Errorf("the picture has the title %q and the description %q (%v)", svg.Title, svg.Desc, err)
	}
}

// TestProjectPatterns checks the patterns with a text that names a target, a file and a list.
func TestProjectPatterns(t *testing.T) {
	const text = "run `make test` in [it](a/b.md), not [there](https://a.example), nor f[T any](v T)\n        target: [lint, test]\n      - run: make race\n"
	if got := command.FindAllStringSubmatch(text, -1); len(got) != 2 || got[0][1] != "test" || got[1][1] != "race" {
		t.Errorf("commands %q", got)
	}
	if got := link.FindAllStringSubmatch(text, -1); len(got) != 1 || got[0][1] != "a/b.md" {
		t.Errorf("links %q", got)
	}
	if got := lists.FindStringSubmatch(text); got == nil || got[1] != "lint, test" {
		t.Errorf("lists %q", got)
	}
}
