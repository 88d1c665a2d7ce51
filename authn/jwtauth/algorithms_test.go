package jwtauth_test

import (
	"context"
	"crypto"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

func TestAlgorithms(t *testing.T) {
	r := signers()[0].private
	for alg, private := range map[jwtauth.Algorithm]crypto.Signer{
		jwtauth.RS256: r, jwtauth.RS384: r, jwtauth.RS512: r,
		jwtauth.PS256: r, jwtauth.PS384: r, jwtauth.PS512: r,
		jwtauth.ES256: newEC(elliptic.P256()), jwtauth.ES384: newEC(elliptic.P384()), jwtauth.ES512: newEC(elliptic.P521()),
		jwtauth.EdDSA: signers()[2].private,
	} {
		t.Run(string(alg), func(t *testing.T) {
			s := &signer{alg, jwt.GetSigningMethod(string(alg)), private, private.Public()}
			v := build(t, config(s))
			if _, err := v.Verify(context.Background(), s.good()); err != nil {
				t.Error(err)
			}
			good := s.good()
			if _, err := v.Verify(context.Background(), good[:len(good)-8]+"AAAAAAAA"); !errors.Is(err, jwtauth.ErrSignature) {
				t.Errorf("forged: %v", err)
			}
		})
	}
}

// RFC 7518, section 3.5: the salt is as long as the hash. golang-jwt accepts
// any length.
func TestSaltOfAnotherLength(t *testing.T) {
	r := signers()[0].private
	for _, salt := range []int{0, 20, 31, 33, rsa.PSSSaltLengthAuto} {
		method := *jwt.SigningMethodPS256
		method.Options = &rsa.PSSOptions{SaltLength: salt}
		s := &signer{jwtauth.PS256, &method, r, r.Public()}
		token := s.good()
		if _, err := build(t, config(s)).Verify(context.Background(), token); !errors.Is(err, jwtauth.ErrSignature) {
			t.Errorf("salt of %d: %v", salt, err)
		}
		if _, err := jwt.Parse(token, func(*jwt.Token) (any, error) { return r.Public(), nil }); err != nil {
			t.Errorf("salt of %d is not what is wrong with the token: %v", salt, err)
		}
	}
}

// ECDSA signatures are two numbers of fixed length (RFC 7518, section 3.4). DER,
// as other protocols have it, is a second spelling of each.
func TestECDSAEncoding(t *testing.T) {
	s := signers()[1]
	signed := encode(s.header().json()) + "." + encode(claims().json())
	digest := crypto.SHA256.New()
	digest.Write([]byte(signed))
	der, err := s.private.Sign(rand.Reader, digest.Sum(nil), crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := build(t, config(s)).Verify(context.Background(), signed+"."+encode(string(der))); !errors.Is(err, jwtauth.ErrSignature) {
		t.Error(err)
	}
}

// A verifier uses golang-jwt's methods themselves, so nobody can change what a
// name means to it through the registry.
func TestRegistryIsNotUsed(t *testing.T) {
	s := signers()[2]
	v := build(t, config(s))
	jwt.RegisterSigningMethod("EdDSA", func() jwt.SigningMethod { return jwt.SigningMethodNone })
	defer jwt.RegisterSigningMethod("EdDSA", func() jwt.SigningMethod { return jwt.SigningMethodEdDSA })
	good := s.good()
	if _, err := v.Verify(context.Background(), good); err != nil {
		t.Error(err)
	}
	if _, err := v.Verify(context.Background(), good[:len(good)-8]+"AAAAAAAA"); !errors.Is(err, jwtauth.ErrSignature) {
		t.Error(err)
	}
}
