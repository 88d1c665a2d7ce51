package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
)

// A board is the table of all rows of a run.
type board struct {
	Go   string    `json:"go"`
	OS   string    `json:"os"`
	CPUs int       `json:"cpus"`
	Rows []verdict `json:"rows"`
}

// short returns the rows that fall short.
func (b board) short() (ids []string) {
	for _, v := range b.Rows {
		if len(v.Faults) > 0 {
			ids = append(ids, v.ID)
		}
	}
	return ids
}

// print writes the table for a terminal.
func (b board) print(w io.Writer) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprint(tw, "\nrow\t\tpromise\tmeasured\tpeers\n")
	for _, v := range b.Rows {
		_, _ = fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\n", v.ID, v.mark(), v.Promise, v.Measured, v.Peers)
	}
	_ = tw.Flush()
}

func (v verdict) mark() string {
	if len(v.Faults) > 0 {
		return "FALLS SHORT"
	}
	return "ok"
}

// write writes the table as Markdown and as JSON. Rows that did not run keep their results
// of an earlier run.
func (b board) write(folder string) error {
	rows, err := readRows(rowsFile)
	if err != nil {
		return err
	}
	b.Rows = merge(rows, b.Rows, earlier(folder))
	data, err := json.MarshalIndent(b, "", "\t")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "scoreboard.json"), append(data, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "SCOREBOARD.md"), []byte(b.markdown()), 0o644)
}

// earlier returns the results that are in a folder.
func earlier(folder string) []verdict {
	data, err := os.ReadFile(filepath.Join(folder, "scoreboard.json"))
	if err != nil {
		return nil
	}
	var b board
	if json.Unmarshal(data, &b) != nil {
		return nil // it is written again
	}
	return b.Rows
}

// merge returns the results in the order of rows, and for each row the first result.
func merge(rows []row, results ...[]verdict) (merged []verdict) {
	all := slices.Concat(results...)
	for _, r := range rows {
		if i := slices.IndexFunc(all, func(v verdict) bool { return v.ID == r.ID }); i >= 0 {
			merged = append(merged, all[i])
		}
	}
	return merged
}

const introduction = `# Scoreboard

Each row is a promise of the library, measured by the command beside it. ` + "`make scoreboard`" + ` runs
the rows and fails if one of them falls short; ` + "`make scoreboard SCOREBOARD=full`" + ` is the form for
a release, in which rows that measure no time run beside the others. Each row also runs on a
subject with a mistake, and has to detect the mistake: the tests that do so are in the last column.
This page is generated; do not edit it.

A fleet larger than one machine is computed and not measured: see the [simulation](SIMULATION.md).
`

// markdown returns the page.
func (b board) markdown() string {
	var w strings.Builder
	fmt.Fprintf(&w, "%s\nMeasured with %s on %s with %d processors.\n\n", introduction, b.Go, b.OS, b.CPUs)
	w.WriteString("| Row | Promise | Measured | Peers | Source of that figure | Detects mistakes |\n|---|---|---|---|---|---|\n")
	for _, v := range b.Rows {
		measured := cell(v.Measured)
		if len(v.Faults) > 0 {
			measured = "**falls short**: " + cell(strings.Join(v.Faults, "; "))
		}
		fmt.Fprintf(&w, "| %s | %s | %s | %s | %s | `%s` |\n",
			v.ID, cell(v.Promise), measured, cell(v.Peers), cell(v.Source), strings.Join(v.Twins, "` `"))
	}
	w.WriteString("\n## Commands\n\n")
	for _, v := range b.Rows {
		fmt.Fprintf(&w, "%s, %s form of %s, %.0f seconds:\n\n```sh\n%s\n```\n\n", v.ID, v.Form, v.Date, v.Seconds, v.Command)
	}
	for _, v := range b.Rows {
		for _, name := range slices.Sorted(maps.Keys(v.Lists)) {
			fmt.Fprintf(&w, "## %s: %s\n\n- %s\n\n", v.ID, name, strings.Join(v.Lists[name], "\n- "))
		}
	}
	return strings.TrimRight(w.String(), "\n") + "\n"
}

// cell escapes text for a cell of a table in Markdown.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace(text)
}
