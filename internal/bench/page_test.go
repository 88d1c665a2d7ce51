package bench

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// pageRows are the rows of the table in the README, in its order. A peer is better in some.
var pageRows = []string{
	"worst window, memory, all four",
	"memory, hot key, serial",
	"memory, 100k keys, 64 goroutines",
	"middleware, allow",
	"middleware, deny",
	"Redis, 64 goroutines, 1024 keys",
	"Redis, 64 goroutines, one hot key",
	"Redis, lone caller",
	"token, RS256, whole middleware",
	"token, RS256, seen before; no peer remembers",
	"body, 1 KB order",
	"body, 1 KB order that breaks a rule",
	scopeRow,
	"cors, preflight",
	"cors, denied preflight",
	"outermost layer: ID, recovery, record, CPU",
	chainRow + "record discarded, token cached",
	chainRow + "slog JSON, token cached",
	chainRow + "record discarded, token verified",
}

const (
	pageBegin = "<!-- bench-peers -->\n"
	pageEnd   = "<!-- /bench-peers -->\n"
)

// withTable returns page with the wanted rows between its markers.
func withTable(page string, rows [][5]string, wanted []string, machine string) (string, error) {
	before, rest, begins := strings.Cut(page, pageBegin)
	_, after, ends := strings.Cut(rest, pageEnd)
	if !begins || !ends {
		return "", fmt.Errorf("the page has no line %s and %s", strings.TrimSpace(pageBegin), strings.TrimSpace(pageEnd))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s%s\n\n| what | best peer | here | peer ÷ here |\n|---|---|---|---|\n", pageBegin, machine)
	for _, name := range wanted {
		i := slices.IndexFunc(rows, func(r [5]string) bool { return r[0] == name })
		if i < 0 {
			return "", fmt.Errorf("the table has no row %q", name)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, rows[i][1], rows[i][2], rows[i][3])
	}
	return before + b.String() + pageEnd + after, nil
}

// writePage writes the rows into the file.
func (tab *table) writePage(t *testing.T, file string) {
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	machine := fmt.Sprintf("%s on %s/%s with %d processors:", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	text, err := withTable(string(page), tab.rows, pageRows, machine)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestWithTable(t *testing.T) {
	rows := [][5]string{{"a", "p 2 ns", "1 ns", "2.00x", "met"}, {"b", "p 1 ns", "2 ns", "0.50x", ""}}
	got, err := withTable("x\n"+pageBegin+"old\n"+pageEnd+"y\n", rows, []string{"b"}, "on m:")
	want := "x\n" + pageBegin + "on m:\n\n| what | best peer | here | peer ÷ here |\n|---|---|---|---|\n| b | p 1 ns | 2 ns | 0.50x |\n" + pageEnd + "y\n"
	if got != want || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for _, page := range []string{"", pageBegin, pageEnd, pageEnd + pageBegin} {
		if got, err := withTable(page, rows, nil, ""); err == nil {
			t.Errorf("%q: %q", page, got)
		}
	}
	if _, err := withTable(pageBegin+pageEnd, rows, []string{"c"}, ""); err == nil {
		t.Error("a missing row was not noticed")
	}
}

// The README has each row that is promised there, and no other.
func TestPageRows(t *testing.T) {
	page, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), pageBegin)
	part, _, _ := strings.Cut(rest, pageEnd)
	var found []string
	for line := range strings.Lines(part) {
		if cells := strings.Split(line, "|"); len(cells) == 6 && !strings.HasPrefix(line, "|---") && !strings.HasPrefix(line, "| what |") {
			found = append(found, strings.TrimSpace(cells[1]))
		}
	}
	if !slices.Equal(found, pageRows) {
		t.Errorf("the README has the rows %q, want %q: make bench-peers writes them", found, pageRows)
	}
}
