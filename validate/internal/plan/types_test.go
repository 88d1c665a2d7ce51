package plan

import (
	"encoding/json"
	"reflect"
	"testing"
)

// Each type in copies keeps its value when the bytes that it was decoded from change.
func TestCopiesCopy(t *testing.T) {
	samples := map[string]string{
		"time.Time": `"2026-01-02T03:04:05.678+01:23"`, "netip.Addr": `"fe80::1%eth0"`, "netip.AddrPort": `"[fe80::1%eth0]:80"`, "netip.Prefix": `"10.0.0.0/8"`,
		"net.IP": `"2001:db8::1"`, "big.Int": `123456789012345678901234567890`, "big.Float": `"1.25e10"`, "big.Rat": `"12345678901234567890/7"`, "slog.Level": `"WARN+2"`,
	}
	all := map[reflect.Type]bool{reflect.TypeFor[json.Number](): true, reflect.TypeFor[json.RawMessage](): true, reflect.TypeFor[any](): true, reflect.TypeFor[[]byte](): true}
	samples["json.Number"], samples["json.RawMessage"], samples["interface {}"], samples["[]uint8"] = `12345`, `{"a":"b"}`, `{"a":["b"]}`, `"AQID"`
	for typ := range copies {
		all[typ] = true
	}
	for typ := range all {
		sample, ok := samples[typ.String()]
		if !ok {
			t.Errorf("%v has no sample", typ)
			continue
		}
		body, v := []byte(sample), reflect.New(typ)
		if err := json.Unmarshal(body, v.Interface()); err != nil {
			t.Fatalf("%v: %v", typ, err)
		}
		before, _ := json.Marshal(v.Interface())
		for i := range body {
			body[i] = 'X'
		}
		if after, _ := json.Marshal(v.Interface()); string(after) != string(before) || len(before) < 4 {
			t.Errorf("%v: %s became %s", typ, before, after)
		}
	}
}
