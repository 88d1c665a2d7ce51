package family_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/internal/family"
)

func FuzzDecodeState(f *testing.F) {
	s := family.State{Current: family.HashOf("a"), Previous: family.HashOf("b"), Confirmed: true, PreviousSince: time.UnixMilli(12345)}
	f.Add(s.Encode())
	f.Add([]byte{1, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := family.DecodeState(b)
		if err != nil {
			if s != (family.State{}) {
				t.Errorf("a state with an error: %+v", s)
			}
			return
		}
		if again := s.Encode(); !bytes.Equal(again, b) {
			t.Errorf("%x is read as %x", b, again)
		}
	})
}

func TestDecodeState(t *testing.T) {
	s := family.State{Current: family.HashOf("a"), Replaced: family.HashOf("c"), Wrapped: [32]byte{1}}
	good := s.Encode()
	if got, err := family.DecodeState(good); err != nil || got != s {
		t.Errorf("%+v %v", got, err)
	}
	for name, b := range map[string][]byte{
		"empty": nil, "short": good[1:], "long": append(bytes.Clone(good), 0), "another version": append([]byte{2}, good[1:]...), "flags": append([]byte{1, 2}, good[2:]...),
		"a time before 1970": append(bytes.Clone(good[:len(good)-8]), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
	} {
		if _, err := family.DecodeState(b); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}
