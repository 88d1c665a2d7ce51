package apikey_test

import (
	"context"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

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
		t.Error("a stored record is not found")
	}
	if _, found, _ := m.Find(ctx, "000000000000"); found {
		t.Error("an unknown ID has a record")
	}
	bad := two
	bad.Subject = ""
	m, err = apikey.Memory(one, bad, one, apikey.Record{})
	mwtest.Faults(t, err, "apikey: records[1].Subject: ", "apikey: records[2].ID: "+`"`+one.ID+`": is also the ID of records[0]; `,
		"apikey: records[3].ID: ", "apikey: records[3].Hash: ", "apikey: records[3].Subject: ", "apikey: records[3].Networks: ", "apikey: records[3].ExpiresAt: ")
	if m != nil {
		t.Error("Memory returned a store and faults")
	}

	key, pasted, _ := a.Generate(grant())
	pasted.ID = key
	_, err = apikey.Memory(pasted, pasted)
	mwtest.Faults(t, err, "apikey: records[0].ID: is not ", "apikey: records[1].ID: is not ")
	if strings.Contains(err.Error(), key) {
		t.Error("the error repeats a key that was set as an ID")
	}
}

// Put stores all records or no record: half of a rotation would lock the holder out.
func TestPutIsAtomic(t *testing.T) {
	a := build(t, apikey.Config{Store: newStore()})
	_, one, _ := a.Generate(grant())
	bad := one
	bad.ID = "bad"
	var m apikey.MemoryStore
	mwtest.Faults(t, m.Put(t.Context(), one, bad), "apikey: records[1].ID: ")
	if _, found, _ := m.Find(context.Background(), one.ID); found {
		t.Error("Put stored one of two records")
	}
}

func TestRecordsAreCopied(t *testing.T) {
	a, s := buildWithStore(t)
	given := grant()
	_, rec, _ := a.Generate(given)
	given.Scopes[0], given.Roles[0], given.Networks[0] = "stolen", "stolen", prefixes("10.0.0.0/8")[0]
	if err := s.inner.Put(t.Context(), rec); err != nil {
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
