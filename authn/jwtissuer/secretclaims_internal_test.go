package jwtissuer

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/safelog"
)

// A name that a token may not carry is a name that a log masks.
func TestSecretNamesAreMaskedInLogs(t *testing.T) {
	for _, name := range append(secretNames[:], shortSecretNames[:]...) {
		var b bytes.Buffer
		h, err := safelog.New(slog.NewTextHandler(&b, nil), safelog.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if slog.New(h).Info("m", name, "hunter2"); strings.Contains(b.String(), "hunter2") {
			t.Errorf("safelog does not mask %s", name)
		}
		if !isSecretName(name, true) || !isSecretName("user_"+name+"s", false) && len(name) > 4 && name != "cookie" && name != "authorization" {
			t.Errorf("%s is not refused", name)
		}
	}
}
