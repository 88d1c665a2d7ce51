package family

import (
	"encoding/binary"
	"errors"
	"time"
)

// A State is the part of a family that a rotation changes. It has the same size for ever,
// however often the family has rotated.
type State struct {
	Current  Hash // of the token that rotates next
	Previous Hash // of its predecessor; zero before the first rotation

	// Replaced is the hash of the successor that Current has replaced, because no
	// client had presented it. Zero if there was no replacement.
	Replaced Hash

	// Wrapped is the key under which a replacement of Current will be sealed for Current,
	// wrapped for Previous. Zero without LostReply.
	Wrapped [wrappedLen]byte

	// PreviousSince is the time at which Previous stopped to be the current token. Zero: the
	// time is Family.Rotated.
	PreviousSince time.Time

	// Confirmed reports that Current was presented, so a client has received it.
	Confirmed bool
}

const (
	stateVersion = 1
	wrappedLen   = 32
	stateLen     = 2 + 3*len(Hash{}) + wrappedLen + 8
)

var errState = errors.New("session: the state of a session in the store is not readable")

// Encode returns the form in which the store keeps s.
func (s *State) Encode() []byte {
	b := make([]byte, 0, stateLen)
	b = append(b, stateVersion, 0)
	if s.Confirmed {
		b[1] = 1
	}
	b = append(b, s.Current[:]...)
	b = append(b, s.Previous[:]...)
	b = append(b, s.Replaced[:]...)
	b = append(b, s.Wrapped[:]...)
	var ms int64
	if !s.PreviousSince.IsZero() {
		ms = s.PreviousSince.UnixMilli()
	}
	return binary.BigEndian.AppendUint64(b, uint64(ms))
}

// DecodeState reads what Encode has written, and nothing else.
func DecodeState(b []byte) (s State, err error) {
	if len(b) != stateLen || b[0] != stateVersion || b[1] > 1 {
		return State{}, errState
	}
	s.Confirmed = b[1] == 1
	b = b[2:]
	for _, part := range [][]byte{s.Current[:], s.Previous[:], s.Replaced[:], s.Wrapped[:]} {
		copy(part, b)
		b = b[len(part):]
	}
	switch ms := int64(binary.BigEndian.Uint64(b)); {
	case ms < 0: // Encode writes the zero time as 0
		return State{}, errState
	case ms > 0:
		s.PreviousSince = time.UnixMilli(ms)
	}
	return s, nil
}
