package clientip_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"

	"github.com/go-sallyport/sallyport/headers/clientip"
)

func Example() {
	client, err := clientip.New(clientip.Config{
		Proxies: []netip.Prefix{netip.MustParsePrefix("10.1.2.0/28")},
		Header:  clientip.XForwardedFor,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	srv := client.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		addr, _ := clientip.FromContext(r.Context())
		fmt.Println(addr, clientip.Scheme(r.Context()), clientip.Host(r.Context()))
	}))

	// The client sent the first address, the proxy appended the second.
	r := httptest.NewRequest("GET", "http://service.example/", nil)
	r.RemoteAddr = "10.1.2.3:41234"
	r.Header.Set("X-Forwarded-For", "192.0.2.1, 203.0.113.5")
	r.Header.Set("X-Forwarded-Proto", "https")
	srv.ServeHTTP(httptest.NewRecorder(), r)

	// A client that connects without the proxy.
	r.RemoteAddr = "198.51.100.9:41234"
	srv.ServeHTTP(httptest.NewRecorder(), r)
	// Output:
	// 203.0.113.5 https service.example
	// 198.51.100.9 http service.example
}

func ExampleDirect() {
	client, err := clientip.New(clientip.Direct())
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest("GET", "http://service.example/", nil)
	r.RemoteAddr = "[::ffff:203.0.113.5]:41234"
	r.Header.Set("X-Forwarded-For", "127.0.0.1")
	d := client.Check(r)
	fmt.Println(d.Client, d.Reason)
	// Output: 203.0.113.5 direct
}

func ExampleSingleHeader() {
	client, err := clientip.New(clientip.Config{
		Header:             clientip.SingleHeader("Fly-Client-IP"),
		DangerouslyAnyPeer: true, // Fly does not publish the addresses of its proxies
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest("GET", "http://service.example/", nil)
	r.RemoteAddr = "172.16.5.10:41234"
	r.Header.Set("Fly-Client-IP", "203.0.113.5")
	r.Header.Set("X-Forwarded-For", "192.0.2.1, 203.0.113.5, 66.241.124.5")
	r.Header.Set("X-Forwarded-Proto", "https")
	d := client.Check(r)
	fmt.Println(d.Client, d.Reason, d.Scheme, d.SchemeReason)
	// Output: 203.0.113.5 resolved https proxy
}

// The first address of X-Forwarded-For is the one that the client sent, so it can be any address.
// The middleware counts from the right, over the proxies that are yours.
func Example_incorrect() {
	client, err := clientip.New(clientip.Config{
		Proxies: []netip.Prefix{netip.MustParsePrefix("10.1.2.0/28")},
		Header:  clientip.XForwardedFor,
	})
	if err != nil {
		panic(err)
	}
	h := client.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		first, _, _ := strings.Cut(r.Header.Get("X-Forwarded-For"), ",")
		addr, _ := clientip.FromContext(r.Context())
		fmt.Println("wrong:", first)
		fmt.Println("right:", addr)
	}))
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "10.1.2.3:41234"
	r.Header.Set("X-Forwarded-For", "127.0.0.1, 203.0.113.5") // the client sent 127.0.0.1
	h.ServeHTTP(httptest.NewRecorder(), r)

	_, err = clientip.New(clientip.Config{Proxies: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}, Header: clientip.XForwardedFor})
	fmt.Println(err)
	// Output:
	// wrong: 127.0.0.1
	// right: 203.0.113.5
	// clientip: Proxies[0]: "0.0.0.0/0": wider than any network of proxies: clients would be trusted as well; list the addresses of the proxies
}
