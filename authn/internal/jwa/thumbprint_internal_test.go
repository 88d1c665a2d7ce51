package jwa

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"testing"
)

func unbase64(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestThumbprintVectors(t *testing.T) {
	const n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs" +
		"tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbI" +
		"SD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
	for name, tc := range map[string]struct {
		public crypto.PublicKey
		want   string
	}{
		"RFC 7638, section 3.1":  {&rsa.PublicKey{N: new(big.Int).SetBytes(unbase64(t, n)), E: 65537}, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"},
		"RFC 8037, appendix A.3": {ed25519.PublicKey(unbase64(t, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"},
	} {
		if got := Thumbprint(tc.public); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

func sha256Of(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:]
}

// The thumbprint is the hash of the sorted members as encoding/json writes them. A
// coordinate has the full length of its curve, also if it begins with zeros (RFC 7518,
// section 6.2.1.2).
func TestThumbprintOfCurves(t *testing.T) {
	zeros := 0
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		size := (curve.Params().BitSize + 7) / 8
		for range 60 {
			k, err := ecdsa.GenerateKey(curve, rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			point, err := k.PublicKey.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			if point[1] == 0 {
				zeros++
			}
			text, err := json.Marshal(map[string]string{
				"kty": "EC", "crv": curve.Params().Name,
				"x": Encode(point[1 : 1+size]), "y": Encode(point[1+size:]),
			})
			if err != nil {
				t.Fatal(err)
			}
			if got, want := Thumbprint(&k.PublicKey), Encode(sha256Of(string(text))); got != want {
				t.Fatalf("%s: %s, want %s of %s", curve.Params().Name, got, want, text)
			}
		}
	}
	if zeros == 0 {
		t.Error("no coordinate began with a zero byte")
	}
}
