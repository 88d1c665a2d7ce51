// Package procgroup ends a command together with its children.
package procgroup
