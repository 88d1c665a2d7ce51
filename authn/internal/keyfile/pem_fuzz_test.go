package keyfile_test

import (
	"bytes"
	"encoding/pem"
	"reflect"
	"testing"

	"github.com/go-sallyport/sallyport/authn/internal/keyfile"
)

// Blocks finds what was written, and nothing else: writing the blocks of a whole text gives
// a text with the same blocks, and any other byte around them makes the text not whole.
func FuzzBlocks(f *testing.F) {
	one := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("abc")}))
	for _, seed := range []string{"", " ", one, one + one, one + "\n\r " + one, one + "x", "x" + one, one[:20] + one, one + one[:30], "-----BEGIN X-----\nA: b\n\nAAAA\n-----END X-----"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		blocks, whole := keyfile.Blocks(data)
		var again []byte
		for _, b := range blocks {
			text := pem.EncodeToMemory(b)
			if text == nil {
				return // a header that cannot be written
			}
			again = append(again, text...)
		}
		twice, wholeTwice := keyfile.Blocks(again)
		if !wholeTwice || len(twice) != len(blocks) {
			t.Fatalf("%d blocks, written again %d (%v)", len(blocks), len(twice), wholeTwice)
		}
		for n := range blocks {
			if twice[n].Type != blocks[n].Type || !bytes.Equal(twice[n].Bytes, blocks[n].Bytes) || len(twice[n].Headers) != len(blocks[n].Headers) {
				t.Fatalf("block %d: %+v, written again %+v", n, blocks[n], twice[n])
			}
		}
		if whole {
			for _, text := range [][]byte{append([]byte("x\n"), data...), append(bytes.Clone(data), "\nx"...)} {
				if more, ok := keyfile.Blocks(text); ok || len(more) > len(blocks) || len(more) > 0 && !reflect.DeepEqual(more[0], blocks[0]) {
					t.Fatalf("%q is whole: %d blocks", text, len(more))
				}
			}
		}
	})
}
