// Package safelog makes a log safe to keep: a slog.Handler that goes in front of
// the one that writes, and a type for values that must never be printed.
package safelog
