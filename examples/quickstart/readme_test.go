package main

import (
	"flag"
	"os"
	"os/exec"
	"regexp"
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
	want := withLogs(t, p, withConsole(t, p, withEvents(t, withCode(t, string(text)))))
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

var codeBlock = regexp.MustCompile("(?s)<!-- (examples/[a-z]+/[a-z]+\\.go) -->\n```go\n.*?```\n")

// withCode puts the marked part of each example into the block that names it.
func withCode(t *testing.T, text string) string {
	t.Helper()
	found := 0
	text = codeBlock.ReplaceAllStringFunc(text, func(block string) string {
		found++
		name := codeBlock.FindStringSubmatch(block)[1]
		source, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		before, rest, begins := strings.Cut(string(source), "// README: begin\n")
		part, _, ends := strings.Cut(rest, "// README: end")
		if !begins || !ends {
			t.Fatalf("%s has no marked part", name)
		}
		part = strings.TrimSpace(part)
		if strings.HasSuffix(before, "\t") { // the part is inside a function
			part = strings.ReplaceAll(part, "\n\t", "\n")
		}
		return "<!-- " + name + " -->\n```go\n" + part + "\n```\n"
	})
	if found != 5 {
		t.Errorf("%d examples in the README, want 5", found)
	}
	return text
}

var (
	consoleBlock  = regexp.MustCompile("(?s)```console\n\\$ \\. \\./notes\\.env\n.*?```\n")
	logBlocks     = regexp.MustCompile("(?s)```console\n\\$ (curl [^\n]*)\n[^`]*```\n\n```text\n.*?```\n")
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

var eventsBlock = regexp.MustCompile("(?s)```console\n(\\$ go run \\./examples/events &)\n\\$ (curl [^\n]*)\n.*?```\n")

// withEvents runs examples/events and the request to it in the README.
func withEvents(t *testing.T, text string) string {
	t.Helper()
	found := 0
	text = eventsBlock.ReplaceAllStringFunc(text, func(block string) string {
		found++
		m := eventsBlock.FindStringSubmatch(block)
		p, base := startEvents(t)
		out := p.shell(t, strings.ReplaceAll(m[2], "http://127.0.0.1:8081", base))
		if !strings.Contains(out, "validation_failed") {
			t.Errorf("%s\nmust be refused, but prints\n%s", m[2], out)
		}
		if ids := correlationID.FindAllString(block, -1); len(ids) > 0 {
			out = correlationID.ReplaceAllString(out, ids[0])
		}
		return "```console\n" + m[1] + "\n$ " + m[2] + "\n" + out + "```\n"
	})
	if found != 1 {
		t.Errorf("%d requests to examples/events in the README, want 1", found)
	}
	return text
}

// The two services of the README can run at the same time.
func TestReadmeServicesListenOnDifferentPorts(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	services := map[string]string{}
	for _, name := range []string{"quickstart", "events"} {
		source, err := os.ReadFile("../" + name + "/main.go")
		if err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile(`"addr", "(127\.0\.0\.1:\d+)"`).FindSubmatch(source)
		if m == nil {
			t.Fatalf("%s has no default address", name)
		}
		addr := string(m[1])
		if services[addr] != "" || !strings.Contains(string(text), "http://"+addr) {
			t.Errorf("%s listens on %s, as %s does, or the README has another address", name, addr, services[addr])
		}
		services[addr] = name
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
		command := logBlocks.FindStringSubmatch(blocks)[1]
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
		return "```console\n$ " + command + "\n" + out + "```\n\n```text\n" + logText + "```\n"
	})
	if found != 3 {
		t.Errorf("%d requests with their log in the README, want 3", found)
	}
	return text
}

// shell runs a command line of the README.
func (p *process) shell(t *testing.T, command string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
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
