package main

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A row names tests that exist, and runs each of its twins.
func TestRows(t *testing.T) {
	rows, err := readRows(rowsFile)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "sh", "-c", "cd ../.. && grep -rhoE --include=*_test.go '^func Test[A-Za-z0-9]+' .").Output()
	if err != nil {
		t.Fatal(err)
	}
	defined := strings.Fields(strings.ReplaceAll(string(out), "func ", ""))
	named := regexp.MustCompile(`\bTest[A-Z]\w+`)
	for _, r := range rows {
		for _, command := range []string{r.Short, r.Full} {
			if command == "" {
				continue
			}
			for _, name := range named.FindAllString(command, -1) {
				if !slices.Contains(defined, name) {
					t.Errorf("%s runs %s, which does not exist", r.ID, name)
				}
			}
			for _, twin := range r.Twins {
				if name, _, _ := strings.Cut(twin, "/"); !slices.Contains(defined, name) {
					t.Errorf("%s has the twin %s, which does not exist", r.ID, twin)
				}
				if strings.Contains(command, "-run") && !slices.Contains(named.FindAllString(command, -1), twin) {
					t.Errorf("%s does not run %s: %s", r.ID, twin, command)
				}
			}
		}
	}
}

// A list of rows with a fault is refused.
func TestReadRowsRefuses(t *testing.T) {
	const good = `{"id":"R1","promise":"p","short":"true","minutes":[1,1],"measures":[{"key":"a.b","take":"max","bound":"<= 1"}],
		"measured":"{a.b}","peers":"p","source":"s","twins":["TestA"]}`
	if _, err := readRows([]byte("[" + good + "]")); err != nil {
		t.Fatal(err)
	}
	for old, with := range map[string]string{
		`"promise":"p"`: `"promise":""`, `"short":"true"`: `"short":""`, `[1,1]`: `[0,1]`, `["TestA"]`: `[]`, `"{a.b}"`: `"{a.c}"`,
		`"max"`: `"mean"`, `"<= 1"`: `"< 1"`, `"bound":"<= 1"`: `"bound":""`, `"id":"R1"`: `"id":"R1","reader":"x"`,
		`"source":"s"`: `"source":"s","unknown":1`, good: good + "," + good,
	} {
		if _, err := readRows([]byte("[" + strings.Replace(good, old, with, 1) + "]")); err == nil {
			t.Errorf("%s passes", with)
		}
	}
}

// The page is written from the last run of all rows, and the README links it.
func TestReadmeLinksThePage(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "(.github/SCOREBOARD.md)") {
		t.Error("no link")
	}
	page, err := os.ReadFile("../../.github/SCOREBOARD.md")
	if err != nil {
		t.Fatal(err)
	}
	rows, faults := figures(string(readme), string(page))
	if rows < 5 {
		t.Errorf("the README has figures of %d rows", rows)
	}
	for _, fault := range faults {
		t.Error(fault)
	}
}

var (
	figureRow = regexp.MustCompile("(?m)^\\|(.*)\\| `make scoreboard ROWS=(R\\d+)` \\|$")
	figure    = regexp.MustCompile(`\d[\d.,]*\d|\d`)
)

// figures counts the rows of the README that name a row of the scoreboard, and returns each figure
// in them that the page does not have in that row.
func figures(readme, page string) (rows int, faults []string) {
	for _, m := range figureRow.FindAllStringSubmatch(readme, -1) {
		rows++
		_, row, _ := strings.Cut(page, "\n| "+m[2]+" |")
		row, _, _ = strings.Cut(row, "\n")
		measured := figure.FindAllString(row, -1)
		for _, f := range figure.FindAllString(m[1], -1) {
			if !slices.Contains(measured, f) {
				faults = append(faults, f+" is not in "+m[2])
			}
		}
	}
	return rows, faults
}

// TestFiguresDetectMistakes has a page with another figure, and one without the row.
func TestFiguresDetectMistakes(t *testing.T) {
	const readme = "| all are refused | 0 of 1,650 | `make scoreboard ROWS=R2` |\n"
	for page, faults := range map[string]int{
		"\n| R2 | p | all of 1,650 | 0 |\n": 0, "\n| R2 | p | all of 1,651 | 0 |\n": 1, "\n| R22 | p | 0 of 1,650 |\n": 2,
	} {
		if rows, got := figures(readme, page); rows != 1 || len(got) != faults {
			t.Errorf("%q: %d rows, %q", page, rows, got)
		}
	}
}
