package claim_test

import (
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
)

func TestTenant(t *testing.T) {
	const pattern, id = "https://login.example/{tenantid}/v2.0", "9188040d-6c67-4c5b-b112-36a304b66dad"
	if got, ok := claim.Tenant(pattern, "https://login.example/"+id+"/v2.0"); !ok || got != id {
		t.Errorf("%q, %v", got, ok)
	}
	for _, iss := range []string{
		"", pattern, "https://login.example/common/v2.0", "https://login.example/" + id, "https://login.example/" + id + "/v2.0/",
		"https://login.example/" + strings.ToUpper(id) + "/v2.0", "https://login.example.evil/" + id + "/v2.0", "https://login.exampl/" + id + "x/v2.0",
		"https://login.example/" + id[:35] + "/" + "/v2.0", "https://login.example/" + strings.ReplaceAll(id, "-", "0") + "/v2.0",
		"https://login.example/" + strings.Replace(id, "d", "g", 1) + "/v2.0", "https://login.example/" + strings.Replace(id, "9", "/", 1) + "/v2.0",
	} {
		if got, ok := claim.Tenant(pattern, iss); ok {
			t.Errorf("%q has the tenant %q", iss, got)
		}
	}
	if _, ok := claim.Tenant("https://login.example/v2.0", "https://login.example/v2.0"); ok {
		t.Error("a pattern without a mark has a tenant")
	}
}
