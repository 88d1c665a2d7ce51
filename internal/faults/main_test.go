package faults

import (
	"context"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2/toxics"
	"github.com/redis/go-redis/v9"
)

// noLog keeps the client from logging the faults that the tests make.
type noLog struct{}

func (noLog) Printf(context.Context, string, ...any) {}

// TestMain is also the main function of the other processes of a burst, which are this
// binary started again.
func TestMain(m *testing.M) {
	redis.SetLogger(noLog{})
	toxics.Register("drip", new(drip))
	if os.Getenv(childEnv) != "" {
		os.Exit(burstChild(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

// scaleBy multiplies n, a number of repetitions, by FAULTS_SCALE, 1 if it is not set. A
// release is tested with 10. With -short half of them are enough.
func scaleBy(tb testing.TB, n int) int {
	tb.Helper()
	if testing.Short() {
		return (n + 1) / 2
	}
	text := os.Getenv("FAULTS_SCALE")
	if text == "" {
		return n
	}
	scale, err := strconv.Atoi(text)
	if err != nil || scale < 1 {
		tb.Fatalf("FAULTS_SCALE is %q, which is not a positive integer", text)
	}
	return n * scale
}

// newSeed returns the seed of the random choices of a test, FAULTS_SEED if it is set,
// and logs it. A seed repeats the choices, but not the behaviour of the network.
func newSeed(tb testing.TB) uint64 {
	tb.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("FAULTS_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			tb.Fatalf("FAULTS_SEED: %v", err)
		}
	}
	tb.Logf("FAULTS_SEED=%d", seed)
	return seed
}
