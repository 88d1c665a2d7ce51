// Package page holds the pages of examples/migrate to the truth: each block of code is a part
// of a file that is compiled, and each table and each output was printed by a test.
//
// In a page, a comment stands before each block:
//
//	<!-- code golangjwt.go before -->   the part of golangjwt.go between "// page: before" and "// page: end"
//	<!-- table golang-jwt -->           a Markdown table that a test has measured
//	<!-- text explain -->               an output that a test has printed
//
// The tests write the actual blocks into the pages with -update.
package page

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the actual code, tables and outputs into the pages")

var (
	codeBlock  = regexp.MustCompile("(?s)<!-- code (\\S+) (\\S+) -->\n```(\\w+)\n.*?```\n")
	tableBlock = regexp.MustCompile(`<!-- table (\S+) -->\n(?:\|[^\n]*\n)*`)
	textBlock  = regexp.MustCompile("(?s)<!-- text (\\S+) -->\n```text\n.*?```\n")
	anyBlock   = regexp.MustCompile("(?m)^(.*)\n```\\w+$")
	anyTable   = regexp.MustCompile(`(?m)^([^|\n].*|)\n\|`)
)

// Check compares the page README.md of the folder of the test with the code, and with the
// outputs by their names. A block without a comment before it is a fault, and so is an output
// that the page does not show.
func Check(t *testing.T, outputs map[string]string) {
	t.Helper()
	const name = "README.md"
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	want, faults := Render(string(text), outputs, func(file, part string) (string, bool) {
		source, err := os.ReadFile(filepath.FromSlash(file))
		if err != nil {
			return "", false
		}
		return Part(string(source), part)
	})
	for _, fault := range faults {
		t.Error(fault)
	}
	if want == string(text) {
		return
	}
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("the page is outdated; `go test . -update` in this folder writes:\n%s", want)
}

// Render returns the page with the actual blocks, and what is wrong with it.
func Render(text string, outputs map[string]string, part func(file, name string) (string, bool)) (string, []string) {
	var faults []string
	shown := map[string]bool{}
	output := func(name string) string {
		shown[name] = true
		if outputs[name] == "" {
			faults = append(faults, "no test prints "+name)
		}
		return strings.TrimSuffix(outputs[name], "\n") + "\n"
	}
	text = codeBlock.ReplaceAllStringFunc(text, func(block string) string {
		m := codeBlock.FindStringSubmatch(block)
		code, ok := part(m[1], m[2])
		if !ok {
			faults = append(faults, m[1]+" has no part "+m[2])
		}
		return "<!-- code " + m[1] + " " + m[2] + " -->\n```" + m[3] + "\n" + code + "\n```\n"
	})
	text = tableBlock.ReplaceAllStringFunc(text, func(block string) string {
		name := tableBlock.FindStringSubmatch(block)[1]
		return "<!-- table " + name + " -->\n" + output(name)
	})
	text = textBlock.ReplaceAllStringFunc(text, func(block string) string {
		name := textBlock.FindStringSubmatch(block)[1]
		return "<!-- text " + name + " -->\n```text\n" + output(name) + "```\n"
	})
	for _, m := range anyBlock.FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(m[1], "<!-- ") {
			faults = append(faults, "a block without a source follows: "+m[1])
		}
	}
	for _, m := range anyTable.FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(m[1], "<!-- table ") {
			faults = append(faults, "a table without a source follows: "+m[1])
		}
	}
	for name := range outputs {
		if !shown[name] {
			faults = append(faults, "the page does not show "+name)
		}
	}
	return text, faults
}

// linterComment is a comment that no reader of a page needs.
var linterComment = regexp.MustCompile(` //nolint:[^\n]*`)

// Part returns the marked part of a source, without the indentation that all its lines share
// and without comments for the linter.
func Part(source, name string) (string, bool) {
	_, rest, begins := strings.Cut(source, "// page: "+name+"\n")
	part, _, ends := strings.Cut(rest, "// page: end")
	if !begins || !ends {
		return "", false
	}
	part = strings.TrimRight(linterComment.ReplaceAllString(part, ""), " \t\n")
	part = strings.TrimLeft(part, "\n")
	indent := part[:len(part)-len(strings.TrimLeft(part, "\t"))]
	return strings.ReplaceAll(strings.TrimPrefix(part, indent), "\n"+indent, "\n"), true
}

// Table returns a Markdown table.
func Table(head []string, rows ...[]string) string {
	var b strings.Builder
	row := func(cells []string) {
		b.WriteString("|")
		for _, cell := range cells {
			b.WriteString(" " + strings.ReplaceAll(cell, "|", `\|`) + " |")
		}
		b.WriteString("\n")
	}
	row(head)
	b.WriteString("|" + strings.Repeat("---|", len(head)) + "\n")
	for _, cells := range rows {
		row(cells)
	}
	return b.String()
}
