package family

import (
	"crypto/hkdf"
	"crypto/sha256"
)

// sealedLen is the length of a sealed secret.
const sealedLen = secretLen

// seal returns secret, readable only with key. The keystream depends on the hash of the
// secret, so no keystream is used for two secrets.
func seal(secret string, key []byte) []byte {
	h := HashOf(secret)
	return xor([]byte(secret), stream(key, h[:], "sallyport session successor", sealedLen))
}

// open returns the secret with this hash that seal has sealed. ok is false if key or sealed
// is wrong.
func open(sealed, key []byte, h Hash) (secret string, ok bool) {
	if len(sealed) != sealedLen {
		return "", false
	}
	secret = string(xor(sealed, stream(key, h[:], "sallyport session successor", sealedLen)))
	return secret, HashOf(secret) == h
}

// replacementKey returns the key under which a replacement is sealed for the token with
// this secret. The secret cannot be derived from it.
func replacementKey(secret string) []byte {
	return stream([]byte(secret), nil, "sallyport session replacement", wrappedLen)
}

// wrap returns the replacement key of a successor with the hash h, readable only with the
// secret of its predecessor. unwrap is the same operation.
func wrap(key []byte, predecessor string, h Hash) (w [wrappedLen]byte) {
	copy(w[:], xor(key, stream([]byte(predecessor), h[:], "sallyport session wrap", wrappedLen)))
	return w
}

// stream derives n bytes from key (HKDF, RFC 5869).
func stream(key, salt []byte, purpose string, n int) []byte {
	b, err := hkdf.Key(sha256.New, key, salt, purpose, n)
	if err != nil {
		panic("family: " + err.Error()) // n is a constant far below the limit of HKDF
	}
	return b
}

func xor(text, keystream []byte) []byte {
	out := make([]byte, len(text))
	for i := range text {
		out[i] = text[i] ^ keystream[i]
	}
	return out
}
