package main

import (
	"flag"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the actual code and output into the README")

const readme = "../../README.md"

// TestReadme runs every line that a reader can type or copy from the README, and
// compares the output.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	p := start(t) // one service for all sections, as for a reader, so that none uses up the limits of a later one
	want := withLogs(t, p, withConsole(t, p, withCode(t, string(text))))
	if want == string(text) {
		return
	}
	if *update {
		if err := os.WriteFile(readme, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("the README is outdated; `go test ./examples/quickstart -run TestReadme -update` writes this:\n%s", want)
}

// programs are the examples that the README shows as a whole.
var programs = []string{
	"examples/stdlib/main.go", "examples/chi/main.go",
	"examples/routers/gorilla/main.go", "examples/routers/gin/main.go", "examples/routers/echo/main.go",
}

var codeBlock = regexp.MustCompile("(?s)<!-- (examples/[a-z/]+\\.go) -->\n```go\n.*?```\n")

// withCode puts each example into the block that names it: a whole program without the comment
// about it, or the marked part of a file.
func withCode(t *testing.T, text string) string {
	t.Helper()
	var found []string
	text = codeBlock.ReplaceAllStringFunc(text, func(block string) string {
		name := codeBlock.FindStringSubmatch(block)[1]
		found = append(found, name)
		source, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		var part string
		if slices.Contains(programs, name) {
			_, code, ok := strings.Cut(string(source), "\npackage main\n")
			if lines := strings.Count(code, "\n"); !ok || lines > 60 {
				t.Errorf("%s is no program, or too long for the README: %d lines", name, lines)
			}
			part = "package main\n" + code
		} else {
			_, rest, begins := strings.Cut(string(source), "// README: begin\n")
			code, _, ends := strings.Cut(rest, "// README: end")
			if !begins || !ends {
				t.Fatalf("%s has no marked part", name)
			}
			part = strings.TrimSpace(code) + "\n"
		}
		return "<!-- " + name + " -->\n```go\n" + part + "```\n"
	})
	if want := append(slices.Clone(programs), "examples/quickstart/notes.go"); !slices.Equal(found, want) {
		t.Errorf("the README shows %q, want %q", found, want)
	}
	return text
}

// A reader sees code within the first screen.
func TestReadmeBeginsWithCode(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	before, _, ok := strings.Cut(string(text), "```go\n")
	if lines := strings.Count(before, "\n"); !ok || lines > 40 {
		t.Errorf("the first code of the README comes after %d lines", lines)
	}
}

var (
	consoleBlock  = regexp.MustCompile("(?s)```console\n\\$ \\. \\./notes\\.env\n.*?```\n")
	logBlocks     = regexp.MustCompile("(?s)```console\n\\$ (curl [^\n]*)\n[^`]*```\n([^`]*)```text\n.*?```\n")
	assignment    = regexp.MustCompile(`^([A-Z]+)=\$\((curl .*)\)$`)
	correlationID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)
)

// withConsole runs the commands of each console block that reads the
// environment of the quickstart, and writes the output after each command. It
// keeps the correlation IDs of the README.
func withConsole(t *testing.T, p *process, text string) string {
	t.Helper()
	statuses := map[string]bool{}
	text = consoleBlock.ReplaceAllStringFunc(text, func(block string) string {
		ids := correlationID.FindAllString(block, -1)
		var b strings.Builder
		for line := range strings.SplitSeq(strings.TrimSuffix(strings.TrimPrefix(block, "```console\n"), "```\n"), "\n") {
			command, ok := strings.CutPrefix(line, "$ ")
			if !ok {
				continue
			}
			b.WriteString(line + "\n")
			if m := assignment.FindStringSubmatch(command); m != nil {
				if p.env[m[1]] = strings.TrimSpace(p.shell(t, m[2])); strings.Count(p.env[m[1]], ".") != 2 {
					t.Errorf("%s\nprints no token: %s", command, p.env[m[1]])
				}
				continue
			}
			if !strings.HasPrefix(command, "curl ") {
				continue
			}
			out := p.shell(t, command)
			for _, new := range correlationID.FindAllString(out, -1) {
				if len(ids) > 0 {
					out, ids = strings.Replace(out, new, ids[0], 1), ids[1:]
				}
			}
			b.WriteString(out)
			for _, status := range []string{"200", "401", "403", "400", "429"} {
				statuses[status] = statuses[status] || strings.HasSuffix(out, status+"\n")
			}
		}
		return "```console\n" + b.String() + "```\n"
	})
	if len(statuses) != 5 || !statuses["200"] || !statuses["401"] || !statuses["403"] || !statuses["400"] || !statuses["429"] {
		t.Errorf("the README shows %v", statuses)
	}
	return text
}

// All services of the README can run at the same time.
func TestReadmeServicesListenOnDifferentPorts(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	services := map[string]string{}
	for _, name := range append([]string{"examples/quickstart/main.go", "examples/events/main.go"}, programs...) {
		source, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile(`"(127\.0\.0\.1:\d+)"`).FindAllSubmatch(source, -1)
		if len(m) != 1 {
			t.Fatalf("%s has %d addresses, want 1", name, len(m))
		}
		addr := string(m[0][1])
		if services[addr] != "" {
			t.Errorf("%s listens on %s, as %s does", name, addr, services[addr])
		}
		services[addr] = name
	}
	for _, m := range regexp.MustCompile(`http://(127\.0\.0\.1:\d+)`).FindAllStringSubmatch(string(text), -1) {
		if services[m[1]] == "" {
			t.Errorf("no service of the README listens on %s", m[1])
		}
	}
}

// placeholders are the values that differ in each run, and the text that the
// README has in their place.
var placeholders = []struct {
	pattern *regexp.Regexp
	text    string
}{
	{regexp.MustCompile(`time=\S+`), "time=2026-11-22T17:00:00.000Z"},
	{regexp.MustCompile(`duration=\S+`), "duration=310µs"},
	{regexp.MustCompile(`token_id=\S+`), "token_id=5a0f6c0e-7d2b-4c55-9f0e-3b1c2d4e5f60"},
	{regexp.MustCompile(`credential=\S+`), "credential=8c1f0a5be2d94763"},
	{regexp.MustCompile(`stack="goroutine \d+ \[running\]:[^"]*"`), `stack="goroutine 34 [running]: …"`},
	{regexp.MustCompile(`correlation_id(=|":")[0-9a-f-]+`), "correlation_id${1}019ab0c4-8a3f-7d5e-9c1b-0f2e6a7b8c9d"},
}

// withLogs runs each command that is followed by a block with its log. It writes
// the output of the command and the log into their blocks.
func withLogs(t *testing.T, p *process, text string) string {
	t.Helper()
	found := 0
	text = logBlocks.ReplaceAllStringFunc(text, func(blocks string) string {
		found++
		m := logBlocks.FindStringSubmatch(blocks)
		command := m[1]
		out := p.shell(t, command)
		var log strings.Builder
		for line := range strings.SplitSeq(p.logged(t, "msg=request correlation_id="+correlationID.FindString(out)), "\n") {
			if strings.Contains(line, correlationID.FindString(out)) {
				log.WriteString(line + "\n")
			}
		}
		logText := log.String()
		for _, p := range placeholders {
			out, logText = p.pattern.ReplaceAllString(out, p.text), p.pattern.ReplaceAllString(logText, p.text)
		}
		return "```console\n$ " + command + "\n" + out + "```\n" + m[2] + "```text\n" + folded(logText) + "```\n"
	})
	if found != 1 {
		t.Errorf("%d requests with their log in the README, want 1", found)
	}
	return text
}

// attribute is one attribute of a line in the log.
var attribute = regexp.MustCompile(`[a-z_]+=("(?:[^"\\]|\\.)*"|\S*)`)

// folded returns log with line breaks between attributes, so that no line has more than 120 columns.
func folded(log string) string {
	var b strings.Builder
	for line := range strings.Lines(log) {
		columns := 0
		for i, a := range attribute.FindAllString(line, -1) {
			switch {
			case i == 0:
			case columns+1+len([]rune(a)) > 120:
				b.WriteString("\n   ")
				columns = 3
				fallthrough
			default:
				b.WriteString(" ")
				columns++
			}
			b.WriteString(a)
			columns += len([]rune(a))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// shell runs a command line of the README, behind the line that reads the file of the quickstart.
func (p *process) shell(t *testing.T, command string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", ". "+p.rc+"\n"+command)
	cmd.Dir = p.dir // for the files that it writes
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	for name, value := range p.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return string(out)
}

// TestPrintedLines runs the commands that the quickstart prints.
func TestPrintedLines(t *testing.T) {
	p := start(t)
	lines := regexp.MustCompile(`(?m)^# (\d+): .*\n(curl .*)$`).FindAllStringSubmatch(p.printed(t), -1)
	if len(lines) != 5 {
		t.Fatalf("%d lines, want 5", len(lines))
	}
	for _, l := range lines {
		out := p.shell(t, l[2])
		if !strings.Contains(out, "HTTP/1.1 "+l[1]+" ") && !strings.HasSuffix(out, l[1]+"\n") {
			t.Errorf("%s\nmust show %s, but prints:\n%s", l[2], l[1], out)
		}
	}
}
