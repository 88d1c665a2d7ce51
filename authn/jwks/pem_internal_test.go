package jwks

import (
	"crypto"
	"crypto/ecdh"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func pemOf(kind string, der []byte, err error) string {
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func publicPEM(public crypto.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(public)
	return pemOf("PUBLIC KEY", der, err)
}

func readPEM(text string) (*keySet, error) {
	r := newKeyReader(PS256)
	r.readPEM([]byte(text))
	keys, _, err := r.result()
	return keys, err
}

func TestPEMKinds(t *testing.T) {
	all := ""
	for kind, alg := range map[string]Algorithm{"RSA": PS256, "P-256": ES256, "P-384": ES384, "P-521": ES512, "Ed25519": EdDSA} {
		public := publicOf(kind)
		text := publicPEM(public)
		all += text
		for name, text := range map[string]string{"": text, "CRLF": strings.ReplaceAll(text, "\n", "\r\n"), "no line end": strings.TrimSpace(text), "space around": "\n \t" + text + "\n\n"} {
			keys, err := readPEM(text)
			k := keys.withID(jwa.Thumbprint(public))
			if err != nil || keys.size() != 1 || k.Algorithm != alg || k.checked == nil || !k.Public.(interface{ Equal(crypto.PublicKey) bool }).Equal(public) {
				t.Errorf("%s %s: %+v, %v", kind, name, keys, err)
			}
		}
	}
	if keys, err := readPEM(all); err != nil || keys.size() != 5 {
		t.Errorf("%d of 5 keys, %v", keys.size(), err)
	}
	if keys, err := readPEM(all + all); err != nil || keys.size() != 5 {
		t.Errorf("twice: %d of 5 keys, %v", keys.size(), err)
	}
	r := publicOf("RSA").(*rsa.PublicKey)
	if keys, err := readPEM(pemOf("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(r), nil)); err != nil || keys.withID(jwa.Thumbprint(r)).Algorithm != PS256 {
		t.Errorf("PKCS #1: %v, %v", keys, err)
	}
}

func TestPEMRefused(t *testing.T) {
	good, other := publicPEM(publicOf("P-256")), publicPEM(publicOf("Ed25519"))
	x25519, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(kinds()["P-256"])
	if err != nil {
		t.Fatal(err)
	}
	secret := pemOf("PRIVATE KEY", private, nil)
	begin, end := "-----BEGIN PUBLIC KEY-----\n", "-----END PUBLIC KEY-----\n"
	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"empty":             {"", []string{"keys: has no key"}},
		"space":             {" \n", []string{"keys: has no key"}},
		"text":              {"hunter2", []string{"block[0]: is not a PEM block"}},
		"text before":       {"key:\n" + good, []string{"block[0]: is not a PEM block"}},
		"text between":      {good + "and\n" + other, []string{"block[1]: is not a PEM block"}},
		"text after":        {good + "x", []string{"block[1]: is not a PEM block"}},
		"NUL after":         {good + "\x00", []string{"block[1]: is not a PEM block"}},
		"half a block":      {good[:80], []string{"block[0]: is not a PEM block"}},
		"half before whole": {good[:80] + "\n" + other, []string{"block[0]: is not a PEM block"}},
		"whole before half": {good + other[:40], []string{"block[1]: is not a PEM block"}},
		"other end":         {strings.Replace(good, "END PUBLIC", "END PRIVATE", 1), []string{"block[0]: is not a PEM block"}},
		"bad base64":        {begin + "MFkw*\n" + end, []string{"block[0]: is not a PEM block"}},
		"no DER":            {begin + "aHVudGVyMg==\n" + end, []string{"block[0]: cannot be parsed"}},
		"empty DER":         {begin + end, []string{"block[0]: "}},
		"trailing DER":      {pemOf("RSA PUBLIC KEY", append(x509.MarshalPKCS1PublicKey(publicOf("RSA").(*rsa.PublicKey)), 0), nil), []string{"block[0]: cannot be parsed"}},
		"headers":           {strings.Replace(good, begin, begin+"Proc-Type: 4,ENCRYPTED\n\n", 1), []string{"block[0]: has headers"}},
		"private":           {secret, []string{"block[0]: is a private key"}},
		"private beside":    {good + secret, []string{"block[1]: is a private key"}},
		"RSA private":       {pemOf("RSA PRIVATE KEY", []byte("hunter2"), nil) + good, []string{"block[0]: is a private key"}},
		"encrypted":         {pemOf("ENCRYPTED PRIVATE KEY", []byte("hunter2"), nil) + good, []string{"block[0]: is a private key"}},
		"OpenSSH":           {pemOf("OPENSSH PRIVATE KEY", []byte("hunter2"), nil) + good, []string{"block[0]: is a private key"}},
		"certificate":       {good + pemOf("CERTIFICATE", []byte("hunter2"), nil), []string{"block[1]: is a certificate"}},
		"trusted":           {good + pemOf("TRUSTED CERTIFICATE", []byte("hunter2"), nil), []string{"block[1]: is a certificate"}},
		"parameters":        {pemOf("EC PARAMETERS", []byte("hunter2"), nil) + good, []string{"block[0]: is not a public key"}},
		"X25519":            {good + publicPEM(x25519.Public()), []string{"block[1]: is not a parsed public key"}},
		"P-224":             {good + publicPEM(publicOf("P-224")), []string{"block[1]: is not a point"}},
		"1024 bits":         {publicPEM(publicOf("RSA-1024")) + good, []string{"block[0]: 1024 bits"}},
		"several faults":    {secret + good + publicPEM(publicOf("P-224")) + "x", []string{"block[0]: is a private key", "block[2]: is not a point", "block[3]: is not a PEM block"}},
		"65 keys":           {good + strings.Repeat(pemOf("EC PARAMETERS", nil, nil), 64), nil},
		"1 MiB":             {good + strings.Repeat("\n", maxSetSize), []string{"keys: is longer than 1 MiB"}},
	} {
		t.Run(name, func(t *testing.T) {
			keys, err := readPEM(tc.text)
			if keys != nil || err == nil {
				t.Fatalf("%d keys, %v", keys.size(), err)
			}
			for _, hidden := range []string{"hunter2", "aHVudGVyMg", secret[30:60]} {
				if strings.Contains(err.Error(), hidden) {
					t.Errorf("a part of the file is in %v", err)
				}
			}
			if tc.want == nil {
				if !strings.Contains(err.Error(), "more than 64 keys") {
					t.Error(err)
				}
				return
			}
			var want []string
			for _, w := range tc.want {
				want = append(want, "jwks: "+w)
			}
			mwtest.Faults(t, err, want...)
		})
	}
}
