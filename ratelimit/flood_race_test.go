//go:build race

package ratelimit_test

const floodKeys = 200_000 // the race detector makes each of them ten times dearer
