package redistest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

const loopback = "127.0.0.1"

// The ports lie below the range that systems give to outgoing connections (32768 and up
// on Linux, 49152 and up elsewhere). Otherwise the port of a stopped server could
// belong to a client when the server restarts, and a client that dials a port without a
// listener could reach itself.
const firstPort, lastPort = 15000, 32767

// freePorts returns n different ports without a listener.
func freePorts(n int) ([]string, error) {
	ports := make([]string, 0, n)
	var err error
	for range 1000 {
		if len(ports) == n {
			return ports, nil
		}
		port := strconv.Itoa(firstPort + rand.IntN(lastPort-firstPort+1))
		var l net.Listener
		if l, err = net.Listen("tcp", net.JoinHostPort(loopback, port)); err != nil {
			continue
		}
		defer l.Close() //nolint:errcheck // open until all are found, so that they differ
		ports = append(ports, port)
	}
	return nil, fmt.Errorf("no free port from %d to %d: %w", firstPort, lastPort, err)
}
