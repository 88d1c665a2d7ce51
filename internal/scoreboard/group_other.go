//go:build !unix

package main

import "os/exec"

// endWithChildren does nothing: only Unix has process groups.
func endWithChildren(*exec.Cmd) {}
