package main

import (
	"slices"
	"testing"
)

// The program of a package refers to functions, methods and instances of generic functions, and to
// nothing that is not exported.
func TestUses(t *testing.T) {
	packages, err := listPublic(root)
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[string][]string{
		"headers":          {"p.New", "(*p.Middleware).Handler"},
		"authz/object":     {"p.New[string, string]", "(*p.Guard[string, string]).From"},
		"validate":         {"p.Handler[string, string]"},
		"validate/openapi": {"p.Document[p.Route]"},
	}
	seen := 0
	for _, p := range packages {
		uses, err := p.uses()
		if err != nil {
			t.Error(err)
		}
		if len(uses) == 0 {
			t.Errorf("%s exports no code", p.folder)
		}
		for _, use := range wanted[p.folder] {
			seen++
			if !slices.Contains(uses, use) {
				t.Errorf("%s: %s is missing in %q", p.folder, use, uses)
			}
		}
	}
	if seen != 6 {
		t.Errorf("%d names were compared, want 6", seen)
	}
}

// A program that uses a package is larger than the baseline, and one that only imports it is not as
// large.
func TestBuildKeepsWhatIsUsed(t *testing.T) {
	dir := t.TempDir()
	const path = module + "/headers/clientip"
	size := func(source string) int {
		n, err := build(root, dir, source)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	base, imported, used := size(baseline), size(program(path, []string{"p.XForwardedFor"})), size(program(path, []string{"p.New", "(*p.Middleware).Handler"}))
	if base >= used || imported >= used {
		t.Errorf("baseline %d, imported %d, used %d bytes", base, imported, used)
	}
}
