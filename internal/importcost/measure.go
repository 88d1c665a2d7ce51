package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// A row is the cost of one package.
type row struct {
	folder   string
	kib      int
	packages int
	modules  []string
}

// A table has the cost of all packages.
type table struct {
	goVersion string
	kib       int // of the baseline
	rows      []row
}

// measure builds the program of each package.
func measure(root string, packages []public) (table, error) {
	dir, err := os.MkdirTemp("", "importcost")
	if err != nil {
		return table{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // the error changes no number
	served, err := list(root, "net/http", "log/slog")
	if err != nil {
		return table{}, err
	}
	base, err := build(root, dir, baseline)
	if err != nil {
		return table{}, err
	}
	t := table{goVersion: runtime.Version(), kib: base >> 10}
	for _, p := range packages {
		uses, err := p.uses()
		if err != nil {
			return table{}, err
		}
		size, err := build(root, dir, program(p.path, uses))
		if err != nil {
			return table{}, fmt.Errorf("%s: %w", p.folder, err)
		}
		r := p.row(served)
		r.kib = (size - base) >> 10
		t.rows = append(t.rows, r)
		fmt.Fprintf(os.Stderr, "%s\n", p.folder)
	}
	return t, nil
}

// row returns the row of a package without its size, which needs a build. The packages of served
// are those of the baseline.
func (p public) row(served graph) row {
	return row{folder: p.folder, packages: p.graph.below(p.path, served), modules: p.graph.modules(p.path)}
}

// build compiles a program in the module at root, and returns its size in bytes.
func build(root, dir, source string) (int, error) {
	main, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "main")
	if err := os.WriteFile(main, []byte(source), 0o600); err != nil {
		return 0, err
	}
	if _, err := goCommand(root, "build", "-trimpath", "-ldflags=-s -w", "-o", binary, main); err != nil {
		return 0, err
	}
	info, err := os.Stat(binary)
	if err != nil {
		return 0, err
	}
	return int(info.Size()), nil
}
