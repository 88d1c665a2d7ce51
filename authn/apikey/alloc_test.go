package apikey_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// eachStore returns a store in memory and one in a file, each with the record and 999
// others.
func eachStore(tb testing.TB, rec apikey.Record) map[string]apikey.ManagedStore {
	tb.Helper()
	records := []apikey.Record{rec}
	for range 999 {
		_, other := makeKey(tb)
		records = append(records, other)
	}
	memory := mwtest.Must[*apikey.MemoryStore](tb)(apikey.Memory(records...))
	path := tb.TempDir() + "/keys.json"
	if err := apikey.CreateFile(path); err != nil {
		tb.Fatal(err)
	}
	file := mwtest.Must[*apikey.FileStore](tb)(apikey.NewFile(apikey.FileConfig{Path: path}))
	if err := file.Put(tb.Context(), records...); err != nil {
		tb.Fatal(err)
	}
	return map[string]apikey.ManagedStore{"memory": memory, "file": file}
}

func TestAllocs(t *testing.T) {
	good, rec := makeKey(t)
	rec.ExpiresAt = rec.ExpiresAt.AddDate(1, 0, 0)
	unknown, _ := makeKey(t)
	for store, s := range eachStore(t, rec) {
		a := build(t, apikey.Config{Store: s})
		for name, tc := range map[string]struct {
			key  string
			max  float64
			want error
		}{
			"good":         {good, 1, nil}, // the Principal
			"bad checksum": {good[:len(good)-6] + "000000", 0, authn.ErrInvalid},
			"bad length":   {good + "0", 0, authn.ErrInvalid},
			"unknown":      {unknown, 0, authn.ErrInvalid},
		} {
			r := request(tc.key).WithContext(authn.NewContext(context.Background(), nil))
			mwtest.MaxAllocs(t, store+", "+name, tc.max, func() {
				if _, err := a.Authenticate(r); !errors.Is(err, tc.want) {
					t.Fatal(err)
				}
			})
		}
		r := request(good).WithContext(authn.NewContext(context.Background(), nil))
		w := mwtest.NewDiscard()
		h := protect(t, a, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if p, _ := authn.FromContext(r.Context()); p == nil || p.Subject != "ann" {
				t.Error("refused")
			}
		}))
		mwtest.MaxAllocs(t, store+", the whole middleware", 1, func() { h.ServeHTTP(w, r) })
	}
}

// BenchmarkAuthenticate compares a check with the hash of the secret alone, which every
// store of hashed keys has to compute.
func BenchmarkAuthenticate(b *testing.B) {
	good, rec := makeKey(b)
	rec.ExpiresAt = rec.ExpiresAt.Add(time.Hour)
	b.Run("hash alone", func(b *testing.B) {
		var secret [43]byte
		copy(secret[:], good[24:])
		for b.Loop() {
			if sha256.Sum256(secret[:]) != rec.Hash {
				b.Fatal("not the secret")
			}
		}
	})
	for store, s := range eachStore(b, rec) {
		a := build(b, apikey.Config{Store: s})
		for name, tc := range map[string]struct {
			key  string
			want error
		}{"good": {good, nil}, "checksum": {good[:len(good)-6] + "000000", authn.ErrInvalid}} {
			b.Run(store+"/"+name, func(b *testing.B) {
				r := request(tc.key)
				b.ReportAllocs()
				for b.Loop() {
					if _, err := a.Authenticate(r); !errors.Is(err, tc.want) {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
