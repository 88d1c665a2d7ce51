// Command checklist runs the tests that prove the promises of checklist.txt, and writes the page of
// them. It runs in the root of the repository.
package main

import (
	_ "embed"
	"fmt"
	"os"
)

//go:embed checklist.txt
var data string

const page = ".github/CHECKLIST.md"

func main() {
	if err := checklist("."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func checklist(root string) error {
	lists, err := parse(data)
	if err != nil {
		return err
	}
	folders, err := tests(lists)
	if err != nil {
		return err
	}
	if err := os.WriteFile(root+"/"+page, []byte(markdown(lists)), 0o644); err != nil {
		return err
	}
	wrong := run(root, folders)
	for _, line := range wrong {
		fmt.Println("not proved:", line)
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%d tests do not prove their promise", len(wrong))
	}
	fmt.Println("every promise is proved")
	return nil
}
