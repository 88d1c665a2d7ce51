package mtls_test

import (
	"crypto/x509"
	"net/netip"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/mtls"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// New refuses a wrong Config with all of its faults.
func TestConfigFaults(t *testing.T) {
	roots := only("", nil)
	pool := func() *x509.CertPool { return nil }
	for name, row := range map[string]struct {
		cfg  mtls.Config
		want []string
	}{
		"zero":               {mtls.Config{}, []string{"Identity: ", "Roots: "}},
		"an issuer too many": {mtls.Config{Identity: mtls.SPIFFEID, Issuer: "a", Roots: roots}, []string{"Issuer: "}},
		"no issuer":          {mtls.Config{Identity: mtls.DNSName, Roots: roots}, []string{"Issuer: "}},
		"a blank issuer":     {mtls.Config{Identity: mtls.URI, Issuer: " a", Roots: roots}, []string{"Issuer: "}},
		"no header": {mtls.Config{Identity: mtls.SPIFFEID, Roots: roots, Proxies: proxies, ProxyNames: []string{"a"}, By: []string{"a://b"}, DangerouslyWithoutCert: true},
			[]string{"Proxies: ", "ProxyNames: ", "By: ", "DangerouslyWithoutCert: "}},
		"no proxy":                {mtls.Config{Identity: mtls.SPIFFEID, Roots: roots, Header: mtls.XFCC}, []string{"Proxies: "}},
		"another header":          {mtls.Config{Identity: mtls.SPIFFEID, Roots: roots, Header: "X-SSL-Cert", Proxies: proxies}, []string{"Header: "}},
		"no roots of the proxies": {mtls.Config{Identity: mtls.SPIFFEID, Roots: roots, Header: mtls.XFCC, ProxyNames: []string{"a"}}, []string{"ProxyRoots: "}},
		"no names":                {mtls.Config{Identity: mtls.SPIFFEID, Roots: roots, Header: mtls.XFCC, Proxies: proxies, ProxyRoots: pool}, []string{"ProxyRoots: "}},
		"XFCC options": {mtls.Config{Identity: mtls.SPIFFEID, Roots: roots, Header: mtls.ClientCert, Proxies: proxies, By: []string{"a"}, DangerouslyWithoutCert: true},
			[]string{"By: ", "DangerouslyWithoutCert: ", "By[0]: "}},
		"networks": {mtls.Config{Identity: mtls.SPIFFEID, Roots: roots, Header: mtls.XFCC, Proxies: []netip.Prefix{{}, netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("10.0.0.1/8")}},
			[]string{"Proxies[0]: ", "Proxies[1]: ", "Proxies[2]: "}},
		"names": {mtls.Config{Identity: mtls.SPIFFEID, Roots: roots, Header: mtls.XFCC, ProxyNames: []string{"*.example", "", "A.example", "10.0.0.1", "a b://c"}, ProxyRoots: pool},
			[]string{"ProxyNames[0]: ", "ProxyNames[1]: ", "ProxyNames[2]: ", "ProxyNames[3]: ", "ProxyNames[4]: "}},
	} {
		_, err := mtls.New(row.cfg)
		for i, w := range row.want {
			row.want[i] = "mtls: " + w
		}
		t.Log(name)
		mwtest.Faults(t, err, row.want...)
	}
}

// authn.New refuses two Authenticators that read the same header.
func TestTwoForOneHeader(t *testing.T) {
	cfg := mtls.Config{Identity: mtls.SPIFFEID, Roots: only("", nil), Header: mtls.XFCC, Proxies: proxies}
	if _, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{build(t, cfg), build(t, cfg)}}); err == nil {
		t.Error("accepted")
	}
}
