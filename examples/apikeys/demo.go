package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/go-sallyport/sallyport/authn/apikey"
)

// demo runs each command on a store in memory, and prints the command before its output.
func demo(ctx context.Context, out io.Writer) error {
	store, err := apikey.Memory()
	if err != nil {
		return err
	}
	keys, err := apikey.New(apikey.Config{Store: store, Prefix: prefix, Env: environment})
	if err != nil {
		return err
	}
	c := command{store: store, keys: keys, out: out, log: out}
	for _, line := range []string{
		"make -subject nightly-export -scopes notes:read -networks 192.0.2.0/24",
		"list",
		"rotate -overlap 168h ID",
		"list",
		"revoke ID",
		"list",
		"pattern",
	} {
		records, err := store.Records(ctx)
		if err != nil {
			return err
		}
		for _, r := range records {
			if r.ReplacedBy == "" { // the newest key
				line = strings.ReplaceAll(line, "ID", r.ID)
			}
		}
		if _, err := fmt.Fprintf(out, "$ apikeys %s\n", line); err != nil {
			return err
		}
		if err := c.run(ctx, strings.Fields(line)); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out); err != nil {
			return err
		}
	}
	return nil
}
