package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A command that hangs is ended with its children, and its row falls short.
func TestRunCommandEnds(t *testing.T) {
	output, err := runCommand(".", "echo a; sleep 600 & sleep 600", 200*time.Millisecond, io.Discard)
	if err == nil || output != "a\n" {
		t.Errorf("%q, %v", output, err)
	}
	if _, err := runCommand(".", "exit 3", time.Minute, io.Discard); err == nil {
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
