//go:build unix

package apikey_test

import (
	"os"
	"syscall"
	"testing"
	"time"
)

func ownerOf(t *testing.T, path string) (uid, gid uint32) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	stat := info.Sys().(*syscall.Stat_t)
	return stat.Uid, stat.Gid
}

// A change by a user who is not the owner keeps the owner, or fails: the service must be
// able to read the file.
func TestChangeKeepsTheOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give a file to another user")
	}
	f := newKeyFile(t)
	f.write(textOf(), time.Hour)
	if err := os.Chown(f.path, 12345, 12346); err != nil {
		t.Fatal(err)
	}
	_, rec := makeKey(t)
	if err := f.open().Put(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	if uid, gid := ownerOf(t, f.path); uid != 12345 || gid != 12346 {
		t.Errorf("the owner is %d, %d", uid, gid)
	}
}
