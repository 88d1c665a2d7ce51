package mtls_test

import (
	"crypto/x509"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/mtls"
)

// FuzzXFCC checks that the parser accepts what the reference accepts, and reads the same.
func FuzzXFCC(f *testing.F) {
	for _, s := range []string{
		`By=a://1;Hash=1;Subject="a\",b";URI=b://1,By=a://2;Cert="x";Chain="y";DNS=c`, `Hash=1 , Hash=2`, `Hash="1";`, `a=\`, `a="\\"`, "a=\"\xff\"", `Subject="";subject=`, "Hash=1\t,\tHash=2 ",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got, ok := mtls.LastElement(value)
		want, wantOK := referenceElement(value)
		if ok != wantOK || got != want {
			t.Errorf("%q: %v %+v, want %v %+v", value, ok, got, wantOK, want)
		}
		// An element behind it counts alone.
		if next, ok := mtls.LastElement(value + ",Hash=1"); ok != wantOK || ok && (next != mtls.Element{Hash: "1"}) {
			t.Errorf("%q and one more: %v %+v", value, ok, next)
		}
	})
}

// FuzzClientCert checks the parsers of Client-Cert and Client-Cert-Chain against theirs.
func FuzzClientCert(f *testing.F) {
	for _, s := range []string{":aGVsbG8=:", " :AA==: ", ":AA==:\t", ":AA==: , :AA==:", ":aGVsbG9=:", ":aGVs\nbG8=:", strings.Repeat(":AA==:,", 16)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got, ok := mtls.ParseClientCert(value)
		want, wantOK := referenceBytes(strings.Trim(value, " "))
		if ok != wantOK || ok && string(got) != want {
			t.Errorf("%q: %v %q, want %v %q", value, ok, got, wantOK, want)
		}
		chain, ok := mtls.ParseClientCertChain(value)
		wantChain, wantOK := referenceChain(value)
		if ok != wantOK || ok && len(chain) != len(wantChain) {
			t.Fatalf("%q: %v %q, want %v %q", value, ok, chain, wantOK, wantChain)
		}
		for i := range chain {
			if string(chain[i]) != wantChain[i] {
				t.Errorf("%q: %q, want %q", value, chain, wantChain)
			}
		}
	})
}

// FuzzTrustDomain checks the rules of SPIFFE against a regular expression and package url.
func FuzzTrustDomain(f *testing.F) {
	for _, s := range []string{alice, "spiffe://td/a/../b", "spiffe://TD/a", "spiffe://td", "spiffe://td/", "spiffe://td/a?b", "SPIFFE://td/a", "spiffe:///a", "spiffe://td/a/."} {
		f.Add(s)
	}
	form := regexp.MustCompile(`\Aspiffe://([a-z0-9._-]{1,255})((?:/[A-Za-z0-9._-]+)+)\z`)
	dots := regexp.MustCompile(`/\.\.?(/|\z)`)
	f.Fuzz(func(t *testing.T, id string) {
		domain, err := mtls.TrustDomain(id)
		m := form.FindStringSubmatch(id)
		if want := m != nil && !dots.MatchString(m[2]) && len(id) <= 2048; want != (err == nil) || want && domain != m[1] {
			t.Fatalf("%q: %q, %v", id, domain, err)
		}
		if err != nil {
			return
		}
		if u, err := url.Parse(id); err != nil || u.Host != domain || u.String() != id || u.JoinPath().String() != id {
			t.Errorf("%q: %v, %v", id, u, err)
		}
	})
}

// FuzzHeader checks that no value but the certificate itself makes its holder the principal.
func FuzzHeader(f *testing.F) {
	root := newAuthority(f, "prod", nil)
	l := root.issue(f, uris(alice))
	pool := root.pool()
	cfg := mtls.Config{Identity: mtls.SPIFFEID, Roots: func(string) *x509.CertPool { return pool }, Header: mtls.XFCC, Proxies: proxies}
	a := build(f, cfg)
	f.Add(`Cert="`+l.pem()+`"`, "")
	f.Add("URI="+alice, "Hash="+l.hash())
	f.Add(`Cert="-----BEGIN%20CERTIFICATE-----"`, `Chain="`+l.pem()+`"`)
	f.Fuzz(func(t *testing.T, one, two string) {
		p, err := a.Authenticate(proxied("X-Forwarded-Client-Cert", one+two))
		if err == nil && (p.Subject != alice || p.TokenID != l.sum()) {
			t.Errorf("%q: %+v", one+two, p)
		}
		if err != nil && !errors.Is(err, authn.ErrInvalid) && !errors.Is(err, authn.ErrAmbiguous) && !errors.Is(err, authn.ErrNoCredentials) {
			t.Errorf("%q: %v", one+two, err)
		}
	})
}
