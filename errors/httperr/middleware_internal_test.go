package httperr

import (
	"testing"
	"unsafe"
)

// Clearing this one allocation, which holds the copy of the request too, is most of the
// cost of a request. More fields can move it to the next size class, 1408 bytes, without
// any other sign.
func TestExchangeFitsItsSizeClass(t *testing.T) {
	if size := unsafe.Sizeof(exchange{}); size > 1280 {
		t.Errorf("%d bytes, want at most 1280", size)
	}
}
