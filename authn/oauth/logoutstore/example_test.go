package logoutstore_test

import (
	"context"
	"fmt"
	"time"

	"github.com/go-sallyport/sallyport/authn/oauth/logoutstore"
)

// A name keeps its latest time.
func ExampleMemory() {
	ctx, store := context.Background(), new(logoutstore.Memory)
	logout := time.Now()
	for _, at := range []time.Time{logout, logout.Add(-time.Second)} {
		if err := store.Note(ctx, "session-7", at, time.Hour); err != nil {
			panic(err)
		}
	}
	at, err := store.Noted(ctx, "session-7")
	fmt.Println(at.Sub(logout).Abs() < time.Millisecond, err)
	// Output: true <nil>
}
