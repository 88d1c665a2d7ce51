package apikey_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/apikey"
)

const someText = `{"id":"0123456789AB","sha256":"` + someHash + `","subject":"ann","client_id":"cli","tenant":"acme",` +
	`"scopes":["notes:read"],"roles":["editor"],"networks":["192.0.2.0/24","2001:db8::/32"],` +
	`"not_before":"2026-01-02T03:04:05.000000006Z","expires_at":"2027-01-02T03:04:05.000000006Z",` +
	`"created_at":"2026-01-01T00:00:00Z","replaced_by":"CDEFGHIJKLMN"}`

const someHash = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

func TestRecordAsText(t *testing.T) {
	var r apikey.Record
	if err := json.Unmarshal([]byte(someText), &r); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	want := apikey.Record{
		ID: "0123456789AB", Subject: "ann", ClientID: "cli", Tenant: "acme", Scopes: []string{"notes:read"}, Roles: []string{"editor"},
		Networks: prefixes("192.0.2.0/24", "2001:db8::/32"), NotBefore: at, ExpiresAt: at.AddDate(1, 0, 0),
		CreatedAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), ReplacedBy: "CDEFGHIJKLMN",
	}
	for i := range 32 {
		want.Hash[i] = byte(i%16) * 0x11
	}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("got  %+v\nwant %+v", r, want)
	}
	if text, err := json.Marshal(r); err != nil || string(text) != someText {
		t.Errorf("%s, %v", text, err)
	}
	r.ExpiresAt = r.ExpiresAt.In(time.FixedZone("far", 14*3600))
	if text, err := json.Marshal(r); err != nil || string(text) != someText {
		t.Errorf("in another zone: %s, %v", text, err)
	}
	short := apikey.Record{ID: "0123456789AB", DangerouslyAnyAddress: true}
	if text, _ := json.Marshal(short); string(text) != `{"id":"0123456789AB","sha256":"`+strings.Repeat("00", 32)+`","subject":"","dangerously_any_address":true,"expires_at":"0001-01-01T00:00:00Z"}` {
		t.Errorf("%s", text)
	}
}

func TestRecordTextRefuses(t *testing.T) {
	const secret = "notes_live_3kTMd0bQxW9a_hunter2"
	for name, text := range map[string]string{
		"nothing":         ``,
		"a list":          `[]`,
		"a text":          `"` + secret + `"`,
		"half":            someText[:len(someText)/2],
		"an unknown name": strings.Replace(someText, `"client_id"`, `"clientid"`, 1),
		"a key as a name": `{"` + secret + `":1}`,
		"another case":    strings.Replace(someText, `"client_id"`, `"Client_ID"`, 1),
		"a member twice":  strings.Replace(someText, `{"id"`, `{"expires_at":"2029-01-01T00:00:00Z","id"`, 1),
		"null":            strings.Replace(someText, `"cli"`, `null`, 1),
		"a number":        strings.Replace(someText, `"cli"`, `7`, 1),
		"a key as hash":   strings.Replace(someText, someHash, secret, 1),
		"a short hash":    strings.Replace(someText, someHash, someHash[2:], 1),
		"a text as list":  strings.Replace(someText, `["notes:read"]`, `"`+secret+`"`, 1),
		"not a network":   strings.Replace(someText, `192.0.2.0/24`, secret, 1),
		"not a time":      strings.Replace(someText, `2026-01-02T03:04:05.000000006Z`, secret, 1),
		"more text":       someText + someText,
	} {
		record := apikey.Record{Subject: "unchanged"}
		err := record.UnmarshalJSON([]byte(text))
		if err == nil || record.Subject != "unchanged" {
			t.Errorf("%s: %+v, %v", name, record, err)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error repeats the text: %v", name, err)
		}
	}
}

// A text that is read as a record is what encoding/json reads too, without a name twice,
// and is written and read as the same record.
func FuzzRecordText(f *testing.F) {
	f.Add(someText)
	f.Add(`{"id":"a","id":"b"}`)
	f.Add(`{"sha256":"` + someHash + `","expires_at":"2026-01-02T03:04:05+23:59"}`)
	f.Add(`{"sha256":"` + someHash + `"} `)
	f.Fuzz(func(t *testing.T, text string) {
		var r, again apikey.Record
		if r.UnmarshalJSON([]byte(text)) != nil {
			return
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text), &members); err != nil {
			t.Fatalf("encoding/json refuses it: %v", err)
		}
		if got := strings.Count(text, `":`); got < len(members) {
			t.Fatalf("%d names, %d members", got, len(members))
		}
		written, err := json.Marshal(r)
		if err != nil {
			if r.Validate() == nil {
				t.Fatalf("a valid record cannot be written: %v", err)
			}
			return
		}
		if err := json.Unmarshal(written, &again); err != nil {
			t.Fatal(err)
		}
		if len(r.Scopes)+len(r.Roles)+len(r.Networks) > 0 && !reflect.DeepEqual(r, again) {
			t.Fatalf("%+v was read again as %+v", r, again)
		}
	})
}
