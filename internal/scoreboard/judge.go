package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A verdict is the result of a row.
type verdict struct {
	Form     string              `json:"form"`
	Date     string              `json:"date"`
	ID       string              `json:"id"`
	Promise  string              `json:"promise"`
	Measured string              `json:"measured"`
	Peers    string              `json:"peers"`
	Source   string              `json:"source"`
	Command  string              `json:"command"`
	Twins    []string            `json:"twins"`
	Values   map[string]float64  `json:"values"`
	Lists    map[string][]string `json:"lists,omitempty"`
	Seconds  float64             `json:"seconds"`
	Faults   []string            `json:"faults,omitempty"`
}

// evaluate compares the output of a command with the bounds of r. failure is the error of
// the command.
func (r row) evaluate(full bool, output string, failure error, took time.Duration) verdict {
	got := readers[r.Reader](output)
	command, _ := r.command(full)
	v := verdict{
		ID: r.ID, Promise: r.Promise, Source: r.Source, Command: command, Twins: r.Twins,
		Values: map[string]float64{}, Lists: got.lists, Seconds: math.Round(took.Seconds()),
	}
	fault := func(format string, a ...any) { v.Faults = append(v.Faults, fmt.Sprintf(format, a...)) }
	if failure != nil {
		fault("the command failed: %v", failure)
	}
	for _, twin := range r.Twins {
		if got.tests[twin] != "PASS" {
			fault("%s did not pass", twin)
		}
	}
	for _, m := range r.Measures {
		all := got.values[m.Key]
		if len(all) == 0 {
			fault("no value of %s", m.Key)
			continue
		}
		value := take(m.Take, all)
		v.Values[m.Key] = value
		if kept, _ := keeps(value, m.bound(full)); !kept {
			fault("%s is %s, and the bound is %s", m.Key, format(value), m.bound(full))
		}
	}
	v.Measured, v.Peers = v.fill(r.Measured), v.fill(r.Peers)
	return v
}

// take reduces values to one value.
func take(how string, values []float64) float64 {
	switch how {
	case "max":
		return slices.Max(values)
	case "min":
		return slices.Min(values)
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum
}

// keeps reports whether a value keeps a bound such as "<= 5".
func keeps(value float64, bound string) (bool, error) {
	if bound == "" {
		return true, nil
	}
	operator, number, _ := strings.Cut(bound, " ")
	limit, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return false, err
	}
	switch operator {
	case "<=":
		return value <= limit, nil
	case ">=":
		return value >= limit, nil
	}
	return false, fmt.Errorf("bound %q begins with <= or >=", bound)
}

// fill replaces each {key} in text by its value.
func (v verdict) fill(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(key string) string {
		if value, measured := v.Values[strings.Trim(key, "{}")]; measured {
			return format(value)
		}
		return "?"
	})
}

// format writes a value with at most three decimals, and groups of three digits.
func format(value float64) string {
	text := strconv.FormatFloat(math.Round(value*1000)/1000, 'f', -1, 64)
	whole, rest, _ := strings.Cut(text, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		whole += "." + rest
	}
	return sign + whole
}
