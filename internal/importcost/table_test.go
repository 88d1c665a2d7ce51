package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// The table of the README has every public package, with the modules that go list names. The sizes
// need a build: make import-cost compares them.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile(root + "/" + page)
	if err != nil {
		t.Fatal(err)
	}
	_, written, _, err := section(string(text))
	if err != nil {
		t.Fatal(err)
	}
	packages, err := listPublic(root)
	if err != nil {
		t.Fatal(err)
	}
	rows, measured := parseRows(written), []row{}
	for _, p := range packages {
		measured = append(measured, row{folder: p.folder, kib: rows[p.folder].kib, packages: rows[p.folder].packages, modules: p.graph.modules(p.path)})
	}
	for _, fault := range compare(rows, measured) {
		t.Error(fault)
	}
}

// A README with another list of modules, another size, a row too few or a row too many is detected.
func TestCompareDetectsMistakes(t *testing.T) {
	tab := table{goVersion: "go1.26", kib: 5000, rows: []row{
		{folder: "cors", kib: 400, packages: 20, modules: []string{"github.com/rs/cors", "golang.org/x/net"}},
		{folder: "headers/clientip", kib: 40, packages: 9},
	}}
	good := "before\n" + begin + "\n" + tab.markdown() + end + "\nafter\n"
	for _, tc := range []struct{ old, new, want string }{
		{"", "", ""},
		{"| 400 |", "| 480 |", ""},
		{"| 40 |", "| 100 |", ""},
		{"| 400 |", "| 600 |", "cors: 400 KiB, not 600"},
		{"| 400 |", "| 310 |", "cors: 400 KiB, not 310"},
		{"| 20 |", "| 12 |", "cors: 20 packages, not 12"},
		{"2: cors, x/net", "1: cors", "cors: the modules are 2: cors, x/net, not 1: cors"},
		{"| 9 | 0 |", "| 9 | 1: uuid |", "headers/clientip: the modules are 0, not 1: uuid"},
		{"[`cors`](cors)", "[`gone`](gone)", "cors has no row; gone has a row and is no public package"},
	} {
		_, written, _, err := section(strings.Replace(good, tc.old, tc.new, 1))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(compare(parseRows(written), tab.rows), "; "); got != tc.want {
			t.Errorf("%q instead of %q: %q, want %q", tc.new, tc.old, got, tc.want)
		}
	}
	if _, _, _, err := section("no marker"); err == nil {
		t.Error("a README without the markers passes")
	}
}

// An import in the wrong layer is detected: a package that needs Redis because of it.
func TestModulesDetectWrongImport(t *testing.T) {
	packages, err := listPublic(root)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(packages, func(p public) bool { return p.folder == "headers" })
	if i < 0 {
		t.Fatal("headers is not listed")
	}
	p := packages[i]
	right := row{folder: p.folder, modules: p.graph.modules(p.path)}
	written := map[string]writtenRow{p.folder: {modules: short(right.modules)}}
	if faults := compare(written, []row{right}); len(faults) > 0 {
		t.Fatal(faults)
	}
	wrong := p.graph[p.path]
	wrong.Deps = append(slices.Clone(wrong.Deps), "github.com/redis/go-redis/v9")
	p.graph[p.path] = wrong
	faults := compare(written, []row{{folder: p.folder, modules: p.graph.modules(p.path)}})
	if len(faults) != 1 || !strings.Contains(faults[0], "go-redis") {
		t.Errorf("faults %q", faults)
	}
}
