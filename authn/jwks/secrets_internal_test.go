package jwks

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// secretOf returns n bytes that differ.
func secretOf(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + n)
	}
	return b
}

func TestSecretsFind(t *testing.T) {
	value := secretOf(64)
	s := InsecureSharedSecrets(Secret{Value: value}, Secret{ID: "a", Algorithm: HS384, Value: value}, Secret{ID: "b", Algorithm: HS512, Value: value}, Secret{ID: "c", Algorithm: HS512, Value: value})
	clear(value) // the secrets are copied
	check := s.(*staticSource).SelfCheck()
	if n, ok := check.Secrets(); check.Err() != nil || n != 4 || !ok {
		t.Fatal(n, ok, check.Err())
	}
	if n, ok := Static(Key{ID: "a", Algorithm: EdDSA, Public: publicOf("Ed25519")}).(*staticSource).SelfCheck().Secrets(); n != 0 || ok {
		t.Error("public keys count as secrets")
	}
	methods := map[string]*jwt.SigningMethodHMAC{"HS256": jwt.SigningMethodHS256, "HS384": jwt.SigningMethodHS384, "HS512": jwt.SigningMethodHS512}
	for _, tc := range []struct {
		kid, alg string
		want     error
	}{
		{"", "HS256", nil}, {"", "HS384", nil}, {"", "HS512", ErrSeveralKeys}, {"a", "HS384", nil}, {"b", "HS512", nil}, {"x", "HS256", ErrUnknownKey}, {"", "RS256", ErrUnknownKey},
	} {
		k, err := s.Key(t.Context(), "", tc.kid, tc.alg)
		if err != tc.want {
			t.Errorf("%q, %s: %v", tc.kid, tc.alg, err)
		}
		if err != nil {
			continue
		}
		signature, err := methods[tc.alg].Sign("signed", secretOf(64))
		if err != nil {
			t.Fatal(err)
		}
		if checked, err := k.Checked(); err != nil || checked.Algorithm() != tc.alg || checked.Verify("signed", signature) != nil || checked.Verify("other", signature) == nil {
			t.Errorf("%q, %s: %v, %v", tc.kid, tc.alg, k, err)
		}
	}
	if k, err := s.Key(t.Context(), "", "a", "HS256"); err != nil || k.Algorithm != HS384 {
		t.Errorf("the kid with another algorithm: %v, %v", k, err)
	}
}

func TestSecretsFaults(t *testing.T) {
	short := func(n int) Secret { return Secret{ID: fmt.Sprint(n), Value: secretOf(n), DangerouslyShort: true} }
	for name, tc := range map[string]struct {
		secrets []Secret
		want    []string
	}{
		"none":          {nil, []string{"Keys: no token could ever be verified; "}},
		"good":          {[]Secret{{Value: secretOf(32)}, {Algorithm: HS384, Value: secretOf(48)}, {Algorithm: HS512, Value: secretOf(64)}}, nil},
		"31 bytes":      {[]Secret{{Value: secretOf(31)}}, []string{"Keys[0].Value: 31 bytes can be guessed"}},
		"47 bytes":      {[]Secret{{Algorithm: HS384, Value: secretOf(47)}}, []string{"Keys[0].Value: 47 bytes can be guessed"}},
		"63 bytes":      {[]Secret{{Algorithm: HS512, Value: secretOf(63)}}, []string{"Keys[0].Value: 63 bytes can be guessed"}},
		"short":         {[]Secret{short(31), short(4), {Algorithm: HS512, Value: secretOf(6), DangerouslyShort: true}}, nil},
		"far too short": {[]Secret{short(3), short(0)}, []string{"Keys[0].Value: 3 bytes are no secret", "Keys[1].Value: 0 bytes are no secret"}},
		"repeated":      {[]Secret{{Value: make([]byte, 32)}, {ID: "x", Value: []byte("xxxxxxxx"), DangerouslyShort: true}}, []string{"Keys[0].Value: is one byte", "Keys[1].Value: is one byte"}},
		"key material":  {[]Secret{{Value: []byte(publicPEM(publicOf("P-256"))), DangerouslyShort: true}}, []string{"Keys[0].Value: is a key or a certificate"}},
		"algorithm":     {[]Secret{{Algorithm: RS256, Value: secretOf(32)}, {Algorithm: "hs256", Value: secretOf(32)}}, []string{`Keys[0].Algorithm: "RS256": is not an algorithm of shared`, `Keys[1].Algorithm: "hs256": is not`}},
		"same ID":       {[]Secret{{ID: "a", Value: secretOf(32)}, {ID: "a", Algorithm: HS384, Value: secretOf(48)}, {ID: "a", Algorithm: HS256, Value: secretOf(33)}}, []string{`Keys[2].ID: "a": another key has this ID`}},
		"no ID, twice":  {[]Secret{{Value: secretOf(32)}, {Value: secretOf(33)}}, []string{`Keys[1].ID: "": another key has this ID`}},
		"long ID":       {[]Secret{{ID: strings.Repeat("k", 129), Value: secretOf(32)}}, []string{`Keys[0].ID: "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk…": a kid of more`}},
	} {
		var want []string
		for _, w := range tc.want {
			want = append(want, "jwks: "+w)
		}
		s := InsecureSharedSecrets(tc.secrets...)
		check := s.(*staticSource).SelfCheck()
		mwtest.Faults(t, check.Err(), want...)
		if n, ok := check.Secrets(); n != len(tc.secrets) || !ok {
			t.Errorf("%s: %d secrets, %v", name, n, ok)
		}
		for i := range tc.want { // a secret with a fault verifies nothing
			if k, err := s.Key(t.Context(), "", "", string(HS256)); len(tc.secrets) == i+1 && err == nil {
				t.Errorf("%s: %v", name, k)
			}
		}
	}
}

// No verb and no encoder shows the value of a Secret, or of the source and the keys that are
// made of it.
func TestSecretNeverPrinted(t *testing.T) {
	value := []byte("hunter2-hunter2-hunter2-hunter2-")
	secret := Secret{ID: "a", Value: value}
	source := InsecureSharedSecrets(secret)
	key, err := source.Key(t.Context(), "", "a", "HS256")
	if err != nil {
		t.Fatal(err)
	}
	shows := func(v any) bool {
		var b bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%t"} {
			fmt.Fprintf(&b, verb+"\n", v)
		}
		text, err := json.Marshal(v)
		fmt.Fprintf(&b, "%s %v\n", text, err)
		slog.New(slog.NewTextHandler(&b, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&b, nil)).Info("m", "v", v)
		all := strings.ToLower(b.String())
		for _, form := range []string{string(value), hex.EncodeToString(value), strings.Trim(fmt.Sprintf("%d", value), "[]"), "ahvudgvymi1odw50zxi"} {
			if strings.Contains(all, form) {
				return true
			}
		}
		return false
	}
	for name, v := range map[string]any{
		"secret": secret, "pointer": &secret, "secrets": []Secret{secret}, "field": struct{ S Secret }{secret}, "map": map[string]Secret{"a": secret},
		"source": source, "hidden source": struct{ s Source }{source}, "key": key, "hidden key": struct{ k *Key }{&key},
	} {
		if shows(v) {
			t.Errorf("%s shows the secret", name)
		}
	}
	if !shows(value) || !shows(struct{ B []byte }{value}) {
		t.Error("the test does not find a secret that is shown")
	}
	if got := fmt.Sprintf("%v %d %#v", secret, secret, Secret{}); got != `jwks.Secret("a", "HS256") jwks.Secret("a", "HS256") jwks.Secret("", "HS256")` {
		t.Error(got)
	}
}
