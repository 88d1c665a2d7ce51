package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

func main() {
	form := flag.String("form", "short", "short, or full for a release")
	only := flag.String("rows", "", "the rows to run, such as 'R2 R18'; empty: all")
	out := flag.String("out", ".github", "the folder of SCOREBOARD.md and scoreboard.json")
	logs := flag.String("logs", "", "a folder for the output of each command; empty: a new one")
	flag.Parse()
	if err := run(*form, strings.Fields(*only), *out, *logs); err != nil {
		fmt.Fprintln(os.Stderr, "scoreboard:", err)
		os.Exit(1)
	}
}

// run runs the rows in the current folder, and returns an error if one of them falls short.
func run(form string, only []string, out, logs string) error {
	if form != "short" && form != "full" {
		return fmt.Errorf("no form %q; write short or full", form)
	}
	rows, err := readRows(rowsFile)
	if err != nil {
		return err
	}
	if rows, err = choose(rows, only); err != nil {
		return err
	}
	if logs == "" {
		if logs, err = os.MkdirTemp("", "scoreboard-"); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(logs, 0o755); err != nil {
		return err
	}
	b := board{Go: runtime.Version(), OS: runtime.GOOS + "/" + runtime.GOARCH, CPUs: runtime.NumCPU()}
	b.Rows, err = runRows(rows, form, logs, func(v verdict) error {
		one := b
		one.Rows = []verdict{v}
		return one.write(out) // beside the earlier rows, so that a run that is ended keeps its results
	})
	if err != nil {
		return err
	}
	b.print(os.Stdout)
	fmt.Printf("\nThe output of each command is in %s.\n", logs)
	if short := b.short(); len(short) > 0 {
		return fmt.Errorf("these rows fall short: %s", strings.Join(short, ", "))
	}
	return nil
}

// choose returns the rows that only names, all if it names none.
func choose(rows []row, only []string) ([]row, error) {
	if len(only) == 0 {
		return rows, nil
	}
	var chosen []row
	for _, id := range only {
		i := slices.IndexFunc(rows, func(r row) bool { return r.ID == id })
		if i < 0 {
			return nil, fmt.Errorf("no row %q", id)
		}
		chosen = append(chosen, rows[i])
	}
	return chosen, nil
}

// runRows runs the rows one after the other. In the full form the rows that measure no time run
// beside the others, at a low priority: the others mostly wait. keep is called after each row.
func runRows(rows []row, form, logs string, keep func(verdict) error) (verdicts []verdict, err error) {
	full := form == "full"
	var mu sync.Mutex // of verdicts and keep
	run := func(aside bool) error {
		for _, r := range rows {
			if (full && r.Aside) != aside {
				continue
			}
			v, has, err := runRow(r, full, logs)
			if err != nil {
				return err
			}
			if !has {
				continue
			}
			v.Form, v.Date = form, time.Now().UTC().Format(time.DateOnly)
			mu.Lock()
			verdicts = append(verdicts, v)
			err = keep(v)
			mu.Unlock()
			if err != nil {
				return err
			}
		}
		return nil
	}
	asides := make(chan error, 1)
	go func() { asides <- run(true) }()
	err = errors.Join(run(false), <-asides)
	place := func(v verdict) int { return slices.IndexFunc(rows, func(r row) bool { return r.ID == v.ID }) }
	slices.SortFunc(verdicts, func(a, b verdict) int { return place(a) - place(b) })
	return verdicts, err
}

// runRow runs the command of r and keeps its output in logs. has is false if the form
// does not have the row.
func runRow(r row, full bool, logs string) (v verdict, has bool, err error) {
	command, has := r.command(full)
	if !has {
		return v, false, nil
	}
	patience := r.Minutes[0]
	if full {
		patience = r.Minutes[1]
	}
	f, err := os.Create(filepath.Join(logs, r.ID+".log"))
	if err != nil {
		return v, false, err
	}
	fmt.Printf("%-4s %s\n", r.ID, command)
	start := time.Now()
	priority := 0
	if full && r.Aside {
		priority = 10
	}
	output, failure := runCommand(".", command, priority, time.Duration(patience)*time.Minute, f)
	v = r.evaluate(full, output, failure, time.Since(start))
	for _, fault := range v.Faults {
		_, _ = fmt.Fprintf(io.MultiWriter(os.Stdout, f), "%-4s %s\n", r.ID, fault)
	}
	fmt.Printf("%-4s %s (%.0f s)\n", r.ID, v.Measured, v.Seconds)
	return v, true, f.Close()
}
