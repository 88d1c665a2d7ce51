package tokenstore_test

import (
	"context"
	"fmt"
	"time"

	"github.com/go-sallyport/sallyport/authn/oauth/tokenstore"
)

// Of two processes that change one value, the second one must read it again.
func ExampleMemory() {
	ctx, store := context.Background(), new(tokenstore.Memory)
	for _, next := range []string{"sealed by process 1", "sealed by process 2"} {
		stored, err := store.Swap(ctx, "user-7", nil, []byte(next), time.Hour)
		fmt.Println(stored, err)
	}
	value, err := store.Load(ctx, "user-7")
	fmt.Println(string(value), err)
	// Output:
	// true <nil>
	// false <nil>
	// sealed by process 1 <nil>
}
