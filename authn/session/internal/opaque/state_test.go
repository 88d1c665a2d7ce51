package opaque_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/internal/opaque"
)

var states = []opaque.State{
	{Subject: "ann", AuthTime: time.Unix(1, 0).UTC()},
	{Subject: "ann", AuthTime: time.Unix(-1, 0).UTC(), GrantedAt: time.UnixMilli(-7).UTC(), Scopes: []string{"read"}},
	{Subject: "ann", AuthTime: time.Unix(1_800_000_000, 0).UTC(), Roles: []string{"", "editor"}},
	{
		Subject: strings.Repeat("é", 200), ClientID: "web", Tenant: "\x00", ACR: "2", GrantedAt: time.UnixMilli(1_800_000_000_001).UTC(),
		AuthTime: time.Unix(1_800_000_000, 0).UTC(), Scopes: []string{"a", "", strings.Repeat("b", 1<<15)}, Roles: []string{"c"},
	},
}

func TestStateText(t *testing.T) {
	for _, s := range states {
		b := s.Encode()
		got, err := opaque.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if asJSON(t, got) != asJSON(t, s) {
			t.Errorf("%+v, want %+v", got, s)
		}
		b[len(b)-1]++ // the texts are copies
		for n := range b {
			if cut, err := opaque.Decode(b[:n]); err == nil && reflect.DeepEqual(cut, got) {
				t.Errorf("%d bytes of %d are the same state", n, len(b))
			}
		}
	}
}

// asJSON shows nil and empty lists in the same way.
func asJSON(t *testing.T, s opaque.State) string {
	t.Helper()
	s.Scopes, s.Roles = append([]string{}, s.Scopes...), append([]string{}, s.Roles...)
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestListsAreApart(t *testing.T) {
	s := opaque.State{Subject: "ann", Scopes: []string{"read"}, Roles: []string{"editor"}}
	got, err := opaque.Decode(s.Encode())
	if err != nil {
		t.Fatal(err)
	}
	_ = append(got.Scopes, "admin")
	if got.Roles[0] != "editor" {
		t.Error("an append to the scopes changes the roles")
	}
}

// No state has two texts: Encode writes the text again that Decode has read.
func FuzzDecode(f *testing.F) {
	for _, s := range states {
		f.Add(s.Encode())
	}
	f.Add([]byte{})
	f.Add(append(make([]byte, 17), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f))
	f.Add(append([]byte{1}, append(make([]byte, 16), 0x80, 0, 0, 0, 0, 0)...))
	f.Add(append([]byte{1}, append(make([]byte, 16), 9, 0, 0, 0, 0)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := opaque.Decode(b)
		if err != nil {
			return
		}
		if again := s.Encode(); !bytes.Equal(again, b) {
			t.Fatalf("%q, then %q", b, again)
		}
	})
}
