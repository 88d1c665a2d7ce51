package opaque

import (
	"encoding/binary"
	"errors"
	"time"
)

// A State is the principal of a session, with its present rights. It is the part of the
// record that each request reads, so it is compact.
type State struct {
	// GrantedAt is when the rights were asked for, by the clock of the store. Zero if they
	// are the rights of the login.
	GrantedAt time.Time

	AuthTime time.Time // in seconds
	Subject  string
	ClientID string
	Tenant   string
	ACR      string
	Scopes   []string
	Roles    []string
}

const (
	version  = 1
	fixedLen = 1 + 8 + 8
)

var errState = errors.New("session: the state of a session in the store is not readable")

// Encode returns the form in which the store keeps s: the version, the two times, the number
// of scopes, and all texts, each behind its length.
func (s *State) Encode() []byte {
	b := append(make([]byte, 0, 256), version)
	b = binary.BigEndian.AppendUint64(b, uint64(milli(s.GrantedAt)))
	b = binary.BigEndian.AppendUint64(b, uint64(s.AuthTime.Unix()))
	b = binary.AppendUvarint(b, uint64(len(s.Scopes)))
	for _, list := range [][]string{{s.Subject, s.ClientID, s.Tenant, s.ACR}, s.Scopes, s.Roles} {
		for _, text := range list {
			b = append(binary.AppendUvarint(b, uint64(len(text))), text...)
		}
	}
	return b
}

// milli returns 0 for the zero time.
func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Decode reads the output of Encode, and refuses all other texts. It allocates one text and
// one list.
func Decode(b []byte) (s State, err error) {
	if len(b) < fixedLen || b[0] != version {
		return State{}, errState
	}
	if ms := int64(binary.BigEndian.Uint64(b[1:])); ms != 0 {
		s.GrantedAt = time.UnixMilli(ms).UTC()
	}
	s.AuthTime = time.Unix(int64(binary.BigEndian.Uint64(b[9:])), 0).UTC()
	scopes, n := number(b[fixedLen:])
	if n == 0 {
		return State{}, errState
	}
	b = b[fixedLen+n:]
	count, ok := countTexts(b)
	const fields = 4
	if !ok || count < fields || scopes > uint64(count-fields) {
		return State{}, errState
	}
	rest := string(b)
	for _, field := range []*string{&s.Subject, &s.ClientID, &s.Tenant, &s.ACR} {
		*field, rest = cutText(rest)
	}
	if count -= fields; count > 0 {
		list := make([]string, count)
		for i := range list {
			list[i], rest = cutText(rest)
		}
		// An append to the scopes must not reach the roles.
		s.Scopes, s.Roles = list[:scopes:scopes], list[scopes:]
	}
	return s, nil
}

// countTexts counts the texts that b consists of. ok is false if it has anything else.
func countTexts(b []byte) (count int, ok bool) {
	for ; len(b) > 0; count++ {
		size, n := number(b)
		if n == 0 || size > uint64(len(b)-n) {
			return 0, false
		}
		b = b[n+int(size):]
	}
	return count, true
}

// cutText returns the first text of s and the rest. countTexts has checked s.
func cutText(s string) (text, rest string) {
	size, n := number(s)
	end := n + int(size)
	return s[n:end], s[end:]
}

// number reads a number in the form of binary.AppendUvarint. n is its length, or 0 if b does
// not begin with a number below 2^56 in its shortest form.
func number[T string | []byte](b T) (v uint64, n int) {
	for i := 0; i < len(b) && i < 8; i++ {
		v |= uint64(b[i]&0x7f) << (7 * i)
		if b[i] < 0x80 {
			if b[i] == 0 && i > 0 {
				return 0, 0
			}
			return v, i + 1
		}
	}
	return 0, 0
}
