package redistest

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

//go:embed testdata/clock.c
var clockSource []byte

const clockLibrary = "clock.so"

// Clock is the wall clock of one server.
type Clock struct{ *clockFile }

// clockFile is what the library maps too. Both values are microseconds.
type clockFile struct{ offset, stopped atomic.Int64 }

// Stop makes the clock stand still, except for one microsecond with each reading of the
// server. Then only Shift moves it further, so a test depends on no real time.
func (c *Clock) Stop() { c.stopped.Store(time.Now().UnixMicro()) }

// Shift moves the clock by d, rounded to microseconds, from its current time. A Shift
// by -d moves it back. It takes effect with the next command. It does not move the
// monotonic clock, by which the server runs its own timers.
func (c *Clock) Shift(d time.Duration) { c.offset.Add(d.Microseconds()) }

// env names the library relative to the working directory, because the loader would
// split a path with a space or colon in it.
func (c *Clock) env() []string { return []string{"LD_PRELOAD=./" + clockLibrary} }

// newClock builds the library in dir and maps the same file that the library will map.
func newClock(dir string) (*Clock, error) {
	if err := compile(dir); err != nil {
		return nil, err
	}
	const size = int(unsafe.Sizeof(clockFile{}))
	f, err := os.OpenFile(filepath.Join(dir, "clock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // the mapping stays
	if err := f.Truncate(int64(size)); err != nil {
		return nil, err
	}
	shared, err := syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("mmap: %w", err)
	}
	// Never unmap it: a goroutine that outlives its test and moves the clock would
	// crash the other tests. A mapping is aligned for every type.
	return &Clock{(*clockFile)(unsafe.Pointer(unsafe.SliceData(shared)))}, nil
}

func compile(dir string) error {
	cc, err := exec.LookPath("cc")
	if err != nil {
		return fmt.Errorf("%w; it needs a C compiler, such as that of the package gcc or clang", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "clock.c"), clockSource, 0o600); err != nil {
		return err
	}
	cmd := exec.Command(cc, "-O2", "-shared", "-fPIC", "-o", clockLibrary, "clock.c")
	cmd.Dir = dir
	output, err := cmd.CombinedOutput()
	if err != nil {
		return errors.Join(fmt.Errorf("%s: %w", cc, err), errors.New(string(output)))
	}
	return nil
}
