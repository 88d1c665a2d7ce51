package detect

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// names are the names that are always sensitive, in normal form. Each also
// stands for longer ones that end in it: "password" for db_password.
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

// endings are those that each of the names may have.
var endings = [...]string{"", "s"}

// freeLength is the length from which a name also matches at the end of a longer
// word: csrftoken is a token, but a spin is no pin.
const freeLength = 5

// A keySet holds names in normal form by their last two letters. Most keys are
// told apart from all of them by these, without a hash and without a copy in
// lower case.
type keySet struct {
	byEnd [32 * 32][]string
}

// end is the place in byEnd of the names that end in x and y, in any case.
func end(x, y byte) int { return int(x&31)<<5 | int(y&31) }

// add puts each of names, with each of endings, into the set.
func (k *keySet) add(names, endings []string) {
	for _, name := range names {
		for _, ending := range endings {
			k.insert(name + ending)
		}
	}
}

func (k *keySet) insert(name string) {
	n := len(name)
	for x := range byte(32) { // before a name of one letter any may stand
		if n == 1 || x == name[n-2]&31 {
			at := end(x, name[n-1])
			k.byEnd[at] = append(k.byEnd[at], name)
		}
	}
}

// match reports whether key ends in a name of the set, at the beginning of a
// word unless the name is long. key must be ASCII or folded.
func (k *keySet) match(key string) bool {
	i := before(key, len(key))
	if i < 0 {
		return false
	}
	x := byte(0)
	if j := before(key, i); j >= 0 {
		x = key[j]
	}
	for _, name := range k.byEnd[end(x, key[i])] {
		if at := endsIn(key, name); at >= 0 && (len(name) >= freeLength || beginsWord(key, at)) {
			return true
		}
	}
	return false
}

// endsIn returns where name begins in a key that ends in it, or -1.
func endsIn(key, name string) int {
	i := len(key)
	for n := len(name) - 1; n >= 0; n-- {
		if i = before(key, i); i < 0 || key[i]|0x20 != name[n]|0x20 {
			return -1
		}
	}
	return i
}

// before returns the place of the last letter or digit before key[i], or -1.
func before(key string, i int) int {
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

// separates reports whether c is neither letter nor digit.
func separates(c byte) bool { return c < utf8.RuneSelf && !isLetter(c) && !isDigit(c) }

// SensitiveKey reports whether the value under name is to be masked. Digits and
// brackets at the end are an index: password2 and tokens[0] are meant as well.
func (d *Detector) SensitiveKey(name string) bool {
	if n := len(name); n > 1 && isLetter(name[n-1]) && isLetter(name[n-2]) && d.keys.byEnd[end(name[n-2], name[n-1])] == nil {
		return false // the usual case
	}
	if strings.ContainsFunc(name, func(c rune) bool { return c >= utf8.RuneSelf }) {
		name = fold(name)
	}
	if n := len(name); !d.keys.match(name) && (n == 0 || isLetter(name[n-1]) || !d.keys.match(strings.TrimRight(name, decimal+"[]"))) {
		return false
	}
	return !slices.ContainsFunc(d.plain, func(p string) bool {
		at := endsIn(name, p)
		return at >= 0 && before(name, at) < 0
	})
}

// Normal is the form in which names are compared: small letters and digits.
func Normal(name string) string {
	return strings.Map(func(c rune) rune {
		if c < utf8.RuneSelf && separates(byte(c)) {
			return -1
		}
		return c
	}, fold(name))
}

// fold maps letters that differ in case only to one, the long s and the Kelvin
// sign included.
func fold(name string) string { return strings.ToLower(strings.ToUpper(name)) }
