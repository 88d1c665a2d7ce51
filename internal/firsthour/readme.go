package main

import (
	"regexp"
	"strings"
)

// A block is a Go program in the README, the request that the README sends to it, and the status
// that the README promises.
type block struct {
	name, source, request, status string
}

var (
	goBlock  = regexp.MustCompile("(?s)<!-- (examples/[a-z0-9/.-]+\\.go) -->\n```go\n(.*?)```\n")
	listens  = regexp.MustCompile(`Addr: "127\.0\.0\.1:(\d+)"`)
	request  = regexp.MustCompile("`(curl [^`]*http://127\\.0\\.0\\.1:)(\\d+)(/[^`]*)` gets (\\d{3})")
	tableRow = regexp.MustCompile("(?m)^\\| `(go [^`]+)` \\|")
)

// blocks returns the complete programs of the README, and the names of the parts of programs. The
// request of a program is the curl command for its port, or else the last one above it.
func blocks(readme string) (programs []block, parts []string) {
	for _, at := range goBlock.FindAllStringSubmatchIndex(readme, -1) {
		b := block{name: readme[at[2]:at[3]], source: readme[at[4]:at[5]]}
		port := listens.FindStringSubmatch(b.source)
		if !strings.HasPrefix(b.source, "package main\n") || port == nil {
			parts = append(parts, b.name)
			continue
		}
		for _, m := range request.FindAllStringSubmatchIndex(readme, -1) {
			if own := readme[m[4]:m[5]] == port[1]; own || m[0] < at[0] {
				b.request = readme[m[2]:m[3]] + port[1] + readme[m[6]:m[7]]
				b.status = readme[m[8]:m[9]]
				if own {
					break
				}
			}
		}
		programs = append(programs, b)
	}
	return programs, parts
}

// commands returns the go commands in the table of examples.
func commands(readme string) (found []string) {
	_, rows, _ := strings.Cut(readme, "\n## Examples\n")
	rows, _, _ = strings.Cut(rows, "\n## ")
	for _, m := range tableRow.FindAllStringSubmatch(rows, -1) {
		found = append(found, m[1])
	}
	return found
}
