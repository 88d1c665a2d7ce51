package keyfile

import (
	"bytes"
	"encoding/pem"
)

var pemBegin = []byte("-----BEGIN ")

// Blocks splits a text in PEM (RFC 7468) into its blocks, with only white space around
// them. whole is false if there is any other text: the blocks are then those before it.
//
// encoding/pem skips text that it cannot read, also a damaged block. So pem.Decode gets
// only a text that begins with a block.
func Blocks(data []byte) (blocks []*pem.Block, whole bool) {
	for data = bytes.TrimSpace(data); len(data) > 0; {
		block, rest := pem.Decode(data)
		if block == nil || !bytes.HasPrefix(data, pemBegin) || bytes.Count(data[:len(data)-len(rest)], pemBegin) != 1 {
			return blocks, false
		}
		blocks, data = append(blocks, block), bytes.TrimSpace(rest)
	}
	return blocks, true
}
