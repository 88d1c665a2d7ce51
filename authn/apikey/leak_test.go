package apikey_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// Neither the key nor its secret is in the record, in an error, in a refusal or in
// the log. The attempts cover each reason for which a request can fail.
func TestKeyNeverAppears(t *testing.T) {
	a, s := buildWithStore(t)
	type attempt struct {
		key string
		err error
	}
	attempts := map[string]attempt{}
	var secrets []string
	add := func(name string, err error, mangle func(string) string, change func(*apikey.Record)) {
		key, rec := issue(t, a, s, change)
		text, jsonErr := json.Marshal(rec)
		secret := key[len(key)-49 : len(key)-6]
		for _, dump := range []string{fmt.Sprintf("%v %+v %#v", rec, rec, rec), string(text)} {
			if jsonErr != nil || strings.Contains(dump, secret) {
				t.Errorf("the record holds the secret: %s %v", dump, jsonErr)
			}
		}
		secrets = append(secrets, secret)
		attempts[name] = attempt{mangle(key), err}
	}
	as := func(key string) string { return key }
	add("good", nil, as, nil)
	add("expired", nil, as, func(r *apikey.Record) { r.ExpiresAt = time.Now().Add(-1) })
	add("early", nil, as, func(r *apikey.Record) { r.NotBefore = time.Now().Add(time.Minute) })
	add("outside", nil, as, func(r *apikey.Record) { r.Networks = prefixes("10.0.0.0/8") })
	add("checksum", nil, func(k string) string { return k[:len(k)-6] + "000000" }, nil)
	add("blank", nil, func(k string) string { return k + " " }, nil)
	add("scheme", nil, func(k string) string { return "Bearer " + k }, nil)
	add("head", nil, func(k string) string { return "other_" + k[6:] }, nil)
	add("alphabet", nil, func(k string) string { return k[:30] + "\x1b" + k[31:] }, nil)
	add("outage", errors.New("down"), as, nil)

	var log bytes.Buffer
	errs, err := httperr.New(httperr.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	bearer := build(t, apikey.Config{Store: s, Bearer: true})
	legacy := build(t, apikey.Config{Store: s, Prefix: "new", Env: "live", Legacy: func(context.Context, string) (apikey.Record, bool, error) {
		return apikey.Record{}, false, s.err
	}})
	h := errs.Handler(protect(t, a, &mwtest.Spy{}))
	others := []http.Handler{errs.Handler(protect(t, bearer, &mwtest.Spy{})), errs.Handler(protect(t, legacy, &mwtest.Spy{}))}
	for name, at := range attempts {
		s.err = at.err
		w := httptest.NewRecorder()
		h.ServeHTTP(w, request(at.key))
		_, authErr := a.Authenticate(request(at.key))
		seen := fmt.Sprintf("%s %v %+v", w.Body, w.Header(), authErr)
		for _, h := range others {
			r, w := request(at.key), httptest.NewRecorder()
			r.Header.Set("Authorization", "Bearer "+at.key)
			h.ServeHTTP(w, r)
			seen += fmt.Sprint(w.Body, w.Header())
		}
		for _, secret := range secrets {
			// A leak of half the secret is a failure too.
			if strings.Contains(seen, secret[:20]) || strings.Contains(seen, secret[23:]) {
				t.Errorf("%s: the secret leaked: %s", name, seen)
			}
			if strings.Contains(log.String(), secret[:20]) || strings.Contains(log.String(), secret[23:]) {
				t.Errorf("%s: the secret is in the log: %s", name, &log)
			}
		}
	}
	if n := strings.Count(log.String(), "msg=request"); n != 3*len(attempts) {
		t.Errorf("%d log records for %d requests", n, len(attempts))
	}
}
