package jwtauth_test

import (
	"context"
	"testing"
)

func BenchmarkCached(b *testing.B) {
	for _, s := range signers() {
		cfg := cachedConfig(s, 64)
		b.Run(string(s.alg), func(b *testing.B) {
			v, good := build(b, cfg), s.good()
			b.ReportAllocs()
			for b.Loop() {
				if p, err := v.Verify(context.Background(), good); err != nil || p.Subject != "ann" {
					b.Fatal(err)
				}
			}
		})
		b.Run(string(s.alg)+"/Handler", func(b *testing.B) { benchHandler(b, cfg, s.good()) })
	}
}
