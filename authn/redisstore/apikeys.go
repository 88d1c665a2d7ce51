package redisstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/internal/redisscript"
)

// APIKeys returns the records of API keys that have the Prefix of s. It does not connect.
func (s *Store) APIKeys() *APIKeys { return &APIKeys{store: s, key: s.prefix + ":apikeys"} }

// APIKeys is an apikey.ManagedStore in Redis. It is safe for concurrent use. All records
// are fields of one hash, in the form of apikey.Record.MarshalJSON. One more field tells a
// hash without records from a Redis that has lost its data.
type APIKeys struct {
	store *Store
	key   string
}

var _ apikey.ManagedStore = (*APIKeys)(nil)

const (
	formatField = "format" // shorter than an ID
	format      = "1"
)

var changeScript = redisscript.New(changeSource, 1)

// Find implements apikey.Store with one command. It fails if Redis does not answer, if it
// has no records and never had any or has lost them, or if it holds something else than a
// record.
func (a *APIKeys) Find(ctx context.Context, id string) (apikey.Record, bool, error) {
	var reply []any
	err := a.store.do(ctx, func(ctx context.Context) error {
		cmd := redis.NewSliceCmd(ctx, "hmget", a.key, id, formatField)
		err := a.store.client.Process(ctx, cmd)
		reply = cmd.Val()
		return err
	})
	switch {
	case err != nil:
		return apikey.Record{}, false, err
	case len(reply) != 2:
		return apikey.Record{}, false, fmt.Errorf("redisstore: %s: a reply of another form", a.key)
	case reply[1] == nil:
		err := fmt.Errorf("redisstore: %s is missing: no API key was ever stored, or Redis has lost its data", a.key)
		return apikey.Record{}, false, err
	case reply[1] != format:
		return apikey.Record{}, false, a.otherFormat()
	case reply[0] == nil:
		return apikey.Record{}, false, nil
	}
	text, _ := reply[0].(string)
	record, err := a.record(id, text)
	return record, err == nil, err
}

// record reads the record with this ID.
func (a *APIKeys) record(id, text string) (apikey.Record, error) {
	var r apikey.Record
	if err := r.UnmarshalJSON([]byte(text)); err != nil {
		return apikey.Record{}, fmt.Errorf("redisstore: %s: %q is not a record: %w", a.key, id, err)
	}
	if r.ID != id {
		return apikey.Record{}, fmt.Errorf("redisstore: %s: %q holds the record of another key", a.key, id)
	}
	return r, nil
}

func (a *APIKeys) otherFormat() error {
	return fmt.Errorf("redisstore: %s has another format, perhaps of a newer version of this package", a.key)
}

// Put implements apikey.ManagedStore.
func (a *APIKeys) Put(ctx context.Context, records ...apikey.Record) error {
	return a.change(ctx, "", "", records)
}

// Replace implements apikey.ManagedStore.
func (a *APIKeys) Replace(ctx context.Context, old apikey.Record, records ...apikey.Record) error {
	text, err := old.MarshalJSON()
	if err != nil || old.ID == "" {
		return errors.Join(apikey.ErrChanged, err) // no such record was ever stored
	}
	return a.change(ctx, old.ID, string(text), records)
}

// change stores records if the field id has the value text, or if id is empty.
func (a *APIKeys) change(ctx context.Context, id, text string, records []apikey.Record) error {
	if _, err := apikey.Memory(records...); err != nil {
		return err
	}
	args := []any{format, id, text}
	for _, r := range records {
		text, err := r.MarshalJSON()
		if err != nil {
			return err
		}
		args = append(args, r.ID, text)
	}
	var result int64
	err := a.store.do(ctx, func(ctx context.Context) error {
		reply, err := changeScript.Do(ctx, a.store.client, a.key, args...)
		if err == nil {
			result = reply.Int(0)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case result == 0:
		return apikey.ErrChanged
	case result < 0:
		return a.otherFormat()
	}
	return nil
}

// Delete implements apikey.ManagedStore.
func (a *APIKeys) Delete(ctx context.Context, id string) (bool, error) {
	if id == formatField {
		return false, nil
	}
	var deleted int64
	err := a.store.do(ctx, func(ctx context.Context) error {
		cmd := redis.NewIntCmd(ctx, "hdel", a.key, id)
		err := a.store.client.Process(ctx, cmd)
		deleted = cmd.Val()
		return err
	})
	return deleted == 1, err
}

// Records implements apikey.ManagedStore. It reads all records with one command, and fails
// if one of them cannot be read. If no record was ever stored there is no error.
func (a *APIKeys) Records(ctx context.Context) ([]apikey.Record, error) {
	var fields map[string]string
	err := a.store.do(ctx, func(ctx context.Context) error {
		cmd := redis.NewMapStringStringCmd(ctx, "hgetall", a.key)
		err := a.store.client.Process(ctx, cmd)
		fields = cmd.Val()
		return err
	})
	if err != nil || len(fields) == 0 {
		return nil, err
	}
	if fields[formatField] != format {
		return nil, a.otherFormat()
	}
	delete(fields, formatField)
	all := make([]apikey.Record, 0, len(fields))
	for id, text := range fields {
		r, err := a.record(id, text)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(x, y apikey.Record) int {
		if c := x.CreatedAt.Compare(y.CreatedAt); c != 0 {
			return c
		}
		return strings.Compare(x.ID, y.ID)
	})
	return all, nil
}
