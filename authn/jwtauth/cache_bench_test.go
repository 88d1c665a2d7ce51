package jwtauth_test

import (
	"context"
	"testing"
)

func BenchmarkCached(b *testing.B) {
	for _, s := range signers() {
		b.Run(string(s.alg), func(b *testing.B) {
			cfg := config(s)
			cfg.Cache = 64
			v, good := build(b, cfg), s.good()
			b.ReportAllocs()
			for b.Loop() {
				if p, err := v.Verify(context.Background(), good); err != nil || p.Subject != "ann" {
					b.Fatal(err)
				}
			}
		})
	}
}
