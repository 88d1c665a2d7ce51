package main

import (
	"fmt"
	"strings"
)

// A list is a group of promises under one title.
type list struct {
	title    string
	promises []promise
}

// A promise is one row of a checklist.
type promise struct {
	text     string
	packages []string
	tests    []string // folder.TestName
	note     string   // for the part of a promise that no test can prove
}

// parse reads the lists of a data file.
func parse(text string) (lists []list, err error) {
	for i, line := range strings.Split(text, "\n") {
		fault := func(why string) error { return fmt.Errorf("line %d: %s: %q", i+1, why, line) }
		title, isTitle := strings.CutPrefix(line, "## ")
		switch {
		case isTitle:
			lists = append(lists, list{title: title})
			continue
		case line == "" || strings.HasPrefix(line, "#"):
			continue
		case len(lists) == 0:
			return nil, fault("there is no title above")
		}
		last := &lists[len(lists)-1]
		if !strings.HasPrefix(line, " ") {
			last.promises = append(last.promises, promise{text: line})
			continue
		}
		if len(last.promises) == 0 {
			return nil, fault("there is no promise above")
		}
		p := &last.promises[len(last.promises)-1]
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "packages":
			p.packages = strings.Split(value, ", ")
		case "tests":
			p.tests = strings.Split(value, ", ")
		case "note":
			p.note = value
		default:
			return nil, fault("has an unknown key")
		}
	}
	return lists, complete(lists)
}

// complete returns an error if a promise names no package, or neither a test nor a note.
func complete(lists []list) error {
	for _, l := range lists {
		for _, p := range l.promises {
			if len(p.packages) == 0 || len(p.tests) == 0 && p.note == "" {
				return fmt.Errorf("%s: %q names no package, or neither a test nor a note", l.title, p.text)
			}
		}
	}
	return nil
}

// tests returns the names of all tests by their folder.
func tests(lists []list) (map[string][]string, error) {
	folders := map[string][]string{}
	seen := map[string]bool{}
	for _, l := range lists {
		for _, p := range l.promises {
			for _, name := range p.tests {
				folder, test, ok := strings.Cut(name, ".")
				if !ok || !strings.HasPrefix(test, "Test") {
					return nil, fmt.Errorf("%q is not of the form folder.TestName", name)
				}
				if !seen[name] {
					seen[name] = true
					folders[folder] = append(folders[folder], test)
				}
			}
		}
	}
	return folders, nil
}

// markdown returns the page of the lists.
func markdown(lists []list) string {
	var b strings.Builder
	b.WriteString("# Checklist\n\n" +
		"What the library promises, and the tests that prove it. `make checklist` runs each test that is named here, fails if one is\n" +
		"missing, is skipped or fails, and writes this page from `internal/checklist/checklist.txt`.\n")
	for _, l := range lists {
		fmt.Fprintf(&b, "\n## %s\n", l.title)
		for _, p := range l.promises {
			fmt.Fprintf(&b, "\n**%s**\n\n", p.text)
			fmt.Fprintf(&b, "- packages: `%s`\n", strings.Join(p.packages, "`, `"))
			if p.note != "" {
				fmt.Fprintf(&b, "- note: %s\n", p.note)
			}
			for _, name := range p.tests {
				fmt.Fprintf(&b, "- `%s`\n", name)
			}
		}
	}
	return b.String()
}
