package view_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authz/view"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

type page struct {
	Notes []note `json:"notes" view:"public"`
	Next  string `json:"next" view:"public"`
}

type note struct {
	ID      string   `json:"id" view:"public"`
	Title   string   `json:"title" view:"public"`
	Text    string   `json:"text" view:"public"`
	Stars   int      `json:"stars" view:"public"`
	Tags    []string `json:"tags" view:"public"`
	Owner   string   `json:"owner" view:"self,admin"`
	Email   string   `json:"email" view:"self,admin"`
	Hash    string   `json:"hash"`
	Version int      `json:"version" view:"admin"`
}

func notes(n int) *page {
	p := &page{Next: "2"}
	for i := range n {
		p.Notes = append(p.Notes, note{
			ID: "n1234567", Title: "A title of some words", Text: strings.Repeat("Plain text. ", 12), Stars: i, Tags: []string{"red", "green"},
			Owner: []string{"ann", "bob"}[i%2], Email: "ann@example.com", Hash: "$2a$10$abcdefghijklmnopqrstuv", Version: 7,
		})
	}
	return p
}

func pages(t testing.TB) *view.View[page] {
	return build[page](t, view.Config{Views: admin, Issuer: issuer,
		Owners: []view.Owner{view.OwnerOf(func(n *note) (string, string) { return issuer, n.Owner })}})
}

// The filter allocates nothing beyond json.Marshal.
func TestMarshalAllocates(t *testing.T) {
	v, value := pages(t), notes(30)
	plain := testing.AllocsPerRun(100, func() { _, _ = json.Marshal(value) })
	for name, r := range map[string][]string{"nobody": {""}, "owner": {"ann"}, "admin": {"root", "admin"}} {
		r := as("GET", r[0], false, r[1:]...)
		mwtest.MaxAllocs(t, name, plain, func() { _, _ = v.Marshal(r, value) })
	}
}

// deleteAgain is the usual way: marshal, decode into maps, delete, marshal.
func deleteAgain(value *page) []byte {
	b, _ := json.Marshal(value)
	var m map[string]any
	_ = json.Unmarshal(b, &m)
	for _, n := range m["notes"].([]any) {
		for _, name := range []string{"owner", "email", "hash", "version"} {
			delete(n.(map[string]any), name)
		}
	}
	b, _ = json.Marshal(m)
	return b
}

// BenchmarkFilter compares the filter with json.Marshal and with the usual way, in one
// run.
func BenchmarkFilter(b *testing.B) {
	v, value := pages(b), notes(30)
	nobody, owner := as("GET", "", false), as("GET", "ann", false)
	run := func(name string, f func() []byte) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if len(f()) < 100 {
					b.Fatal("nothing was written")
				}
			}
		})
	}
	run("marshal", func() []byte { t, _ := json.Marshal(value); return t })
	run("view/public", func() []byte { t, _ := v.Marshal(nobody, value); return t })
	run("view/owners", func() []byte { t, _ := v.Marshal(owner, value); return t })
	run("delete", func() []byte { return deleteAgain(value) })
}

// The peer of the benchmark sends the same members.
func TestBenchmarkPeersAgree(t *testing.T) {
	got, err := pages(t).Marshal(as("GET", "", false), notes(3))
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if json.Unmarshal(got, &a) != nil || json.Unmarshal(deleteAgain(notes(3)), &b) != nil {
		t.Fatal("no JSON")
	}
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	if string(x) != string(y) {
		t.Errorf("%s\n%s", x, y)
	}
}
