package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

const page = "README.md"

func main() {
	write := flag.Bool("write", false, "write the table into the README")
	flag.Parse()
	if err := importCost(".", *write); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// importCost measures the packages of the repository at root. It writes the table into the README,
// or compares both.
func importCost(root string, write bool) error {
	packages, err := listPublic(root)
	if err != nil {
		return err
	}
	t, err := measure(root, packages)
	if err != nil {
		return err
	}
	fmt.Print(t.markdown())
	text, err := os.ReadFile(root + "/" + page)
	if err != nil {
		return err
	}
	before, written, after, err := section(string(text))
	if err != nil {
		return err
	}
	if write {
		return os.WriteFile(root+"/"+page, []byte(before+"\n"+t.markdown()+after), 0o644)
	}
	if faults := compare(parseRows(written), t.rows); len(faults) > 0 {
		return fmt.Errorf("the table of the %s is outdated; make import-cost WRITE=1 writes it:\n%s", page, strings.Join(faults, "\n"))
	}
	return nil
}
