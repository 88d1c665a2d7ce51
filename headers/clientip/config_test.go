package clientip_test

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestConfigFaults(t *testing.T) {
	prefix := netip.MustParsePrefix
	good := []netip.Prefix{prefix("10.1.0.0/24")}
	withProxies := func(p ...netip.Prefix) clientip.Config {
		return clientip.Config{Header: clientip.XForwardedFor, Proxies: p}
	}
	direct := func(change func(*clientip.Config)) clientip.Config {
		cfg := clientip.Direct()
		change(&cfg)
		return cfg
	}
	for _, tc := range []struct {
		name   string
		cfg    clientip.Config
		faults []string
	}{
		{"zero", clientip.Config{}, []string{"clientip: Header: "}},
		{"proxies without a header", clientip.Config{Proxies: good}, []string{"clientip: Header: "}},
		{"header without proxies", clientip.Config{Header: clientip.XForwardedFor}, []string{"clientip: Proxies: "}},
		{"other header", clientip.Config{Header: "X-Real-IP", Proxies: good}, []string{`clientip: Header: "X-Real-IP": `}},
		{"other spelling", clientip.Config{Header: "x-forwarded-for", Proxies: good}, []string{`clientip: Header: "x-forwarded-for": `}},
		{"direct with proxies", direct(func(c *clientip.Config) { c.Proxies = good }), []string{"clientip: Header: "}},
		{"direct with a socket", direct(func(c *clientip.Config) { c.UnixSocket = true }), []string{"clientip: Header: "}},
		{"direct with a host", direct(func(c *clientip.Config) { c.ForwardedHost = true }), []string{"clientip: Header: "}},
		{"direct with hops", direct(func(c *clientip.Config) { c.MaxHops = 2 }), []string{"clientip: Header: "}},
		{"direct with any peer", direct(func(c *clientip.Config) { c.DangerouslyAnyPeer = true }), []string{"clientip: Header: "}},
		{"direct with a count", direct(func(c *clientip.Config) { c.TrustedHops = 1 }), []string{"clientip: Header: "}},
		{"direct with a scheme", direct(func(c *clientip.Config) { c.ProtoHeader = "X" }), []string{"clientip: Header: "}},
		{"any peer by addresses", clientip.Config{Header: clientip.XForwardedFor, DangerouslyAnyPeer: true}, []string{`clientip: DangerouslyAnyPeer: "true": the addresses`}},
		{"any peer and proxies", clientip.Config{Header: clientip.XForwardedFor, TrustedHops: 1, DangerouslyAnyPeer: true, Proxies: good},
			[]string{`clientip: DangerouslyAnyPeer: "true": Proxies or UnixSocket would have no effect`}},
		{"any peer and a socket", clientip.Config{Header: clientip.XForwardedFor, TrustedHops: 1, DangerouslyAnyPeer: true, UnixSocket: true},
			[]string{`clientip: DangerouslyAnyPeer: "true": Proxies or UnixSocket would have no effect`}},
		{"count without peers", clientip.Config{Header: clientip.XForwardedFor, TrustedHops: 1}, []string{"clientip: Proxies: "}},
		{"single without peers", clientip.Config{Header: clientip.SingleHeader("X")}, []string{"clientip: Proxies: "}},
		{"single list", clientip.Config{Header: clientip.SingleHeader("x-forwarded-for"), Proxies: good}, []string{`clientip: Header: "X-Forwarded-For": a list`}},
		{"single without a name", clientip.Config{Header: clientip.SingleHeader(""), Proxies: good}, []string{`clientip: Header: "": not the name of a header`}},
		{"single with a blank", clientip.Config{Header: clientip.SingleHeader("a b"), Proxies: good}, []string{`clientip: Header: "a b": not the name of a header`}},
		{"single with a count", clientip.Config{Header: clientip.SingleHeader("X"), Proxies: good, TrustedHops: 2, MaxHops: 3},
			[]string{`clientip: TrustedHops: "2": the header has one address`, `clientip: MaxHops: "3": without effect`}},
		{"count with a maximum", clientip.Config{Header: clientip.Forwarded, Proxies: good, TrustedHops: 2, MaxHops: 3}, []string{`clientip: MaxHops: "3": without effect`}},
		{"counts out of range", clientip.Config{Header: clientip.XForwardedFor, Proxies: good, TrustedHops: 33}, []string{`clientip: TrustedHops: "33": out of range`}},
		{"negative count", clientip.Config{Header: clientip.XForwardedFor, Proxies: good, TrustedHops: -1}, []string{`clientip: TrustedHops: "-1": out of range`}},
		{"Forwarded with a scheme", clientip.Config{Header: clientip.Forwarded, Proxies: good, ProtoHeader: "X"}, []string{`clientip: ProtoHeader: "X": Forwarded has`}},
		{"scheme with a blank", clientip.Config{Header: clientip.XForwardedFor, Proxies: good, ProtoHeader: "a b"}, []string{`clientip: ProtoHeader: "a b": not the name`}},
		{"scheme of the address", clientip.Config{Header: clientip.SingleHeader("X-A"), Proxies: good, ProtoHeader: "x-a"}, []string{`clientip: ProtoHeader: "x-a": the header of the address`}},
		{"everybody", withProxies(prefix("0.0.0.0/0"), prefix("::/0")), []string{`clientip: Proxies[0]: "0.0.0.0/0": `, `clientip: Proxies[1]: "::/0": `}},
		{"everybody in halves", withProxies(prefix("0.0.0.0/1"), prefix("128.0.0.0/1")), []string{"clientip: Proxies[0]: ", "clientip: Proxies[1]: "}},
		{"half of IPv6", withProxies(prefix("8000::/1")), []string{"clientip: Proxies[0]: "}},
		{"host bits", withProxies(prefix("10.1.0.1/24"), prefix("2001:db8::1/64")), []string{"clientip: Proxies[0]: ", "clientip: Proxies[1]: "}},
		{"mapped", withProxies(prefix("::ffff:10.1.0.0/120"), prefix("::ffff:0.0.0.0/96")), []string{"clientip: Proxies[0]: ", "clientip: Proxies[1]: "}},
		{"invalid", withProxies(netip.Prefix{}, netip.PrefixFrom(netip.MustParseAddr("10.1.0.0"), 33)), []string{"clientip: Proxies[0]: ", "clientip: Proxies[1]: "}},
		{"twice", withProxies(good[0], prefix("10.2.0.0/16"), good[0]), []string{"clientip: Proxies[2]: "}},
		{"all at once", clientip.Config{Header: "X", MaxHops: 33, Proxies: []netip.Prefix{{}, prefix("0.0.0.0/0"), prefix("10.1.0.1/24")}},
			[]string{"clientip: Header: ", "clientip: MaxHops: ", "clientip: Proxies[0]: ", "clientip: Proxies[1]: ", "clientip: Proxies[2]: "}},
		{"negative", clientip.Config{Header: clientip.Forwarded, Proxies: good, MaxHops: -1}, []string{"clientip: MaxHops: \"-1\": "}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m, err := clientip.New(tc.cfg)
			if m != nil {
				t.Error("a middleware beside the error")
			}
			mwtest.Faults(t, err, tc.faults...)
			for _, leaf := range mwtest.Leaves(err) {
				if e, ok := errors.AsType[*httperr.ConfigError](leaf); !ok || e.Reason == "" || e.Fix == "" {
					t.Errorf("%v: no reason or no fix", leaf)
				}
			}
		})
	}
}

