// Package object admits a caller to an object only if the caller owns it.
package object
