package advisories

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"maps"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

const (
	idp   = "https://id.example"
	notes = "https://notes.example"
)

// A signer is an issuer that signs any header and any claims.
type signer struct {
	key *ecdsa.PrivateKey
	kid string
}

func newSigner(t *testing.T, kid string) signer {
	t.Helper()
	return signer{must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)), kid}
}

// object is a JSON object.
type object map[string]any

func encode(v object) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// claims returns the claims of a good token with changes. A nil member removes a claim.
func claims(changes object) object {
	now := time.Now().Unix()
	all := object{"iss": idp, "sub": "ann", "aud": notes, "client_id": "app", "jti": "1", "iat": now, "exp": now + 600}
	maps.Copy(all, changes)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	return all
}

// sign returns a token with ES256, whose header has further members.
func (s signer) sign(header, body object) string {
	all := object{"alg": "ES256", "typ": "at+jwt", "kid": s.kid}
	maps.Copy(all, header)
	text := encode(all) + "." + encode(body)
	sum := sha256.Sum256([]byte(text))
	r, v, err := ecdsa.Sign(rand.Reader, s.key, sum[:])
	if err != nil {
		panic(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(append(r.FillBytes(make([]byte, 32)), v.FillBytes(make([]byte, 32))...))
}

func (s signer) verifies(token string) bool {
	i := strings.LastIndexByte(token, '.')
	signature, err := base64.RawURLEncoding.DecodeString(token[i+1:])
	sum := sha256.Sum256([]byte(token[:i]))
	return err == nil && len(signature) == 64 &&
		ecdsa.Verify(&s.key.PublicKey, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:]))
}

func (s signer) source() jwks.Source {
	return jwks.Static(jwks.Key{ID: s.kid, Algorithm: jwks.ES256, Public: &s.key.PublicKey})
}

// hs256 returns a token with HS256 under a secret.
func hs256(kid string, secret []byte) string {
	text := encode(object{"alg": "HS256", "typ": "at+jwt", "kid": kid}) + "." + encode(claims(nil))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac(secret, text))
}

func mac(secret []byte, text string) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func pemOf(t *testing.T, public crypto.PublicKey) []byte {
	t.Helper()
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: must[[]byte](t)(x509.MarshalPKIXPublicKey(public))})
}

// protects returns a constructor of a handler behind a verifier of one issuer.
func protects(keys jwks.Source, change func(*jwtauth.Config)) func(*testing.T) http.Handler {
	return func(t *testing.T) http.Handler {
		t.Helper()
		return authenticated(t, reach, must[*jwtauth.Verifier[jwtauth.NoClaims]](t)(jwtauth.New(accessConfig(keys, change))))
	}
}

func accessConfig(keys jwks.Source, change func(*jwtauth.Config)) jwtauth.Config {
	cfg := jwtauth.Config{Issuer: idp, Audience: []string{notes}, Keys: keys}
	if change != nil {
		change(&cfg)
	}
	return cfg
}

// refuses returns the error of New.
func refuses(cfg jwtauth.Config) func(*testing.T) error {
	return func(*testing.T) error {
		_, err := jwtauth.New(cfg)
		return err
	}
}

// A decoded is a token that has been decoded without any check.
type decoded struct {
	raw            string
	header, claims object
}

func tokenOf(r *http.Request) (c decoded) {
	_, c.raw, _ = strings.Cut(r.Header.Get("Authorization"), " ")
	parts := strings.Split(c.raw, ".")
	for i, into := range []*object{&c.header, &c.claims} {
		if i < len(parts) {
			text, _ := base64.RawURLEncoding.DecodeString(parts[i])
			_ = json.Unmarshal(text, into)
		}
	}
	return c
}

// hmacWith reports whether the token verifies with HS256 under a secret.
func (c decoded) hmacWith(secret []byte) bool {
	i := strings.LastIndexByte(c.raw, '.')
	return i > 0 && c.header["alg"] == "HS256" && c.raw[i+1:] == base64.RawURLEncoding.EncodeToString(mac(secret, c.raw[:i]))
}

// trusts returns a naive handler that decides by a token.
func trusts(accepts func(decoded) bool) func(*testing.T) http.Handler {
	return when(func(r *http.Request) bool { return accepts(tokenOf(r)) })
}

