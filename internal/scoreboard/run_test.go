package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A command that hangs is ended with its children, and its row falls short.
func TestRunCommandEnds(t *testing.T) {
	output, err := runCommand(".", "echo a; sleep 600 & sleep 600", 10, 200*time.Millisecond, io.Discard)
	if err == nil || output != "a\n" {
		t.Errorf("%q, %v", output, err)
	}
	if _, err := runCommand(".", "exit 3", 0, time.Minute, io.Discard); err == nil {
		t.Error("no error")
	}
}

// A run writes the page and the JSON, with each row.
func TestBoardWrites(t *testing.T) {
	dir := t.TempDir()
	second := exampleRow().evaluate(true, passed, nil, 0)
	second.ID = "R2"
	b := board{Rows: []verdict{exampleRow().evaluate(false, passed, nil, 0)}}
	if err := b.write(dir); err != nil {
		t.Fatal(err)
	}
	b.Rows = []verdict{second} // the first row keeps its result
	if err := b.write(dir); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(dir, "SCOREBOARD.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2 of it", "**falls short**: a.b is 2, and the bound is &lt;= 1", "`TestADetectsMistakes`", "```sh\ntrue\n```"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("%q is not in %s", want, page)
		}
	}
	if short := b.short(); len(short) != 1 || short[0] != "R2" {
		t.Errorf("%v", short)
	}
}

// Rows beside the others run while the others do, only in the full form, and the results have the
// order of the rows.
func TestRowsBesideTheOthers(t *testing.T) {
	dir := t.TempDir()
	wait := func(id, mine, other string, aside bool) row {
		r := exampleRow()
		r.ID, r.Aside = id, aside
		r.Short = "true"
		r.Full = "cd " + dir + " && touch " + mine + " && until [ -e " + other + " ]; do sleep 0.01; done"
		return r
	}
	rows := []row{wait("R1", "a", "b", true), wait("R2", "b", "a", false)}
	for form, order := range map[string]string{"full": "R1 R2", "short": "R1 R2"} {
		var kept []string
		verdicts, err := runRows(rows, form, dir, func(v verdict) error {
			kept = append(kept, v.ID)
			return nil
		})
		if err != nil || len(verdicts) != 2 || verdicts[0].ID+" "+verdicts[1].ID != order || len(kept) != 2 {
			t.Errorf("%s: %v, %+v, %v", form, err, verdicts, kept)
		}
	}
	failure := errors.New("the disk is full")
	if _, err := runRows(rows, "short", dir, func(verdict) error { return failure }); !errors.Is(err, failure) {
		t.Error(err)
	}
}
