package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/go-sallyport/sallyport/authn/apikey"
)

const (
	defaultLifetime = 90 * 24 * time.Hour
	defaultOverlap  = 7 * 24 * time.Hour

	idLen = 12
)

type command struct {
	store apikey.ManagedStore
	keys  *apikey.Authenticator
	out   io.Writer // keys and lists
	log   io.Writer // everything else
}

// parse parses args with flags, which must leave at least atLeast and at most atMost other
// arguments.
func parse(flags *flag.FlagSet, args []string, atLeast, atMost int) error {
	flags.SetOutput(io.Discard) // the usage says it all
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("%w: %s: %w", errUsage, flags.Name(), err)
	}
	if n := flags.NArg(); n < atLeast || n > atMost {
		return fmt.Errorf("%w: %s with %d arguments", errUsage, flags.Name(), n)
	}
	return nil
}

func (c command) make(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("make", flag.ContinueOnError)
	var grant apikey.Record
	flags.StringVar(&grant.Subject, "subject", "", "")
	flags.StringVar(&grant.ClientID, "client", "", "")
	flags.StringVar(&grant.Tenant, "tenant", "", "")
	flags.Func("scopes", "", func(s string) error { grant.Scopes = strings.Split(s, ","); return nil })
	flags.Func("roles", "", func(s string) error { grant.Roles = strings.Split(s, ","); return nil })
	flags.Func("networks", "", func(s string) error {
		for text := range strings.SplitSeq(s, ",") {
			p, err := netip.ParsePrefix(text)
			if addr, addrErr := netip.ParseAddr(text); addrErr == nil {
				return fmt.Errorf("a single address is written as %v/%d", addr, addr.BitLen())
			}
			if err != nil {
				return err
			}
			grant.Networks = append(grant.Networks, p)
		}
		return nil
	})
	lifetime := flags.Duration("lifetime", defaultLifetime, "")
	if err := parse(flags, args, 0, 0); err != nil {
		return err
	}
	grant.ExpiresAt = time.Now().Add(*lifetime)
	key, record, err := c.keys.Generate(grant)
	if err != nil {
		return err // every fault of the grant
	}
	if err := c.store.Put(ctx, record); err != nil {
		return fmt.Errorf("the key %s is perhaps made, and not shown; revoke it, and make another: %w", record.ID, err)
	}
	return c.show(key, record)
}

// show writes the key. The record is stored by now, so a key that cannot be shown must be
// revoked.
func (c command) show(key string, record apikey.Record) error {
	if _, err := fmt.Fprintln(c.out, key); err != nil {
		return fmt.Errorf("the key was made and cannot be shown; revoke %s: %w", record.ID, err)
	}
	_, err := fmt.Fprintf(c.log, "key %s of %s, until %s: give it to its holder now, it is shown only once\n",
		record.ID, record.Subject, record.ExpiresAt.Format(time.RFC3339))
	return err
}

func (c command) list(ctx context.Context, args []string) error {
	if err := parse(flag.NewFlagSet("list", flag.ContinueOnError), args, 0, 0); err != nil {
		return err
	}
	records, err := c.store.Records(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0) // Flush returns the errors of all writes
	_, _ = fmt.Fprintln(w, "ID\tSUBJECT\tSCOPES\tNETWORKS\tCREATED\tEXPIRES\tSTATE")
	for _, r := range records {
		networks := strings.Trim(fmt.Sprint(r.Networks), "[]")
		if r.DangerouslyAnyAddress {
			networks = "any"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.Subject, strings.Join(r.Scopes, " "), networks,
			r.CreatedAt.Format(time.DateOnly), r.ExpiresAt.Format(time.RFC3339), stateOf(r, time.Now()))
	}
	return w.Flush()
}

func stateOf(r apikey.Record, now time.Time) string {
	switch {
	case !now.Before(r.ExpiresAt):
		return "expired"
	case now.Before(r.NotBefore):
		return "not valid yet"
	case r.ReplacedBy != "":
		return "replaced by " + r.ReplacedBy
	}
	return "valid"
}

func (c command) due(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("due", flag.ContinueOnError)
	age := flags.Duration("age", 0, "")
	if err := parse(flags, args, 0, 0); err != nil {
		return err
	}
	records, err := c.store.Records(ctx)
	if err != nil {
		return err
	}
	for _, r := range apikey.Due(*age, records) {
		if _, err := fmt.Fprintln(c.out, r.ID); err != nil {
			return err
		}
	}
	return nil
}

func (c command) rotate(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("rotate", flag.ContinueOnError)
	overlap := flags.Duration("overlap", defaultOverlap, "")
	lifetime := flags.Duration("lifetime", defaultLifetime, "")
	if err := parse(flags, args, 1, 1); err != nil {
		return err
	}
	old, err := c.find(ctx, idOf(flags.Arg(0)))
	if err != nil {
		return err
	}
	key, next, previous, err := c.keys.Rotate(old, time.Now().Add(*lifetime), *overlap)
	if err != nil {
		return err
	}
	switch err := c.replace(ctx, old, next, previous); {
	case errors.Is(err, apikey.ErrChanged):
		return err
	case err != nil:
		return fmt.Errorf("%s is perhaps rotated, to the key %s, which is not shown; rotate %s again: %w", old.ID, next.ID, old.ID, err)
	}
	if _, err := fmt.Fprintf(c.log, "key %s ends at %s\n", previous.ID, previous.ExpiresAt.Format(time.RFC3339)); err != nil {
		return err
	}
	return c.show(key, next)
}

// replace repeats a change without a reply. Otherwise, a change that was made would look like
// none: old would end, and no holder would have the new key.
func (c command) replace(ctx context.Context, old apikey.Record, records ...apikey.Record) (err error) {
	for range 3 {
		if err = c.store.Replace(ctx, old, records...); err == nil || errors.Is(err, apikey.ErrChanged) {
			break
		}
	}
	return err
}

// find reads all records, because Find of a store expects a well-formed ID.
func (c command) find(ctx context.Context, id string) (apikey.Record, error) {
	records, err := c.store.Records(ctx)
	if err != nil {
		return apikey.Record{}, err
	}
	for _, r := range records {
		if r.ID == id {
			return r, nil
		}
	}
	return apikey.Record{}, errNoKey(id)
}

// errNoKey says that no key has the ID. An argument of another length may be a key, also of
// another service, so the error does not repeat it.
func errNoKey(id string) error {
	if len(id) != idLen {
		return errors.New("an argument is neither the ID of a key, as list shows it, nor a key of this service")
	}
	return fmt.Errorf("there is no key with the ID %q", id)
}

// idOf returns the ID in a key, so that an operator can revoke a leaked key. It returns every
// other argument unchanged, as an ID.
func idOf(arg string) string {
	if rest, isKey := strings.CutPrefix(arg, prefix+"_"+environment+"_"); isKey {
		arg, _, _ = strings.Cut(rest, "_")
	}
	return arg
}

func (c command) revoke(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("revoke", flag.ContinueOnError)
	if err := parse(flags, args, 1, len(args)); err != nil {
		return err
	}
	var faults []error
	for _, arg := range flags.Args() {
		id := idOf(arg)
		found, err := c.store.Delete(ctx, id)
		switch {
		case err != nil:
			faults = append(faults, fmt.Errorf("%s is perhaps not revoked: %w", id, err))
		case !found:
			faults = append(faults, errNoKey(id))
		default:
			_, err = fmt.Fprintln(c.log, "revoked", id)
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}
