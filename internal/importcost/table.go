package main

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	begin = "<!-- import-cost -->"
	end   = "<!-- /import-cost -->"
)

// section splits the text of the README at the markers, which stay in the outer parts.
func section(text string) (before, written, after string, err error) {
	before, rest, begins := strings.Cut(text, begin)
	written, after, ends := strings.Cut(rest, end)
	if !begins || !ends {
		return "", "", "", errors.New(page + " has no lines " + begin + " and " + end)
	}
	return before + begin, written, end + after, nil
}

// markdown returns the table for the README.
func (t table) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "A program with only `net/http` and `log/slog` has %d KiB. "+
		"Each row is what one package adds to it, if the program uses\n"+
		"every function of the package (%s, linux/amd64, `-trimpath -ldflags='-s -w'`, no cgo; `make import-cost`).\n\n"+
		"| package | KiB | packages | other modules |\n|---|---:|---:|---|\n", t.kib, t.goVersion)
	for _, r := range t.rows {
		fmt.Fprintf(&b, "| [`%s`](%[1]s) | %d | %d | %s |\n", r.folder, r.kib, r.packages, short(r.modules))
	}
	return b.String()
}

var majorVersion = regexp.MustCompile(`/v[0-9]+$`)

// short returns the number of modules, and the last part of their names, of six at most.
func short(modules []string) string {
	names := make([]string, len(modules))
	for i, m := range modules {
		names[i] = strings.Replace(m, "golang.org/x/", "x-", 1)
		names[i] = strings.Replace(path.Base(majorVersion.ReplaceAllString(names[i], "")), "x-", "x/", 1)
	}
	if len(names) == 0 {
		return "0"
	}
	if n := len(names); n > 6 {
		return fmt.Sprintf("%d: %s and others", n, strings.Join(names[:6], ", "))
	}
	return fmt.Sprintf("%d: %s", len(names), strings.Join(names, ", "))
}

// A writtenRow is a row of the README.
type writtenRow struct {
	kib, packages int
	modules       string
}

var rowPattern = regexp.MustCompile("(?m)^\\| \\[`([a-z/0-9]+)`\\]\\([a-z/0-9]+\\) \\| (-?[0-9]+) \\| ([0-9]+) \\| (.*) \\|$")

// parseRows reads the table of the README.
func parseRows(text string) map[string]writtenRow {
	rows := map[string]writtenRow{}
	for _, m := range rowPattern.FindAllStringSubmatch(text, -1) {
		kib, _ := strconv.Atoi(m[2]) // the pattern has only digits
		packages, _ := strconv.Atoi(m[3])
		rows[m[1]] = writtenRow{kib: kib, packages: packages, modules: m[4]}
	}
	return rows
}

// compare returns a line for each difference between the README and the measured rows.
func compare(written map[string]writtenRow, measured []row) (faults []string) {
	seen := map[string]bool{}
	for _, m := range measured {
		seen[m.folder] = true
		w, ok := written[m.folder]
		if !ok {
			faults = append(faults, m.folder+" has no row")
			continue
		}
		if w.modules != short(m.modules) {
			faults = append(faults, fmt.Sprintf("%s: the modules are %s, not %s", m.folder, short(m.modules), w.modules))
		}
		if differs(w.kib, m.kib, 64) {
			faults = append(faults, fmt.Sprintf("%s: %d KiB, not %d", m.folder, m.kib, w.kib))
		}
		if differs(w.packages, m.packages, 5) {
			faults = append(faults, fmt.Sprintf("%s: %d packages, not %d", m.folder, m.packages, w.packages))
		}
	}
	for folder := range written {
		if !seen[folder] {
			faults = append(faults, folder+" has a row and is no public package")
		}
	}
	slices.Sort(faults)
	return faults
}

// differs reports whether two numbers are apart by more than a quarter and by more than slack.
func differs(written, measured, slack int) bool {
	apart := max(written-measured, measured-written)
	return apart > slack && 4*apart > written
}
