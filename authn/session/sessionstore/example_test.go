package sessionstore_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
)

// A store that keeps one session, and forgets it at its end. Package session makes these
// calls; a service only hands the store to it.
func ExampleMemory() {
	ctx, store := context.Background(), new(sessionstore.Memory)
	sid := strings.Repeat("A", 2*sessionstore.TagLen)
	_, err := store.Create(ctx, sessionstore.Creation{SID: sid, Idle: time.Hour, Absolute: 24 * time.Hour, State: []byte("state")})
	if err != nil {
		fmt.Println(err)
		return
	}
	r, found, err := store.Read(ctx, sid)
	fmt.Printf("%s %v %v\n", r.State, found, err)
	ended, err := store.End(ctx, []string{sid}, time.Hour)
	fmt.Println(len(ended), err)
	_, found, err = store.Read(ctx, sid)
	fmt.Println(found, err)
	// Output:
	// state true <nil>
	// 1 <nil>
	// false <nil>
}
