package apikey

import (
	"crypto/rand"
	"errors"
	"hash/crc32"

	"github.com/go-sallyport/sallyport/authn"
)

const (
	idLen     = 12 // 71 bits: enough that two keys never get the same ID
	secretLen = 43 // 256.03 bits
	sumLen    = 6  // 62^6 > 2^32
	tailLen   = idLen + 1 + secretLen + sumLen
)

// The errors of parse. They are made once, so that refusing a flood of guesses does
// not allocate.
var (
	errLength   = authn.ErrInvalid.With(errors.New("apikey: wrong length"))
	errHead     = authn.ErrInvalid.With(errors.New("apikey: wrong prefix or environment"))
	errAlphabet = authn.ErrInvalid.With(errors.New("apikey: malformed key"))
	errChecksum = authn.ErrInvalid.With(errors.New("apikey: wrong checksum"))
)

// parse splits a key that begins with head. A key has exactly one spelling: format
// returns the same key from the parts that parse returned.
func parse(head, key string) (id, secret string, err error) {
	if len(key) != len(head)+tailLen {
		return "", "", errLength
	}
	if key[:len(head)] != head {
		return "", "", errHead
	}
	body, sum := key[:len(key)-sumLen], key[len(key)-sumLen:]
	id, secret = body[len(head):len(head)+idLen], body[len(head)+idLen+1:]
	if !isBase62(id) || body[len(head)+idLen] != '_' || !isBase62(secret) || !isBase62(sum) {
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

func isBase62(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9', 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z':
		default:
			return false
		}
	}
	return true
}

// checksum returns the CRC-32 of s as a number in base 62, with the most significant
// digit first and leading zeros.
func checksum(s string) (sum [sumLen]byte) {
	n := ^uint32(0)
	// This loop replaces crc32.ChecksumIEEE, which takes a []byte: the copy of s
	// would escape to the heap, and be the only allocation that a guess causes.
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
		text = appendRandom(text, raw[:])
	}
	return string(text)
}

// appendRandom appends to text, up to its capacity, a character for each byte of
// raw. Six bits have 64 values, and the alphabet has 62 characters. appendRandom
// drops the bytes with the last two values: a remainder would map them to the first
// two characters, which would then be twice as likely as the others.
func appendRandom(text, raw []byte) []byte {
	for _, b := range raw {
		if i := int(b & 63); i < len(alphabet) && len(text) < cap(text) {
			text = append(text, alphabet[i])
		}
	}
	return text
}
