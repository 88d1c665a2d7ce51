package redisscript

import (
	"encoding/binary"
	"errors"
	"fmt"
)

const intSize = 8

// ErrReply is the error of a reply that is not the expected number of 8-byte integers.
var ErrReply = errors.New("a reply of another form")

// A Reply is the string that a script returned.
type Reply []byte

// Check returns an [ErrReply] unless r holds exactly the given number of integers.
func (r Reply) Check(integers int) error {
	if len(r) != intSize*integers {
		return fmt.Errorf("%w: %d bytes instead of %d integers", ErrReply, len(r), integers)
	}
	return nil
}

// Int returns the integer with index i. It panics if r holds fewer.
func (r Reply) Int(i int) int64 { return int64(binary.BigEndian.Uint64(r[intSize*i:])) }
