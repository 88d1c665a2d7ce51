package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

func main() {
	if err := firstHour("."); err != nil {
		fmt.Fprintln(os.Stderr, "first-hour:", err)
		os.Exit(1)
	}
}

// A run collects the failed steps.
type run struct {
	work, clone string
	failed      []string
}

// step runs one step, and prints its result and its time.
func (r *run) step(name string, f func() (string, error)) {
	start := time.Now()
	result, err := f()
	if err != nil {
		r.failed = append(r.failed, name)
		result = "FAILED: " + err.Error()
	}
	fmt.Printf("%-52s %5.1f s  %s\n", name, time.Since(start).Seconds(), result)
}

func firstHour(root string) error {
	work, err := os.MkdirTemp("", "first-hour")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	r := &run{work: work, clone: filepath.Join(work, "clone")}
	if _, err := command(root, "git clone -q . '"+r.clone+"'"); err != nil {
		return err
	}
	readme, err := os.ReadFile(filepath.Join(r.clone, "README.md"))
	if err != nil {
		return err
	}
	r.all(string(readme))
	if len(r.failed) > 0 {
		return fmt.Errorf("%d steps failed: %s", len(r.failed), strings.Join(r.failed, ", "))
	}
	return nil
}

// all runs all steps of a README.
func (r *run) all(readme string) {
	programs, parts := blocks(readme)
	for _, b := range programs {
		r.step("block "+b.name, func() (string, error) { return r.block(b) })
	}
	fmt.Printf("%d blocks are parts of programs: %s\n", len(parts), strings.Join(parts, ", "))
	r.step("console", func() (string, error) {
		_, err := command(r.clone, "go test -count=1 -run '^TestReadme' ./examples/quickstart")
		return "the README shows what the commands print", err
	})
	for _, c := range commands(readme) {
		r.step("example "+c, func() (string, error) { return r.example(c) })
	}
}

// block builds a program of the README in a module of its own, and sends it its request.
func (r *run) block(b block) (string, error) {
	dir, err := os.MkdirTemp(r.work, "block")
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(b.source), 0o600); err != nil {
		return "", err
	}
	if b.request == "" {
		return "", fmt.Errorf("the README has no curl command for it")
	}
	build := "go mod init hello && go mod edit -replace 'github.com/go-sallyport/sallyport=" + r.clone +
		"' && go mod tidy && go build -o hello ."
	if _, err := command(dir, build); err != nil {
		return "", err
	}
	answer, ended, err := serve(dir, "exec ./hello", func([]byte) (string, error) {
		out, err := command(dir, strings.Replace(b.request, "curl ", "curl -sS ", 1))
		if err != nil {
			return "", err
		}
		if !strings.HasPrefix(string(out), "HTTP/1.1 "+b.status+" ") {
			return "", final{fmt.Errorf("the README promises %s, %s prints\n%s", b.status, b.request, out)}
		}
		return b.request + " gets " + b.status, nil
	})
	if ended && err == nil {
		err = fmt.Errorf("the program ended")
	}
	return answer, err
}

var folder = regexp.MustCompile(`examples/[a-z0-9-]+`)

// example runs the command of an example. An example that serves prints its address, or has it in
// its source.
func (r *run) example(line string) (string, error) {
	var texts [][]byte
	err := filepath.WalkDir(filepath.Join(r.clone, folder.FindString(line)), func(file string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		text, err := os.ReadFile(file)
		texts = append(texts, text)
		return err
	})
	if err != nil {
		return "", err
	}
	answer, ended, err := serve(r.clone, line, func(printed []byte) (string, error) {
		return askAny(append([][]byte{printed}, texts...)...)
	})
	if ended && err == nil {
		answer = "ended without an error"
	}
	return answer, err
}
