//go:build !unix

package apikey

import (
	"io/fs"
	"os"
)

// keepOwner does nothing: a file inherits its rights from its folder.
func keepOwner(*os.File, fs.FileInfo) error { return nil }
