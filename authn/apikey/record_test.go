package apikey_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestValidate(t *testing.T) {
	a := build(t, apikey.Config{Store: newStore()})
	key, good, err := a.Generate(grant())
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		change func(*apikey.Record)
		want   []string
	}{
		"good":                        {func(*apikey.Record) {}, nil},
		"expired":                     {func(r *apikey.Record) { r.ExpiresAt = time.Unix(1, 0) }, nil},
		"required fields only":        {func(r *apikey.Record) { r.ClientID, r.Tenant, r.Scopes, r.Roles = "", "", nil, nil }, nil},
		"a key as ID":                 {func(r *apikey.Record) { r.ID = key }, []string{"apikey: ID: is not "}},
		"a bad ID":                    {func(r *apikey.Record) { r.ID = "0123456789-_" }, []string{"apikey: ID: is not "}},
		"no expiry":                   {func(r *apikey.Record) { r.ExpiresAt = time.Time{} }, []string{"apikey: ExpiresAt: is missing"}},
		"not valid before its expiry": {func(r *apikey.Record) { r.NotBefore = r.ExpiresAt }, []string{"apikey: NotBefore: "}},
		"no networks":                 {func(r *apikey.Record) { r.Networks = nil }, []string{"apikey: Networks: is empty"}},
		"any address":                 {func(r *apikey.Record) { r.Networks, r.DangerouslyAnyAddress = nil, true }, nil},
		"a contradiction":             {func(r *apikey.Record) { r.DangerouslyAnyAddress = true }, []string{"apikey: DangerouslyAnyAddress: contradicts"}},
		"networks": {func(r *apikey.Record) {
			r.Networks = append(prefixes("0.0.0.0/0", "::/0", "10.1.2.3/8", "::ffff:10.0.0.0/104", "192.0.2.0/24", "192.0.2.0/24", "192.0.2.1/32"), netip.Prefix{})
		}, []string{
			`apikey: Networks[0]: "0.0.0.0/0": is every`, `apikey: Networks[1]: "::/0": is every`,
			`apikey: Networks[2]: "10.1.2.3/8": has bits beyond its length; write 10.0.0.0/8, or 10.1.2.3/32 if`,
			`apikey: Networks[3]: "::ffff:10.0.0.0/104": is IPv4`, `apikey: Networks[5]: "192.0.2.0/24": is there twice`,
			`apikey: Networks[7]: is not a prefix`,
		}},
		"lists": {func(r *apikey.Record) {
			r.Scopes, r.Roles = []string{"a b", "", "a", "a", `"`}, []string{"", "a", "a", " a", "a\n"}
		}, []string{
			`apikey: Scopes[0]: "a b": `, `apikey: Scopes[1]: `, `apikey: Scopes[3]: "a": is there twice`, `apikey: Scopes[4]: "\""`,
			`apikey: Roles[0]: `, `apikey: Roles[2]: "a": is there twice`, `apikey: Roles[3]: " a"`, `apikey: Roles[4]: "a\n"`,
		}},
		"a successor":       {func(r *apikey.Record) { r.ReplacedBy = "000000000000" }, nil},
		"no successor":      {func(r *apikey.Record) { r.ReplacedBy = key }, []string{"apikey: ReplacedBy: is not "}},
		"its own successor": {func(r *apikey.Record) { r.ReplacedBy = r.ID }, []string{"apikey: ReplacedBy: is not "}},
		"times beyond RFC 3339": {func(r *apikey.Record) {
			r.NotBefore, r.ExpiresAt, r.CreatedAt = time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)
		}, []string{"apikey: NotBefore: has a year", "apikey: ExpiresAt: has a year", "apikey: CreatedAt: has a year"}},
		"names": {func(r *apikey.Record) { r.Subject, r.ClientID, r.Tenant = "a\x00", "b\x1b[31m", "\u202ec" },
			[]string{"apikey: Subject: ", "apikey: ClientID: ", "apikey: Tenant: "}},
		"zero": {func(r *apikey.Record) { *r = apikey.Record{} },
			[]string{"apikey: ID: ", "apikey: Hash: is missing", "apikey: Subject: ", "apikey: Networks: ", "apikey: ExpiresAt: "}},
	} {
		t.Run(name, func(t *testing.T) {
			r := good
			tc.change(&r)
			err := r.Validate()
			mwtest.Faults(t, err, tc.want...)
			allHaveFixes(t, err)
			if err != nil && strings.Contains(err.Error(), key) {
				t.Error("the key is in the error")
			}
		})
	}
}
