package carrier

import "testing"

func TestIsCredentialHash(t *testing.T) {
	if s := NewCredentialHash([]byte("key")).sum("hunter2"); !IsCredentialHash(s) {
		t.Errorf("%q is none", s)
	}
	for _, s := range []string{"", "hunter2", "8c1f0a5be2d9476", "8c1f0a5be2d947633", "8C1F0A5BE2D94763", "8c1f0a5be2d9476g"} {
		if IsCredentialHash(s) {
			t.Errorf("%q is one", s)
		}
	}
}