func tokenTrials(t *testing.T) map[string]trial {
	t.Helper()
	id, forger := newSigner(t, "k1"), newSigner(t, "k1")
	good := id.sign(nil, claims(nil))
	public := pemOf(t, &id.key.PublicKey)
	weak := weakKey(t)
	ours := protects(id.source(), nil)
	genuine := func(accepts func(decoded) bool) func(*testing.T) http.Handler {
		return trusts(func(c decoded) bool { return id.verifies(c.raw) && accepts(c) })
	}
	always := func(decoded) bool { return true }
	withSecret := func(secret []byte) jwtauth.Config {
		return accessConfig(jwks.InsecureSharedSecrets(jwks.Secret{ID: "k1", Value: secret}), nil)
	}
	other := good[:strings.LastIndexByte(good, '.')+1] + strings.Repeat("A", 86)
	withoutAlg := jwkOf(id)
	weakSource := jwks.Static(jwks.Key{ID: "k1", Algorithm: jwks.RS256, Public: &weak.PublicKey})

	return map[string]trial{
		"CVE-2015-9235": {ours: ours, honest: bearer(good), attack: bearer(hs256("k1", public)),
			naive: trusts(func(c decoded) bool { return c.hmacWith(public) || id.verifies(c.raw) })},
		"CVE-2022-23540": {ours: ours, honest: bearer(good),
			attack: bearer(encode(object{"alg": "none", "typ": "at+jwt", "kid": "k1"}) + "." + encode(claims(nil)) + "."),
			naive:  trusts(func(c decoded) bool { return c.header["alg"] == "none" || id.verifies(c.raw) })},
		"CVE-2026-22818": {ours: protects(fileOf(t, withoutAlg), nil), honest: bearer(good),
			attack: bearer(hs256("k1", []byte(withoutAlg))),
			naive:  trusts(func(c decoded) bool { return c.hmacWith([]byte(withoutAlg)) })},
		"CVE-2026-22817": {config: refuses(withSecret(public)), ours: ours, honest: bearer(good), attack: bearer(hs256("k1", public)),
			naive: trusts(func(c decoded) bool { return c.hmacWith(public) })},
		"CVE-2026-34950": {config: refuses(withSecret(append([]byte("\n"), public...))), ours: ours, honest: bearer(good),
			attack: bearer(hs256("k1", append([]byte("\n"), public...))),
			naive: trusts(func(c decoded) bool {
				secret := append([]byte("\n"), public...)
				return !strings.HasPrefix(string(secret), "-----BEGIN") && c.hmacWith(secret)
			})},
		"CVE-2022-23539": {config: refuses(accessConfig(weakSource, nil)),
			ours: ours, honest: bearer(good), attack: bearer(rs256(weak)),
			naive: trusts(func(c decoded) bool {
				i := strings.LastIndexByte(c.raw, '.')
				signature, _ := base64.RawURLEncoding.DecodeString(c.raw[i+1:])
				sum := sha256.Sum256([]byte(c.raw[:i]))
				return rsa.VerifyPKCS1v15(&weak.PublicKey, crypto.SHA256, sum[:], signature) == nil
			})},
		"CVE-2018-0114": {ours: ours, honest: bearer(good),
			attack: bearer(forger.sign(object{"jwk": json.RawMessage(jwkOf(forger))}, claims(nil))),
			naive: trusts(func(c decoded) bool {
				jwk, ok := c.header["jwk"].(map[string]any)
				x, _ := base64.RawURLEncoding.DecodeString(jwk["x"].(string))
				y, _ := base64.RawURLEncoding.DecodeString(jwk["y"].(string))
				key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, x, y))
				return ok && err == nil && signer{key: &ecdsa.PrivateKey{PublicKey: *key}}.verifies(c.raw)
			})},
		"CVE-2020-26160": {ours: ours, honest: bearer(id.sign(nil, claims(object{"aud": []string{"https://other.example", notes}}))),
			attack: bearer(id.sign(nil, claims(object{"aud": []string{"https://other.example"}}))),
			naive: genuine(func(c decoded) bool {
				aud, _ := c.claims["aud"].(string)
				return aud == "" || aud == notes
			})},
		"CVE-2025-62610": {ours: ours, honest: bearer(good), attack: bearer(id.sign(nil, claims(object{"aud": "https://other.example"}))),
			naive: genuine(always)},
		"CVE-2026-55689": {config: refuses(accessConfig(id.source(), func(c *jwtauth.Config) { c.Audience = nil })), ours: ours,
			honest: bearer(good),
			attack: bearer(id.sign(nil, claims(object{"aud": "https://other.example"}))),
			naive: genuine(func(c decoded) bool {
				configured := ""
				return configured == "" || c.claims["aud"] == configured
			})},
		"CVE-2025-30144": {ours: ours, honest: bearer(good),
			attack: bearer(id.sign(nil, claims(object{"iss": []string{"https://evil.example", idp}}))),
			naive: genuine(func(c decoded) bool {
				list, ok := c.claims["iss"].([]any)
				return c.claims["iss"] == idp || ok && slices.Contains(list, any(idp))
			})},
		"GHSA-hm7r-c7qw-ghp6": {ours: ours, honest: bearer(good),
			attack: bearer(id.sign(object{"crit": []string{"https://x.example/bound"}, "https://x.example/bound": true}, claims(nil))),
			naive:  genuine(always)},
		"GHSA-rp9m-7r4c-75qg": {ours: protects(id.source(), func(c *jwtauth.Config) { c.Cache = 64 }),
			honest: twice(bearer(good), bearer(good)),
			attack: twice(bearer(good), bearer(other)), naive: func(*testing.T) http.Handler {
				known := map[string]bool{}
				return when(func(r *http.Request) bool {
					c := tokenOf(r)
					key := c.raw[:strings.LastIndexByte(c.raw, '.')]
					known[key] = known[key] || id.verifies(c.raw)
					return known[key]
				})(nil)
			}},
		"CVE-2026-33496": sharedCache(t),
		"CVE-2025-22149": withdrawnKey(t),
		"CVE-2024-51744": {ours: ours, honest: bearer(good), attack: bearer(forger.sign(nil, claims(object{"iat": 1, "exp": 601}))),
			naive: trusts(func(c decoded) bool {
				exp, _ := c.claims["exp"].(float64)
				expired := int64(exp) < time.Now().Unix()
				return expired || id.verifies(c.raw) // "expired" is taken for the only fault, and begins a refresh
			})},
		"CVE-2025-30204": {ours: ours, honest: bearer(good), attack: bearer(strings.Repeat(".", 1_000_000)), through: "200 1000001 parts",
			naive: fixed(say(func(r *http.Request) string {
				return strconv.Itoa(len(strings.Split(r.Header.Get("Authorization"), "."))) + " parts"
			}))},
		"CVE-2024-21664": {ours: ours, honest: bearer(good), attack: bearer(`{"payload":"e30","signatures":[{"signature":"AA"}]}`),
			through: "500 internal_error",
			naive: trusts(func(c decoded) bool {
				var message struct {
					Signatures []struct{ Protected *string }
				}
				return json.Unmarshal([]byte(c.raw), &message) == nil && *message.Signatures[0].Protected != ""
			})},
		"CVE-2026-34986": {ours: ours, honest: bearer(good), through: "500 internal_error",
			attack: bearer(encode(object{"alg": "A128KW", "enc": "A128GCM"}) + "..AAAAAAAAAAAAAAAA.AA.AAAAAAAAAAAAAAAAAAAAAA"),
			naive: trusts(func(c decoded) bool {
				wrapped, _ := base64.RawURLEncoding.DecodeString(strings.Split(c.raw, ".")[1])
				return len(make([]byte, len(wrapped)-8)) > 0
			})},
		"CVE-2023-48309": {ours: ours, honest: bearer(good), attack: bearer(id.sign(object{"typ": "state+jwt"}, claims(nil))),
			naive: genuine(always)},
		"GHSA-xmf8-cvqr-rfgj": {ours: ours, honest: bearer(good), attack: send("GET", "/notes", "", "Authorization", "Bearer"),
			through: "500 internal_error",
			naive:   when(func(r *http.Request) bool { return id.verifies(strings.Split(r.Header.Get("Authorization"), " ")[1]) })},
	}
}

