package safelog

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// sensitive are the keys that are always masked, in normal form. A key matches
// by its last words, so "password" also stands for db_password.
var sensitive = [...]string{
	// credentials
	"authorization", "cookie", "apikey", "accesskey", "accesskeyid", "secretkey", "secretaccesskey",
	"privatekey", "signingkey", "encryptionkey", "password", "passwordhash", "passwd", "pwd",
	"passphrase", "passcode", "secret", "clientsecret", "credential", "bearer", "jwt", "token",
	"accesstoken", "refreshtoken", "idtoken", "sessionid", "otp", "totp", "pin", "mfacode",
	"recoverycode", "backupcode", "securitycode", "otpcode", "setcookie", "xapikey", "proxyauthorization",
	"pass", "passwordconfirmation", "authkey", "subscriptionkey", "secretstring", "privatekeypem",
	"sid", "sessid", "session", "signature", "sig",
	// people and their money
	"ssn", "socialsecuritynumber", "taxid", "passportnumber", "card", "cardnumber", "cardno",
	"creditcard", "pan", "cvv", "cvv2", "cvc", "iban", "accountnumber", "email", "emailaddress",
	"phone", "phonenumber", "msisdn", "dateofbirth",
}

// freeLength is the length from which a key also matches at the end of a longer
// word: csrftoken is a token, but a spin is no pin.
const freeLength = 5

// A keySet is a trie of keys read backwards: most keys are told apart from all
// sensitive ones by their last two or three letters, without a hash and without
// a copy in lower case.
type keySet struct {
	first [256]uint32 // children of the root, by letter
	nodes []keyNode   // nodes[0] is unused

	// endings has a bit for each three letters in which a key of the set can
	// end: one look at it decides for most keys, without a walk from node to
	// node.
	endings [32 * 32]uint32
}

type keyNode struct {
	child, sibling uint32
	letters        uint32 // a filter over the letters of the children
	letter         byte
	end, free      bool
}

// add puts a key in normal form and its plural into the set.
func (k *keySet) add(key string) {
	k.insert(key)
	k.insert(key + "s")
}

func (k *keySet) insert(key string) {
	if k.nodes == nil {
		k.nodes = make([]keyNode, 1, 512)
	}
	k.addEnding(key)
	at := uint32(0)
	for i := len(key) - 1; i >= 0; i-- {
		c := key[i]
		n := k.child(at, c)
		if n == 0 {
			n = uint32(len(k.nodes))
			k.nodes = append(k.nodes, keyNode{letter: c})
			if at == 0 {
				k.first[c] = n
			} else {
				k.nodes[n].sibling = k.nodes[at].child
				k.nodes[at].child = n
				k.nodes[at].letters |= 1 << (c & 31)
			}
		}
		at = n
	}
	k.nodes[at].end = true
	k.nodes[at].free = len(key) >= freeLength
}

// addEnding sets the bits of key. Before one of less than three letters any may
// stand. A key that ends in others than ASCII letters needs none.
func (k *keySet) addEnding(key string) {
	for a := range byte(32) {
		for b := range byte(32) {
			last := string([]byte{'`' + a, '`' + b}) + key
			x, y, z := last[len(last)-3], last[len(last)-2], last[len(last)-1]
			k.endings[uint(x&31)<<5|uint(y&31)] |= 1 << (z & 31)
			if len(key) >= 3 {
				return
			}
		}
	}
}

// mayEnd reports false if no key of the set ends like key, which is of three
// letters at least.
func (k *keySet) mayEnd(key string) bool {
	n := len(key)
	if n < 3 {
		return true
	}
	x, y, z := key[n-3], key[n-2], key[n-1]
	return !isLetter(x) || !isLetter(y) || !isLetter(z) || k.endings[uint(x&31)<<5|uint(y&31)]&(1<<(z&31)) != 0
}

func (k *keySet) child(at uint32, c byte) uint32 {
	if at == 0 {
		return k.first[c]
	}
	if k.nodes[at].letters&(1<<(c&31)) == 0 {
		return 0
	}
	n := k.nodes[at].child
	for n != 0 && k.nodes[n].letter != c {
		n = k.nodes[n].sibling
	}
	return n
}

// match reports whether key ends in a key of the set, at the beginning of a
// word unless that key is long. key must be ASCII or folded.
func (k *keySet) match(key string) bool { return k.mayEnd(key) && k.walk(key) }

func (k *keySet) walk(key string) bool {
	at := uint32(0)
	for i := len(key) - 1; i >= 0; i-- {
		c := key[i]
		if separates(c) {
			continue
		}
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if at = k.child(at, c); at == 0 {
			return false
		}
		if n := &k.nodes[at]; n.end && (n.free || beginsWord(key, i)) {
			return true
		}
	}
	return false
}

// beginsWord reports whether a word begins at key[i], as in userPin, user-pin
// and 2pin.
func beginsWord(key string, i int) bool {
	if i == 0 {
		return true
	}
	c, before := key[i], key[i-1]
	return separates(before) || '0' <= before && before <= '9' ||
		'A' <= c && c <= 'Z' && (before < 'A' || before > 'Z')
}

// separates reports whether c is neither letter nor digit.
func separates(c byte) bool {
	return c < 0x80 && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
}

// sensitive reports whether the value under key is to be masked. Digits and
// brackets at the end are an index: password2 and tokens[0] are meant as well.
func (r *rules) sensitive(key string) bool {
	for i := range len(key) {
		if key[i] >= utf8.RuneSelf {
			return r.masked(fold(key))
		}
	}
	return r.masked(key)
}

// masked is sensitive for a key that is ASCII or folded.
func (r *rules) masked(key string) bool {
	if !r.keys.match(key) {
		n := len(key)
		if n == 0 || !isIndex(key[n-1]) {
			return false
		}
		for n > 0 && isIndex(key[n-1]) {
			n--
		}
		if !r.keys.match(key[:n]) {
			return false
		}
	}
	return len(r.plain) == 0 || !r.plain[normal(key)]
}

func isIndex(c byte) bool { return isDigit(c) || c == '[' || c == ']' }

// normal is the form in which keys are compared: small letters and digits.
func normal(key string) string {
	return strings.Map(func(c rune) rune {
		if c < 0x80 && separates(byte(c)) {
			return -1
		}
		return c
	}, fold(key))
}

// fold maps letters that differ in case only to one, the long s and the Kelvin
// sign included.
func fold(key string) string {
	return strings.Map(func(c rune) rune {
		least := c
		for f := unicode.SimpleFold(c); f != c; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		return unicode.ToLower(least)
	}, key)
}
