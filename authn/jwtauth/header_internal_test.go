package jwtauth

import (
	"fmt"
	"sync"
	"testing"
)

func TestHeaders(t *testing.T) {
	var h headerCache
	if h.find("") != nil || h.find("a") != nil {
		t.Error("find returns a header from an empty cache")
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 200 {
				segment := fmt.Sprintf("segment-%d", (i*7+g)%9)
				if k := h.find(segment); k == nil {
					h.put(knownHeader{segment: segment, kid: segment})
				} else if k.segment != segment || k.kid != segment {
					t.Errorf("%s is %+v", segment, k)
				}
			}
		})
	}
	wg.Wait()
	known := 0
	for i := range 9 {
		if h.find(fmt.Sprintf("segment-%d", i)) != nil {
			known++
		}
	}
	if known == 0 || known > len(h) {
		t.Errorf("%d headers are cached", known)
	}
}
