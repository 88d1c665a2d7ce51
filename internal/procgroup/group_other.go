//go:build !unix

package procgroup

import "os/exec"

// EndWithChildren does nothing: only Unix has process groups.
func EndWithChildren(*exec.Cmd) {}