func TestAcceptedConfigs(t *testing.T) {
	prefix := netip.MustParsePrefix
	for _, cfg := range []clientip.Config{
		clientip.Direct(),
		{Header: clientip.XForwardedFor, UnixSocket: true},
		{Header: clientip.Forwarded, TrustedHops: 32, DangerouslyAnyPeer: true},
		{Header: clientip.SingleHeader("X-Real-IP"), UnixSocket: true, ProtoHeader: "X-Scheme"},
		{Header: clientip.Forwarded, Proxies: []netip.Prefix{prefix("10.0.0.0/8"), prefix("fc00::/7"), prefix("192.0.2.1/32"), prefix("10.1.0.0/16")}},
	} {
		mustNew(t, cfg)
	}
}

// A prefix in Config cannot have a zone: netip refuses to parse such a prefix,
// and drops the zone of an address that a prefix is made from.
func TestZonedPrefixes(t *testing.T) {
	if p, err := netip.ParsePrefix("fe80::1%eth0/128"); err == nil {
		t.Errorf("netip read %v", p)
	}
	if p := netip.PrefixFrom(netip.MustParseAddr("fe80::1%eth0"), 128); p.Addr().Zone() != "" {
		t.Errorf("netip kept the zone of %v", p)
	}
}

func TestConfigIsCopied(t *testing.T) {
	configured := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/24")}
	m := mustNew(t, clientip.Config{Header: clientip.XForwardedFor, Proxies: configured})
	configured[0] = netip.MustParsePrefix("192.0.2.0/24")
	if got := summary(m.Check(request(fromProxy, "X-Forwarded-For", "203.0.113.5"))); got != "203.0.113.5 resolved" {
		t.Errorf("changing a Config changed the middleware made of it: %s", got)
	}
}