// twice returns a step that sends two requests, and returns the answer to the second one.
func twice(first, second step) step {
	return func(t *testing.T, h http.Handler) string {
		t.Helper()
		if got := first(t, h); got != reached {
			t.Errorf("the first request: %s", got)
		}
		return second(t, h)
	}
}

// jwkOf returns the public key of s as a JWK without alg.
func jwkOf(s signer) string {
	point, err := s.key.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	text, _ := json.Marshal(object{
		"kty": "EC", "crv": "P-256", "kid": s.kid,
		"x": base64.RawURLEncoding.EncodeToString(point[1:33]), "y": base64.RawURLEncoding.EncodeToString(point[33:]),
	})
	return string(text)
}

// sharedCache is a service with two routes, each with an issuer of its own.
func sharedCache(t *testing.T) trial {
	t.Helper()
	inner, outer := newSigner(t, "k1"), newSigner(t, "k1")
	both := func(at func(path string, s signer) http.Handler) http.Handler {
		mux := http.NewServeMux()
		mux.Handle("/public", at("/public", outer))
		mux.Handle("/notes", at("/notes", inner))
		return mux
	}
	of := func(path string, s signer) step {
		return send("GET", path, "", "Authorization", "Bearer "+s.sign(nil, claims(object{"jti": path})))
	}
	again := "Bearer " + outer.sign(nil, claims(nil))
	return trial{
		ours: func(t *testing.T) http.Handler {
			return both(func(_ string, s signer) http.Handler {
				return protects(s.source(), func(c *jwtauth.Config) { c.Cache = 64 })(t)
			})
		},
		naive: func(*testing.T) http.Handler {
			known := map[string]bool{}
			return both(func(_ string, s signer) http.Handler {
				return trusts(func(c decoded) bool {
					known[c.raw] = known[c.raw] || s.verifies(c.raw)
					return known[c.raw]
				})(nil)
			})
		},
		attack: twice(send("GET", "/public", "", "Authorization", again), send("GET", "/notes", "", "Authorization", again)),
		honest: twice(of("/public", outer), of("/notes", inner)),
	}
}

