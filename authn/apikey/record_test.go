package apikey_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestValidate(t *testing.T) {
	a := build(t, apikey.Config{Store: newStore()})
	key, good, err := a.Generate(grant())
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		change func(*apikey.Record)
		want   []string
	}{
		"good":              {func(*apikey.Record) {}, nil},
		"expired":           {func(r *apikey.Record) { r.ExpiresAt = time.Unix(1, 0) }, nil},
		"the least":         {func(r *apikey.Record) { r.ClientID, r.Tenant, r.Scopes, r.Roles = "", "", nil, nil }, nil},
		"a key as ID":       {func(r *apikey.Record) { r.ID = key }, []string{"apikey: ID: is not "}},
		"a bad ID":          {func(r *apikey.Record) { r.ID = "0123456789-_" }, []string{"apikey: ID: is not "}},
		"no end":            {func(r *apikey.Record) { r.ExpiresAt = time.Time{} }, []string{"apikey: ExpiresAt: is missing"}},
		"begins at the end": {func(r *apikey.Record) { r.NotBefore = r.ExpiresAt }, []string{"apikey: NotBefore: "}},
		"no networks":       {func(r *apikey.Record) { r.Networks = nil }, []string{"apikey: Networks: is empty"}},
		"any address":       {func(r *apikey.Record) { r.Networks, r.DangerouslyAnyAddress = nil, true }, nil},
		"a contradiction":   {func(r *apikey.Record) { r.DangerouslyAnyAddress = true }, []string{"apikey: DangerouslyAnyAddress: contradicts"}},
		"networks": {func(r *apikey.Record) {
			r.Networks = append(prefixes("0.0.0.0/0", "::/0", "10.1.2.3/8", "::ffff:10.0.0.0/104", "192.0.2.0/24", "192.0.2.0/24", "192.0.2.1/32"), netip.Prefix{})
		}, []string{
			`apikey: Networks[0]: "0.0.0.0/0": is every`, `apikey: Networks[1]: "::/0": is every`,
			`apikey: Networks[2]: "10.1.2.3/8": has bits beyond its length; write 10.0.0.0/8, or 10.1.2.3/32 if`,
			`apikey: Networks[3]: "::ffff:10.0.0.0/104": is IPv4`, `apikey: Networks[5]: "192.0.2.0/24": is there twice`,
			`apikey: Networks[7]: is not a prefix`,
		}},
		"lists": {func(r *apikey.Record) {
			r.Scopes, r.Roles = []string{"a b", "", "a", "a", `"`}, []string{"", "a", "a", " a", "a\n"}
		}, []string{
			`apikey: Scopes[0]: "a b": `, `apikey: Scopes[1]: `, `apikey: Scopes[3]: "a": is there twice`, `apikey: Scopes[4]: "\""`,
			`apikey: Roles[0]: `, `apikey: Roles[2]: "a": is there twice`, `apikey: Roles[3]: " a"`, `apikey: Roles[4]: "a\n"`,
		}},
		"names": {func(r *apikey.Record) { r.Subject, r.ClientID, r.Tenant = "a\x00", "b\x1b[31m", "\u202ec" },
			[]string{"apikey: Subject: ", "apikey: ClientID: ", "apikey: Tenant: "}},
		"zero": {func(r *apikey.Record) { *r = apikey.Record{} },
			[]string{"apikey: ID: ", "apikey: Hash: is missing", "apikey: Subject: ", "apikey: Networks: ", "apikey: ExpiresAt: "}},
	} {
		t.Run(name, func(t *testing.T) {
			r := good
			tc.change(&r)
			err := r.Validate()
			mwtest.Faults(t, err, tc.want...)
			allHaveFixes(t, err)
			if err != nil && strings.Contains(err.Error(), key) {
				t.Error("the key is in the error")
			}
		})
	}
}

func TestMemory(t *testing.T) {
	a := build(t, apikey.Config{Store: newStore()})
	_, one, _ := a.Generate(grant())
	_, two, _ := a.Generate(grant())
	m, err := apikey.Memory(one, two)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if r, found, err := m.Find(ctx, one.ID); !found || err != nil || r.ID != one.ID {
		t.Error("a record is not found")
	}
	if _, found, _ := m.Find(ctx, "000000000000"); found {
		t.Error("a record out of nothing")
	}
	bad := two
	bad.Subject = ""
	m, err = apikey.Memory(one, bad, one, apikey.Record{})
	mwtest.Faults(t, err, "apikey: records[1].Subject: ", "apikey: records[2].ID: "+`"`+one.ID+`": is also the ID of records[0]; `,
		"apikey: records[3].ID: ", "apikey: records[3].Hash: ", "apikey: records[3].Subject: ", "apikey: records[3].Networks: ", "apikey: records[3].ExpiresAt: ")
	if m != nil {
		t.Error("a store with faults")
	}

	key, pasted, _ := a.Generate(grant())
	pasted.ID = key
	_, err = apikey.Memory(pasted, pasted)
	mwtest.Faults(t, err, "apikey: records[0].ID: is not ", "apikey: records[1].ID: is not ")
	if strings.Contains(err.Error(), key) {
		t.Error("a key in the place of an ID is repeated")
	}
}

// All or none: half of a rotation would lock the holder out.
func TestPutIsAtomic(t *testing.T) {
	a := build(t, apikey.Config{Store: newStore()})
	_, one, _ := a.Generate(grant())
	bad := one
	bad.ID = "bad"
	var m apikey.MemoryStore
	mwtest.Faults(t, m.Put(one, bad), "apikey: records[1].ID: ")
	if _, found, _ := m.Find(context.Background(), one.ID); found {
		t.Error("one of them was put")
	}
}

func TestRecordsAreCopied(t *testing.T) {
	s := newStore()
	a := build(t, apikey.Config{Store: s})
	given := grant()
	_, rec, _ := a.Generate(given)
	given.Scopes[0], given.Roles[0], given.Networks[0] = "stolen", "stolen", prefixes("10.0.0.0/8")[0]
	if err := s.inner.Put(rec); err != nil {
		t.Fatal(err)
	}
	rec.Scopes[0], rec.Roles[0], rec.Networks[0] = "stolen", "stolen", prefixes("10.0.0.0/8")[0]
	found, _, _ := s.inner.Find(context.Background(), rec.ID)
	_ = append(found.Scopes, "grown")
	again, _, _ := s.inner.Find(context.Background(), rec.ID)
	if again.Scopes[0] != "notes:read" || again.Roles[0] != "editor" || again.Networks[0] != prefixes("192.0.2.0/24")[0] {
		t.Errorf("a caller changed the stored record: %+v", again)
	}
	if cap(again.Scopes) != len(again.Scopes) {
		t.Error("an append by a caller writes into the stored record")
	}
}
