package mwtest

import (
	"fmt"
	"strconv"
	"testing"
	"time"
)

// Publish prints a measured value in the output of go test -v, where make scoreboard
// reads it. A duration is printed in milliseconds. The key has the form "row.value".
func Publish(t testing.TB, key string, value any) {
	if d, ok := value.(time.Duration); ok {
		value = float64(d.Microseconds()) / 1000
	}
	if f, ok := value.(float64); ok {
		value = strconv.FormatFloat(f, 'f', -1, 64)
	}
	t.Attr(key, fmt.Sprint(value))
}
