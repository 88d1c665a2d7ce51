package apikey

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A link that is switched while a change runs leads to another file, which does not have the
// change. An operator must not be told that a key was revoked.
func TestLinkIsSwitchedDuringAChange(t *testing.T) {
	dir := t.TempDir()
	path, now, then := filepath.Join(dir, "keys.json"), filepath.Join(dir, "now"), filepath.Join(dir, "then")
	if err := errors.Join(CreateFile(now), CreateFile(then), os.Symlink(now, path)); err != nil {
		t.Fatal(err)
	}
	s, err := NewFile(FileConfig{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	switchTo := func(target string) error {
		return errors.Join(os.Symlink(target, path+".new"), os.Rename(path+".new", path))
	}
	err = s.change(func(map[string]Record) error { return switchTo(then) })
	if err == nil || !strings.Contains(err.Error(), "try again") {
		t.Errorf("the link was switched: %v", err)
	}
	if err := s.change(func(map[string]Record) error { return nil }); err != nil {
		t.Errorf("again: %v", err)
	}
}
