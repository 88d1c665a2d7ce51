package apikey

import (
	"crypto/rand"
	"errors"
	"hash/crc32"

	"github.com/go-sallyport/sallyport/authn"
)

const (
	idLen     = 12 // 71 bits: enough that two keys never get the same
	secretLen = 43 // 256.03 bits
	sumLen    = 6  // 62^6 > 2^32
	tailLen   = idLen + 1 + secretLen + sumLen
)

// One error for each way in which a key is refused unread. They are made once:
// this is what a flood of guesses meets, and it shall cost nothing.
var (
	errLength   = authn.ErrInvalid.With(errors.New("apikey: wrong length"))
	errHead     = authn.ErrInvalid.With(errors.New("apikey: wrong prefix or environment"))
	errAlphabet = authn.ErrInvalid.With(errors.New("apikey: malformed key"))
	errChecksum = authn.ErrInvalid.With(errors.New("apikey: wrong checksum"))
)

// parse splits a key that begins with head. A key has exactly one spelling:
// format gives back what parse took.
func parse(head, key string) (id, secret string, err error) {
	if len(key) != len(head)+tailLen {
		return "", "", errLength
	}
	if key[:len(head)] != head {
		return "", "", errHead
	}
	body, sum := key[:len(key)-sumLen], key[len(key)-sumLen:]
	id, secret = body[len(head):len(head)+idLen], body[len(head)+idLen+1:]
	if !base62(id) || body[len(head)+idLen] != '_' || !base62(secret) || !base62(sum) {
		return "", "", errAlphabet
	}
	if want := checksum(body); sum != string(want[:]) {
		return "", "", errChecksum
	}
	return id, secret, nil
}

func format(head, id, secret string) string {
	body := head + id + "_" + secret
	sum := checksum(body)
	return body + string(sum[:])
}

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func base62(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9', 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z':
		default:
			return false
		}
	}
	return true
}

// checksum returns the CRC-32 of s as a number to the base of 62, with the most
// significant digit first and leading zeros.
func checksum(s string) (sum [sumLen]byte) {
	n := ^uint32(0)
	// By hand, since crc32 takes bytes, and the copy of a string escapes into
	// it: the only allocation that a guess could cause.
	for i := range len(s) {
		n = crc32.IEEETable[byte(n)^s[i]] ^ n>>8
	}
	n = ^n
	for i := range sum {
		sum[sumLen-1-i] = alphabet[n%62]
		n /= 62
	}
	return sum
}

// random returns n random characters of the alphabet.
func random(n int) string {
	text := make([]byte, 0, n)
	var raw [64]byte
	for len(text) < n {
		rand.Read(raw[:]) // never fails: it ends the program instead
		text = pick(text, raw[:])
	}
	return string(text)
}

// pick appends to text, up to its capacity, a character for each byte of raw.
// Bytes that would make some characters likelier than others are dropped: six
// bits count to 64, and a remainder would give the first two a second chance.
func pick(text, raw []byte) []byte {
	for _, b := range raw {
		if i := int(b & 63); i < len(alphabet) && len(text) < cap(text) {
			text = append(text, alphabet[i])
		}
	}
	return text
}
