package main

import (
	"context"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/internal/procgroup"
)

// runCommand runs a command of a shell in dir, copies its output to progress, and returns
// the output. A command that takes longer than patience is ended, and so are its children.
// A larger number is a lower priority (see nice).
func runCommand(dir, command string, priority int, patience time.Duration, progress io.Writer) (string, error) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), patience, context.DeadlineExceeded)
	defer cancel()
	var output strings.Builder
	cmd := exec.CommandContext(ctx, "nice", "-n", strconv.Itoa(priority), "sh", "-c", command)
	cmd.Dir = dir
	cmd.Stdout = io.MultiWriter(&output, progress)
	cmd.Stderr = cmd.Stdout
	procgroup.EndWithChildren(cmd)
	cmd.WaitDelay = 10 * time.Second
	err := cmd.Run()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return output.String(), err
}
