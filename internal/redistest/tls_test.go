package redistest

import (
	"crypto/tls"
	"io"
	"testing"
)

func TestStartTLS(t *testing.T) {
	s, config := StartTLS(t, "--timeout", "77")
	for range 2 {
		c, err := tls.Dial("tcp", s.TLSAddr, config)
		if err != nil {
			t.Fatal(err)
		}
		reply := make([]byte, len("+PONG\r\n"))
		_, _ = io.WriteString(c, "PING\r\n")
		if _, err := io.ReadFull(c, reply); err != nil || string(reply) != "+PONG\r\n" {
			t.Errorf("%q %v", reply, err)
		}
		_ = c.Close()
		s.Restart(t) // on the same ports, with the same certificate
	}
	if _, err := tls.Dial("tcp", s.TLSAddr, &tls.Config{MinVersion: tls.VersionTLS12}); err == nil {
		t.Error("the certificate is trusted by a client that does not know it")
	}
	if v := mustDo(t, s, "CONFIG", "GET", "timeout"); len(v.([]any)) != 2 || v.([]any)[1] != "77" {
		t.Errorf("arguments: %v", v)
	}
}
