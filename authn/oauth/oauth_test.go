package oauth_test

import (
	"testing"

	"github.com/go-sallyport/sallyport/internal/oauthtest"
)

func TestLogin(t *testing.T) {
	provider := oauthtest.New()
	defer provider.Close()
	s := newSite(t, provider, nil)
	v := newBrowser(t).open(s.URL + "/login?return_to=/notes%3Fa%3D1")
	if v.StatusCode != 200 || v.text != "page /notes?a=1 of session sb" || len(s.identities()) != 1 {
		t.Errorf("%d %s, %v", v.StatusCode, v.text, s.identities())
	}
}
