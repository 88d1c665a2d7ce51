package httperr

import (
	"testing"
	"unsafe"
)

// What a request costs here is mostly the clearing of this one allocation, and
// a field more can take it to the next size class, 896 bytes, unseen.
func TestExchangeFitsItsSizeClass(t *testing.T) {
	if size := unsafe.Sizeof(exchange{}); size > 768 {
		t.Errorf("%d bytes, want at most 768", size)
	}
}
