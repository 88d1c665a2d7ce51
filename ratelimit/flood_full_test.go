//go:build !race

package ratelimit_test

const floodKeys = 10_000_000
