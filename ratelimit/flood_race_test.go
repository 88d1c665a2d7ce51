//go:build race

package ratelimit_test

const floodKeys = 200_000 // the race detector makes each key ten times slower
