package scan

import (
	"bytes"
	"encoding/base64"
	"testing"
)

// The small parsers, each against the standard library's slow answer.

func FuzzBase64(f *testing.F) {
	for _, s := range []string{"", "AQI=", "AQ==", "AQJ=", "AR==", "====", "A===", "AQI", "AQ\nI=", "AAAA", "AQ==AAAA", "+/+/", "-_-_"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		_, err := base64.StdEncoding.Strict().DecodeString(string(b))
		want := err == nil && !bytes.ContainsAny(b, "\r\n")
		if got := strictBase64(b); got != want {
			t.Errorf("%q: %v, want %v", b, got, want)
		}
	})
}
