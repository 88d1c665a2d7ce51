package jwtauth_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

// shows reports whether text has the bytes of b, however fmt writes them.
func shows(text string, b []byte) bool {
	text = strings.ToLower(text)
	for _, form := range []string{string(b), hex.EncodeToString(b), strings.Trim(fmt.Sprintf("%d", b), "[]"), strings.TrimSuffix(fmt.Sprintf("%#v", b)[len("[]byte{"):], "}")} {
		if strings.Contains(text, strings.ToLower(form)) {
			return true
		}
	}
	return false
}

// A wrong verb makes fmt print what is behind a pointer.
func TestSharedSecretNeverPrinted(t *testing.T) {
	b := []byte("hunter2-hunter2-hunter2-hunter2-")
	source := jwtauth.InsecureSharedSecrets(map[string][]byte{kid: b})
	key, err := source.Key(t.Context(), issuer, kid)
	if err != nil {
		t.Fatal(err)
	}
	cfg := config(signers()[0])
	cfg.Keys = source
	v := build(t, cfg)
	for name, value := range map[string]any{
		"source": source, "sources": []jwtauth.KeySource{source}, "hidden source": struct{ s jwtauth.KeySource }{source},
		"key": key, "key pointer": &key, "keys": []jwtauth.Key{key}, "hidden key": struct{ k jwtauth.Key }{key}, "hidden key pointer": struct{ k *jwtauth.Key }{&key},
		"config": cfg, "verifier": v, "hidden verifier": struct{ v any }{v},
	} {
		if text := printed(value); shows(text, b) {
			t.Errorf("%s: the secret is in\n%s", name, text)
		}
	}
	if !shows(printed(struct{ b []byte }{b}), b) {
		t.Error("the harness does not see a leak")
	}
}
