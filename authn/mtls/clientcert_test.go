package mtls_test

import (
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/mtls"
)

func TestClientCertForms(t *testing.T) {
	for value, want := range map[string]string{":aGVsbG8=:": "hello", ":AA==:": "\x00", ":aGVs:": "hel"} {
		if got, ok := mtls.ParseClientCert(value); !ok || string(got) != want {
			t.Errorf("%q: %v %q", value, ok, got)
		}
	}
	if got, ok := mtls.ParseClientCert("  :aGVsbG8=: "); !ok || string(got) != "hello" {
		t.Errorf("blanks: %v %q", ok, got)
	}
	for _, value := range []string{
		"", ":", "::", "aGVsbG8=", ":aGVsbG8=", "aGVsbG8=:", ":aGVsbG8:", ":aGVsbG9=:", ":aGVs bG8=:", ":aGVs\nbG8=:", ":aGVs\r\nbG8=:", ":aGVsbG8=:;a", ":aGVsbG8=:;a=1",
		":aGVsbG8=:, :aGVsbG8=:", ":aGVsbG8=::aGVsbG8=:", `"aGVsbG8="`, "?1", ":_-8=:", "\t:aGVsbG8=:", ":aGVsbG8==:", ":=:", ":aGVsbG8=:,",
	} {
		if got, ok := mtls.ParseClientCert(value); ok {
			t.Errorf("%q: %q", value, got)
		}
	}
}

func TestClientCertChainForms(t *testing.T) {
	for value, want := range map[string]int{
		"": 0, "  ": 0, ":AA==:": 1, ":AA==:,:AA==:": 2, ":AA==: \t,\t :AA==:": 2, strings.Repeat(":AA==:,", 15) + ":AA==:": 16,
	} {
		if got, ok := mtls.ParseClientCertChain(value); !ok || len(got) != want {
			t.Errorf("%q: %v %d", value, ok, len(got))
		}
	}
	for _, value := range []string{
		",", ":AA==:,", ",:AA==:", ":AA==:,,:AA==:", ":AA==:;a,:AA==:", ":AA==: :AA==:", "(:AA==:)", strings.Repeat(":AA==:,", 16) + ":AA==:", ":AA==:,AA==", "\t:AA==:",
	} {
		if got, ok := mtls.ParseClientCertChain(value); ok {
			t.Errorf("%q: %d", value, len(got))
		}
	}
}
