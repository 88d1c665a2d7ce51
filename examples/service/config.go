package main

import (
	"net"
	"net/netip"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers/clientip"
)

// config is the environment of the program.
type config struct {
	addr        string          // ADDR
	metricsAddr string          // METRICS_ADDR; loopback or a private network
	database    string          // DATABASE, a file; empty is a demonstration with a database that ends with it
	cert, key   string          // TLS_CERT and TLS_KEY, files; empty for a server behind a proxy that ends TLS
	client      clientip.Config // PROXIES, networks that are separated by commas; empty is no proxy
}

// readConfig returns the configuration, or all of its faults at once. getenv is os.Getenv.
func readConfig(getenv func(string) string) (config, error) {
	faults := httperr.ConfigFaults{Package: "environment"}
	or := func(name, otherwise string) string {
		if v := getenv(name); v != "" {
			return v
		}
		return otherwise
	}
	cfg := config{
		addr: or("ADDR", "127.0.0.1:8093"), metricsAddr: or("METRICS_ADDR", "127.0.0.1:9465"),
		database: getenv("DATABASE"), cert: getenv("TLS_CERT"), key: getenv("TLS_KEY"), client: clientip.Direct(),
	}
	for _, a := range [][2]string{{"ADDR", cfg.addr}, {"METRICS_ADDR", cfg.metricsAddr}} {
		if _, _, err := net.SplitHostPort(a[1]); err != nil {
			faults.Add(a[0], a[1], "is no address with a port", "write it as 127.0.0.1:8093 or :8443")
		}
	}
	if (cfg.cert == "") != (cfg.key == "") {
		faults.Add("TLS_CERT, TLS_KEY", nil, "one of them is set without the other", "set both, or none behind a proxy that ends TLS")
	}
	if list := getenv("PROXIES"); list != "" {
		cfg.client = clientip.Config{Header: clientip.XForwardedFor}
		for _, text := range strings.Split(list, ",") {
			network, err := netip.ParsePrefix(strings.TrimSpace(text))
			if err != nil {
				faults.Add("PROXIES", text, "is no network", "write it as 10.1.2.0/28")
				continue
			}
			cfg.client.Proxies = append(cfg.client.Proxies, network)
		}
	}
	if cfg.cert == "" && getenv("PROXIES") == "" && !isLoopback(cfg.addr) {
		faults.Add("ADDR", cfg.addr, "would send passwords and cookies in plain text over the network",
			"set TLS_CERT and TLS_KEY, or list in PROXIES the proxies that end TLS")
	}
	return cfg, faults.Err()
}

func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	ip, parseErr := netip.ParseAddr(host)
	return err != nil || host == "localhost" || parseErr == nil && ip.IsLoopback()
}
