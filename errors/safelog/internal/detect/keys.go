package detect

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// names are the names that are always sensitive, in normal form. Each also covers
// longer names that end in it: "password" covers db_password.
var names = [...]string{
	// credentials
	"authorization", "cookie", "apikey", "accesskey", "accesskeyid", "secretkey",
	"privatekey", "signingkey", "encryptionkey", "password", "passwordhash", "passwd", "pwd",
	"passphrase", "passcode", "secret", "credential", "bearer", "jwt", "token",
	"sessionid", "otp", "totp", "pin", "mfacode",
	"recoverycode", "backupcode", "securitycode", "otpcode",
	"pass", "passwordconfirmation", "authkey", "subscriptionkey", "secretstring", "privatekeypem",
	"sid", "sessid", "session", "signature", "sig",
	// people and their money
	"ssn", "socialsecuritynumber", "taxid", "passportnumber", "card", "cardnumber", "cardno",
	"creditcard", "pan", "cvv", "cvv2", "cvc", "iban", "accountnumber", "email", "emailaddress",
	"phone", "phonenumber", "msisdn", "dateofbirth",
}

// endings are the endings that each name may have.
var endings = [...]string{"", "s"}

// longNameLength is the length from which a name also matches at the end of a
// longer word: csrftoken is a token, but spin is no pin.
const longNameLength = 5

// A keySet holds names in normal form, indexed by their last two letters. For most
// keys these two letters show that no name matches, without a hash and without a
// copy in lower case.
type keySet struct {
	byEnd [32 * 32][]string
}

// endIndex returns the index in byEnd of the names that end in x and y, in upper
// or lower case.
func endIndex(x, y byte) int { return int(x&31)<<5 | int(y&31) }

// add puts each of names, with each of endings, into the set.
func (k *keySet) add(names, endings []string) {
	for _, name := range names {
		for _, ending := range endings {
			k.insert(name + ending)
		}
	}
}

// insert adds one name to the set.
func (k *keySet) insert(name string) {
	n := len(name)
	for x := range byte(32) { // a key may have any letter before a name of one letter
		if n == 1 || x == name[n-2]&31 {
			at := endIndex(x, name[n-1])
			k.byEnd[at] = append(k.byEnd[at], name)
		}
	}
}

// match reports whether key ends in a name of the set. A name shorter than
// longNameLength must begin at the beginning of a word. key must be ASCII or
// folded.
func (k *keySet) match(key string) bool {
	i := lastAlnum(key, len(key))
	if i < 0 {
		return false
	}
	x := byte(0)
	if j := lastAlnum(key, i); j >= 0 {
		x = key[j]
	}
	for _, name := range k.byEnd[endIndex(x, key[i])] {
		if at := endsIn(key, name); at >= 0 && (len(name) >= longNameLength || beginsWord(key, at)) {
			return true
		}
	}
	return false
}

// endsIn returns the index at which name begins if key ends in name, else -1.
func endsIn(key, name string) int {
	i := len(key)
	for n := len(name) - 1; n >= 0; n-- {
		if i = lastAlnum(key, i); i < 0 || key[i]|0x20 != name[n]|0x20 {
			return -1
		}
	}
	return i
}

// lastAlnum returns the index of the last letter or digit before key[i], or -1.
func lastAlnum(key string, i int) int {
	for i--; i >= 0 && separates(key[i]); i-- {
	}
	return i
}

// beginsWord reports whether a word begins at key[i], as in userPin, user-pin
// and 2pin.
func beginsWord(key string, i int) bool {
	if i == 0 {
		return true
	}
	c, before := key[i], key[i-1]
	return separates(before) || isDigit(before) || 'A' <= c && c <= 'Z' && (before < 'A' || before > 'Z')
}

// separates reports whether c is neither a letter nor a digit.
func separates(c byte) bool { return c < utf8.RuneSelf && !isLetter(c) && !isDigit(c) }

// SensitiveKey reports whether the value under name must be masked. Digits and
// brackets at the end of name are an index, so password2 and tokens[0] are
// sensitive as well.
func (d *Detector) SensitiveKey(name string) bool {
	if n := len(name); n > 1 && isLetter(name[n-1]) && isLetter(name[n-2]) && d.keys.byEnd[endIndex(name[n-2], name[n-1])] == nil {
		return false // no name has these last two letters: the common case
	}
	if strings.ContainsFunc(name, func(c rune) bool { return c >= utf8.RuneSelf }) {
		name = fold(name)
	}
	if n := len(name); !d.keys.match(name) && (n == 0 || isLetter(name[n-1]) || !d.keys.match(strings.TrimRight(name, decimal+"[]"))) {
		return false
	}
	return !slices.ContainsFunc(d.plain, func(p string) bool {
		at := endsIn(name, p)
		return at >= 0 && lastAlnum(name, at) < 0
	})
}

// Normal returns the form in which names are compared: small letters and digits.
func Normal(name string) string {
	return strings.Map(func(c rune) rune {
		if c < utf8.RuneSelf && separates(byte(c)) {
			return -1
		}
		return c
	}, fold(name))
}

// fold maps letters that differ only in case to one letter, including the long s
// and the Kelvin sign.
func fold(name string) string { return strings.ToLower(strings.ToUpper(name)) }
