package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
)

//go:embed rows.json
var rowsFile []byte

// A row is one promise, with the commands that measure it.
type row struct {
	ID       string    `json:"id"`
	Promise  string    `json:"promise"`
	Short    string    `json:"short"`   // empty: the row is only in the full form
	Full     string    `json:"full"`    // empty: the same as Short
	Minutes  [2]int    `json:"minutes"` // the longest time of the short and the full command
	Aside    bool      `json:"aside"`   // in the full form it runs beside the other rows, because it measures no time
	Reader   string    `json:"reader"`  // empty: the output of go test -v
	Measures []measure `json:"measures"`
	Measured string    `json:"measured"`
	Peers    string    `json:"peers"`
	Source   string    `json:"source"`
	Twins    []string  `json:"twins"`
}

// A measure is a value of a row. A command may print the value several times.
type measure struct {
	Key   string `json:"key"`
	Take  string `json:"take"`  // max, min or sum of the printed values
	Bound string `json:"bound"` // such as "<= 0"; empty: the value only informs
	Full  string `json:"full"`  // the bound of the full form; empty: the same
}

// command returns the command of r, and false if the form does not have the row.
func (r row) command(full bool) (string, bool) {
	if full && r.Full != "" {
		return r.Full, true
	}
	return r.Short, r.Short != ""
}

// bound returns the bound of m in a form.
func (m measure) bound(full bool) string {
	if full && m.Full != "" {
		return m.Full
	}
	return m.Bound
}

var placeholder = regexp.MustCompile(`\{([a-z_.]+)\}`)

// readRows reads and checks a list of rows.
func readRows(data []byte) ([]row, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var rows []row
	if err := dec.Decode(&rows); err != nil {
		return nil, err
	}
	var faults []error
	seen := map[string]bool{}
	for _, r := range rows {
		if seen[r.ID] {
			faults = append(faults, fmt.Errorf("%s: listed twice", r.ID))
		}
		seen[r.ID] = true
		if err := r.check(); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", r.ID, err))
		}
	}
	return rows, errors.Join(faults...)
}

// check returns the first fault of r.
func (r row) check() error {
	_, known := readers[r.Reader]
	switch {
	case r.Promise == "" || r.Measured == "" || r.Peers == "" || r.Source == "":
		return errors.New("promise, measured, peers and source are required")
	case r.Short == "" && r.Full == "":
		return errors.New("a command is required")
	case r.Minutes[0] < 1 || r.Minutes[1] < 1:
		return errors.New("the time of the commands is required")
	case len(r.Twins) == 0:
		return errors.New("a test of a subject with a mistake is required")
	case !known:
		return fmt.Errorf("no reader %q", r.Reader)
	case !slices.ContainsFunc(r.Measures, func(m measure) bool { return m.Bound != "" }):
		return errors.New("a bound is required")
	}
	for _, m := range r.Measures {
		if !slices.Contains([]string{"max", "min", "sum"}, m.Take) {
			return fmt.Errorf("%s: take is max, min or sum", m.Key)
		}
		for _, bound := range []string{m.Bound, m.Full} {
			if _, err := keeps(0, bound); err != nil {
				return fmt.Errorf("%s: %w", m.Key, err)
			}
		}
	}
	for _, found := range placeholder.FindAllStringSubmatch(r.Measured+r.Peers, -1) {
		if !slices.ContainsFunc(r.Measures, func(m measure) bool { return m.Key == found[1] }) {
			return fmt.Errorf("{%s} is no measure", found[1])
		}
	}
	return nil
}
