package dependencies

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// mostModules bounds the modules of which packages are compiled into a program that uses
// every package of the library. A change that raises it is a decision.
const mostModules = 16

// A module is a module in the module cache.
type module struct {
	Path, Version, Dir string
	Main               bool
}

// goCommand runs the go command in dir and returns its standard output.
func goCommand(t *testing.T, dir string, args ...string) ([]byte, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	var stderr bytes.Buffer
	cmd.Dir, cmd.Stderr = dir, &stderr
	cmd.Env = append(os.Environ(), "GOWORK=off")
	out, err := cmd.Output()
	if err != nil {
		err = errors.Join(err, errors.New(stderr.String()))
	}
	return out, err
}

// root is the folder of the root module.
const root = "../.."

// modules returns the modules of which the packages of the library import something.
func modules(t *testing.T) []module {
	t.Helper()
	out, err := goCommand(t, root, "list", "-deps", "-json=Module", "./...")
	if err != nil {
		t.Fatal(err)
	}
	var all []module
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct{ Module *module }
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if p.Module != nil && !p.Module.Main && !slices.Contains(all, *p.Module) {
			all = append(all, *p.Module)
		}
	}
}

// licences are phrases of the permissive licences, without blanks at line ends.
var licences = []struct{ name, phrase string }{
	{"Apache-2.0", "Apache License Version 2.0"},
	{"MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy"},
	{"BSD", "Redistribution and use in source and binary forms, with or without modification, are permitted"},
	{"ISC", "Permission to use, copy, modify, and/or distribute this software for any purpose"},
}

var (
	licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying)(\.(md|txt))?$`)
	copyleft    = regexp.MustCompile(`(?i)GNU (lesser |affero )?general public licen[cs]e|mozilla public licen[cs]e`)
)

// licenceOf names the licence of a text; it is empty if the licence is not permissive.
func licenceOf(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if copyleft.MatchString(text) {
		return ""
	}
	for _, l := range licences {
		if strings.Contains(text, l.phrase) {
			return l.name
		}
	}
	return ""
}

// licenceIn returns the licence of the module in a folder.
func licenceIn(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if licenceFile.MatchString(e.Name()) {
			text, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			return licenceOf(string(text))
		}
	}
	return ""
}

// The library brings few modules, and each has a permissive licence.
func TestModules(t *testing.T) {
	all := modules(t)
	strange := 0
	for _, m := range all {
		licence := licenceIn(t, m.Dir)
		t.Logf("%-45s %-10s %s", m.Path, m.Version, licence)
		if licence == "" {
			strange++
			t.Errorf("%s has no permissive licence", m.Path)
		}
	}
	mwtest.Publish(t, "dependencies.modules", len(all))
	mwtest.Publish(t, "dependencies.licences", strange)
	if len(all) != mostModules {
		t.Errorf("%d modules, and the bound is %d", len(all), mostModules)
	}
}

// The reader of licences detects a licence that is not permissive.
func TestModulesDetectMistakes(t *testing.T) {
	for _, text := range []string{"", "All rights reserved.", "GNU GENERAL PUBLIC LICENSE\n Version 3",
		"Mozilla Public License Version 2.0", "GNU Affero General Public License; see also the Apache License\nVersion 2.0"} {
		if l := licenceOf(text); l != "" {
			t.Errorf("%q passes as %s", text, l)
		}
	}
}

// verify runs go mod verify on a copy of go.mod and go.sum, after change has changed the sums.
func verify(t *testing.T, change func(sums string) string) error {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "go.sum" {
			text = []byte(change(string(text)))
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := goCommand(t, dir, "mod", "verify"); err != nil {
		return err
	}
	_, err := goCommand(t, dir, "mod", "download", "-x") // compares the cache with go.sum
	return err
}

// The modules in the cache are those of go.sum.
func TestVerify(t *testing.T) {
	err := verify(t, func(sums string) string { return sums })
	changed := 0
	if err != nil {
		changed = 1
		t.Error(err)
	}
	mwtest.Publish(t, "dependencies.changed", changed)
}

var sumOfUUID = regexp.MustCompile(`(?m)^(github.com/google/uuid v[0-9.]+ h1:)....`)

// go mod verify detects a sum that does not fit.
func TestVerifyDetectsMistakes(t *testing.T) {
	if verify(t, func(sums string) string { return sumOfUUID.ReplaceAllString(sums, "${1}AAAA") }) == nil {
		t.Error("passes")
	}
}
