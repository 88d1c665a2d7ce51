// Package dashboardtest compares a dashboard of Grafana with the metrics that a program exports.
//
// # Use
//
//	d, err := dashboardtest.Read("dashboard.json")
//	for _, fault := range d.Faults(scrape, "http_requests_total") {
//		t.Error(fault)
//	}
//
// # Threat
//
// A metric or a label gets another name, and a panel stays empty during the next incident.
//
// # Place in the chain
//
// The tests of examples/prometheus and examples/otel call this package.
package dashboardtest

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// Dashboard has the parts of a dashboard that name metrics and labels.
type Dashboard struct {
	UID, Title    string
	SchemaVersion int
	Templating    struct {
		List []struct{ Name, Definition string }
	}
	Panels []Panel
}

// Panel is one diagram of a Dashboard, with its queries.
type Panel struct {
	ID          int
	Type, Title string
	GridPos     struct{ X, Y, W, H int }
	Targets     []struct{ RefID, Expr, LegendFormat string }
}

// Read reads a dashboard from a file of Grafana.
func Read(file string) (d Dashboard, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return d, err
	}
	return d, json.Unmarshal(text, &d)
}

var (
	quoted   = regexp.MustCompile(`"[^"]*"`)
	window   = regexp.MustCompile(`\[[^\]]*\]`)
	braces   = regexp.MustCompile(`\{([^}]*)\}`)
	grouping = regexp.MustCompile(`\b(?:by|without) *\(([^)]*)\)`)
	word     = regexp.MustCompile(`[a-zA-Z_:][a-zA-Z0-9_:]*`)
	call     = regexp.MustCompile(`[a-zA-Z_]+ *\(`)
	label    = regexp.MustCompile(`([a-z_]+)="`)
	legend   = regexp.MustCompile(`\{\{(.*?)\}\}`)
	values   = regexp.MustCompile(`^label_values\((\w+), (\w+)\)$`)
)

// names returns the names of the metrics and labels in an expression of PromQL.
func names(expr string) (metrics, labels []string) {
	expr = window.ReplaceAllString(quoted.ReplaceAllString(expr, ""), "")
	for _, re := range []*regexp.Regexp{braces, grouping} {
		for _, m := range re.FindAllStringSubmatch(expr, -1) {
			labels = append(labels, word.FindAllString(m[1], -1)...)
		}
		expr = re.ReplaceAllString(expr, " ")
	}
	for _, w := range word.FindAllString(call.ReplaceAllString(expr, " "), -1) {
		if w != "or" {
			metrics = append(metrics, w)
		}
	}
	return metrics, labels
}

// Faults returns the faults of d: each metric or label that it uses and scrape lacks, an
// expression that cannot be parsed, and each metric of shown that no panel shows. scrape is the
// text of /metrics, of a program that has served a request of each kind.
func (d Dashboard) Faults(scrape string, shown ...string) []string {
	c := newChecker(scrape)
	if d.UID == "" || d.Title == "" || d.SchemaVersion < 39 {
		c.report("uid %q, title %q, schemaVersion %d", d.UID, d.Title, d.SchemaVersion)
	}
	var used []string
	var ids []int
	for _, panel := range d.Panels {
		if slices.Contains(ids, panel.ID) || panel.Type == "" || len(panel.Targets) == 0 || panel.GridPos.X+panel.GridPos.W > 24 {
			c.report("panel %+v", panel)
		}
		ids = append(ids, panel.ID)
		for _, target := range panel.Targets {
			used = append(used, c.expression(panel.Title, target.Expr)...)
			for _, m := range legend.FindAllStringSubmatch(target.LegendFormat, -1) {
				c.label(panel.Title, m[1])
			}
		}
	}
	c.variables(d)
	for _, m := range shown {
		if !slices.Contains(used, m) {
			c.report("no panel shows %s", m)
		}
	}
	return c.faults
}

// A checker knows the names that a program exports.
type checker struct {
	metrics, labels map[string]bool
	faults          []string
}

func newChecker(scrape string) *checker {
	c := &checker{metrics: map[string]bool{}, labels: map[string]bool{"instance": true}} // Prometheus adds the label instance
	for line := range strings.Lines(scrape) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		name, _, _ := strings.Cut(line, " ")
		name, _, _ = strings.Cut(name, "{")
		c.metrics[name] = true
	}
	for _, m := range label.FindAllStringSubmatch(scrape, -1) {
		c.labels[m[1]] = true
	}
	return c
}

func (c *checker) report(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

func (c *checker) label(where, name string) {
	if !c.labels[name] {
		c.report("%s: there is no label %s", where, name)
	}
}

// expression checks the names in expr, and returns its metrics.
func (c *checker) expression(where, expr string) []string {
	metrics, labels := names(expr)
	if len(metrics) == 0 {
		c.report("%s: no metric in %q", where, expr)
	}
	for _, m := range metrics {
		if !c.metrics[m] {
			c.report("%s: there is no metric %s", where, m)
		}
	}
	for _, l := range labels {
		c.label(where, l)
	}
	for _, pair := range []string{"()", "{}", "[]"} {
		if strings.Count(expr, pair[:1]) != strings.Count(expr, pair[1:]) {
			c.report("%s: unbalanced: %s", where, expr)
		}
	}
	return metrics
}

// variables checks the variables of d. Each takes its values from a label.
func (c *checker) variables(d Dashboard) {
	for _, v := range d.Templating.List {
		if m := values.FindStringSubmatch(v.Definition); m != nil {
			c.expression(v.Name, m[1])
			c.label(v.Name, m[2])
		} else if v.Definition != "" {
			c.report("%s: %s", v.Name, v.Definition)
		}
	}
}
