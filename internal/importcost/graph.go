package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

const module = "github.com/go-sallyport/sallyport"

// A goPackage is a package in the output of go list.
type goPackage struct {
	ImportPath string
	Name       string
	Standard   bool
	Export     string   // the file with its export data
	Deps       []string // all packages below it
	Module     *struct{ Path string }
}

// goCommand runs the go command in root for the platform of the table, and returns its output.
func goCommand(root string, args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	var stderr bytes.Buffer
	cmd.Dir, cmd.Stderr = root, &stderr
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", args[0], err, stderr.String())
	}
	return out, nil
}

// A graph has all packages that some packages need, by import path.
type graph map[string]goPackage

// list returns the graph of the packages that args name.
func list(root string, args ...string) (graph, error) {
	out, err := goCommand(root, append([]string{"list", "-deps", "-json=ImportPath,Name,Standard,Export,Deps,Module"}, args...)...)
	if err != nil {
		return nil, err
	}
	g := graph{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return g, nil
		} else if err != nil {
			return nil, err
		}
		g[p.ImportPath] = p
	}
}

// A public is a public package, with its graph.
type public struct {
	folder string
	path   string
	name   string
	graph  graph // of all packages of the module
}

// listPublic returns the packages of the module at root that a user can import.
func listPublic(root string) (all []public, err error) {
	g, err := list(root, "-export", "./...")
	if err != nil {
		return nil, err
	}
	for path, p := range g {
		folder, ours := strings.CutPrefix(path, module+"/")
		if ours && p.Name != "main" && !strings.HasPrefix(folder, "examples/") && !slices.Contains(strings.Split(folder, "/"), "internal") {
			all = append(all, public{folder: folder, path: path, name: p.Name, graph: g})
		}
	}
	slices.SortFunc(all, func(a, b public) int { return strings.Compare(a.folder, b.folder) })
	return all, nil
}

// modules returns the modules of a package and of all packages below it, without this module and the
// standard library.
func (g graph) modules(path string) (names []string) {
	for _, dep := range append(slices.Clone(g[path].Deps), path) {
		if m := g[dep].Module; m != nil && m.Path != module && !slices.Contains(names, m.Path) {
			names = append(names, m.Path)
		}
	}
	slices.Sort(names)
	return names
}

// below returns the number of packages that path needs and a program with the packages of base
// does not have; path itself counts.
func (g graph) below(path string, base graph) int {
	n := 1
	for _, dep := range g[path].Deps {
		if _, ok := base[dep]; !ok {
			n++
		}
	}
	return n
}
