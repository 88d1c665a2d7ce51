package tlsreload_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-sallyport/sallyport/tls/tlsconf"
	"github.com/go-sallyport/sallyport/tls/tlsreload"
)

// exampleFolder stands for the folder of a mounted secret.
func exampleFolder() (dir string, renew func(), remove func()) {
	t := new(testing.T) // the helpers of the tests want one
	ca := newAuthority(t, "ca")
	dir, err := os.MkdirTemp("", "certs")
	if err != nil {
		panic(err)
	}
	renew = func() { folder(dir).write(t, ca.issue(t, "server", year)) }
	renew()
	return dir, renew, func() { _ = os.RemoveAll(dir) }
}

func Example() {
	dir, renew, remove := exampleFolder()
	defer remove()

	certs, err := tlsreload.New(tlsreload.Config{
		TLS:   tlsconf.Intermediate(),
		Pairs: []tlsreload.Pair{{CertFile: filepath.Join(dir, "tls.crt"), KeyFile: filepath.Join(dir, "tls.key")}},
		Observe: func(s tlsreload.Status) {
			fmt.Println("loaded; expires soon:", s.Expiring, "error:", s.Err)
		},
	})
	if err != nil {
		panic(err)
	}
	defer func() { _ = certs.Close() }()
	reports, err := tlsconf.SelfTest(certs.TLS(), "example.com")
	fmt.Println(len(reports), "versions,", err)
	// err = tlsconf.Serve(ctx, tlsconf.ServerConfig{Addr: ":443", TLS: certs.TLS()}, handler)

	renew() // the goroutine would find the change within a minute
	if err := certs.Reload(); err != nil {
		panic(err)
	}
	// Output:
	// loaded; expires soon: false error: <nil>
	// 2 versions, <nil>
	// loaded; expires soon: false error: <nil>
}
