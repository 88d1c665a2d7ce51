// Apikeys makes, lists, rotates and revokes API keys, in a file or in Redis. It is a
// command for operators, to be copied.
//
//	go run ./examples/apikeys demo
//
// The demonstration runs the other commands, on keys in its memory:
//
//	export APIKEYS_FILE=keys.json   # or REDIS_URL=redis://localhost:6379/0
//	go run ./examples/apikeys make -subject nightly-export -scopes notes:read -networks 192.0.2.0/24
//	go run ./examples/apikeys list
//	go run ./examples/apikeys rotate -overlap 168h 3kTMd0bQxW9a
//	go run ./examples/apikeys due -age 1440h
//	go run ./examples/apikeys revoke 3kTMd0bQxW9a
//
// The command writes a key to the standard output once. It stores only the hash of the
// key. Lists go to the standard output too, and all other text to the standard error.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/go-sallyport/sallyport/authn/apikey"
)

// The keys of this command begin with notes_live_. Set your own words here.
const (
	prefix      = "notes"
	environment = "live"
)

const usage = `usage:
  apikeys make -subject NAME -networks PREFIX,... [-scopes SCOPE,...] [-roles ROLE,...] [-client ID] [-tenant NAME] [-lifetime 2160h]
  apikeys list
  apikeys due -age 1440h            the IDs of the keys that must be rotated, one a line
  apikeys rotate [-overlap 168h] [-lifetime 2160h] ID
  apikeys revoke ID...              or the key itself, if it has leaked
  apikeys pattern                   the regular expression for a secret scanner
  apikeys demo                      all of these, on keys that end with the program
The keys are in the file APIKEYS_FILE, or in the Redis of REDIS_URL.
`

// errUsage is the error of a command line that usage does not list.
var errUsage = errors.New("no such command line")

func main() {
	switch err := run(os.Args[1:], os.Stdout, os.Stderr); {
	case errors.Is(err, errUsage):
		fmt.Fprintf(os.Stderr, "apikeys: %v\n%s", err, usage)
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "apikeys:", err)
		os.Exit(1)
	}
}

func run(args []string, out, log io.Writer) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(args) == 0 {
		return errUsage
	}
	if args[0] == "demo" {
		return demo(ctx, out)
	}
	store, closeStore, err := openStore(os.Getenv)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeStore()) }()
	keys, err := apikey.New(apikey.Config{Store: store, Prefix: prefix, Env: environment})
	if err != nil {
		return err
	}
	return command{store: store, keys: keys, out: out, log: log}.run(ctx, args)
}

func (c command) run(ctx context.Context, args []string) error {
	switch args[0] {
	case "make":
		return c.make(ctx, args[1:])
	case "list":
		return c.list(ctx, args[1:])
	case "due":
		return c.due(ctx, args[1:])
	case "rotate":
		return c.rotate(ctx, args[1:])
	case "revoke":
		return c.revoke(ctx, args[1:])
	case "pattern":
		_, err := fmt.Fprintln(c.out, c.keys.Pattern())
		return err
	}
	return fmt.Errorf("%w: %q", errUsage, args[0])
}
