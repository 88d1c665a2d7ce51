package ipdeny_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"

	"github.com/go-sallyport/sallyport/authz/ipdeny"
	"github.com/go-sallyport/sallyport/headers/clientip"
)

func Example() {
	ip, err := clientip.New(clientip.Direct())
	if err != nil {
		panic(err)
	}
	deny, err := ipdeny.New(ipdeny.Config{Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
	if err != nil {
		panic(err)
	}
	handler := ip.Handler(deny.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	for _, peer := range []string{"192.0.2.1:4711", "198.51.100.1:4711"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = peer
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(peer, w.Code)
	}
	// Output:
	// 192.0.2.1:4711 403
	// 198.51.100.1:4711 200
}
