package tokens_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-sallyport/sallyport/authn/oauth"
	"github.com/go-sallyport/sallyport/authn/oauth/tokens"
	"github.com/go-sallyport/sallyport/authn/oauth/tokenstore"
)

// An application reads the calendar of its users at their provider.
func Example() {
	ctx := context.Background()
	refresh := func(context.Context, string) (oauth.Tokens, error) { // the method Refresh of your oauth.Client
		return oauth.Tokens{Access: "access-2", Refresh: "refresh-2", Expires: time.Now().Add(time.Hour)}, nil
	}
	keeper, err := tokens.New(tokens.Config{
		Store:   new(tokenstore.Memory),
		Keys:    [][]byte{[]byte("32 bytes of crypto/rand, a secret")},
		Refresh: refresh,
	})
	if err != nil {
		panic(err)
	}
	// In OnLogin, these are the Tokens of the Identity.
	login := oauth.Tokens{Access: "access-1", Refresh: "refresh-1", Expires: time.Now().Add(30 * time.Second)}
	if err := keeper.Save(ctx, "ann", login); err != nil {
		panic(err)
	}
	for _, owner := range []string{"ann", "bob"} {
		access, err := keeper.Access(ctx, owner)
		if errors.Is(err, tokens.ErrNone) {
			fmt.Println(owner, "must log in")
			continue
		}
		if err != nil {
			panic(err)
		}
		fmt.Println(owner, "has", access)
	}
	// Output:
	// ann has access-2
	// bob must log in
}