// withdrawnKey is a service whose issuer replaces its key after the first fetch.
func withdrawnKey(t *testing.T) trial {
	t.Helper()
	old, next := newSigner(t, "old"), newSigner(t, "new")
	then := func(last signer) step {
		return twice(bearer(old.sign(nil, claims(nil))), twice(bearer(next.sign(nil, claims(nil))), bearer(last.sign(nil, claims(nil)))))
	}
	return trial{
		ours: func(t *testing.T) http.Handler {
			keys := must[*jwks.RemoteKeys](t)(jwks.NewRemote(jwks.RemoteConfig{
				URL: idp + "/keys", Transport: &keyServer{sets: []string{jwkOf(old), jwkOf(next)}},
			}))
			t.Cleanup(func() { _ = keys.Close() })
			return protects(keys, nil)(t)
		},
		naive: func(*testing.T) http.Handler {
			known, published := map[string]signer{}, []signer{old, next}
			return trusts(func(c decoded) bool {
				kid, _ := c.header["kid"].(string)
				if _, ok := known[kid]; !ok {
					known[published[0].kid], published = published[0], published[1:] // a refresh adds, and removes nothing
				}
				return known[kid].verifies(c.raw)
			})(nil)
		},
		attack: then(old), honest: then(next),
	}
}

// A keyServer answers with one key after another, and in the end always with the last one.
type keyServer struct {
	mu   sync.Mutex
	sets []string
}

// RoundTrip implements http.RoundTripper.
func (k *keyServer) RoundTrip(r *http.Request) (*http.Response, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	set := `{"keys":[` + k.sets[0] + `]}`
	if len(k.sets) > 1 {
		k.sets = k.sets[1:]
	}
	return &http.Response{
		StatusCode: 200, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r, Body: io.NopCloser(strings.NewReader(set)),
		Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: int64(len(set)),
	}, nil
}

// weakKey returns an RSA key of 1024 bits.
func weakKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	t.Setenv("GODEBUG", "rsa1024min=0")
	return must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 1024))
}

// rs256 returns a token with RS256.
func rs256(key *rsa.PrivateKey) string {
	text := encode(object{"alg": "RS256", "typ": "at+jwt", "kid": "k1"}) + "." + encode(claims(nil))
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// fileOf returns the source of a file with one key.
func fileOf(t *testing.T, jwk string) jwks.Source {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(path, []byte(`{"keys":[`+jwk+`]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	return jwks.File(path)
}
