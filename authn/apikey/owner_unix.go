//go:build unix

package apikey

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives f the owner and the group of old, if they differ.
func keepOwner(f *os.File, old fs.FileInfo) error {
	now, err := f.Stat()
	if err != nil {
		return err
	}
	have, okHave := now.Sys().(*syscall.Stat_t)
	want, okWant := old.Sys().(*syscall.Stat_t)
	if !okHave || !okWant || have.Uid == want.Uid && have.Gid == want.Gid {
		return nil
	}
	return f.Chown(int(want.Uid), int(want.Gid))
}
