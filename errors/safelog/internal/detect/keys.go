package detect

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// longNameLength is the length from which a name also matches at the end of a
// longer word: csrftoken is a token, but spin is no pin.
const longNameLength = 5

// A keySet holds names in normal form, indexed by their last two letters. For most
// keys these two letters show that no name matches, without a hash and without a
// copy in lower case.
type keySet struct {
	byEnd [32 * 32][]keyName

	// third has, for each pair of last letters, the letters before that pair in the
	// names, one bit for each letter. For most keys the last three letters thus
	// show that no name matches.
	third [32 * 32]uint32
}

// A keyName is a name of a keySet.
type keyName struct {
	text string
	word bool // the name must begin at the beginning of a word
	kind keyKind
}

// A keyKind says which values under a sensitive name need no mask. Under a name
// of Config.Keys every value is masked.
type keyKind uint8

const (
	notSensitive keyKind = iota
	ownName              // a name of Config.Keys: every value is masked
	singular             // a number can be the secret
	plural               // a number is a count
	pluralDigits         // a number below leastCode is a count; a longer one can be the secret
)

// leastCode is the least number that can be a code, such as a card verification
// code. Every count is below notACount.
const leastCode, notACount = 100, 1e12

// endIndex returns the index in byEnd of the names that end in x and y, in upper
// or lower case.
func endIndex(x, y byte) int { return int(x&31)<<5 | int(y&31) }

// add puts each of names, with each of endings, into the set. kind is the kind
// of the names with the first ending, laterKind of the names with any other.
func (k *keySet) add(names, endings []string, kind, laterKind keyKind) {
	for _, name := range names {
		for i, ending := range endings {
			n := keyName{text: caseless(name + ending), word: len(name) < longNameLength, kind: kind}
			if i > 0 {
				n.kind = laterKind
			}
			k.insert(n)
		}
	}
}

// caseless returns name with the bit that distinguishes small from capital
// letters set in all bytes.
func caseless(name string) string {
	b := []byte(name)
	for i := range b {
		b[i] |= 0x20
	}
	return string(b)
}

// insert adds one name to the set.
func (k *keySet) insert(name keyName) {
	n := len(name.text)
	for x := range byte(32) { // a key may have any letter before a name of one letter
		if n == 1 || x == name.text[n-2]&31 {
			at := endIndex(x, name.text[n-1])
			first := len(k.byEnd[at])
			if name.kind == ownName {
				first = 0 // the first match counts
			}
			k.byEnd[at] = slices.Insert(k.byEnd[at], first, name)
			if n > 2 {
				k.third[at] |= 1 << (name.text[n-3] & 31)
			} else {
				k.third[at] = math.MaxUint32
			}
		}
	}
}

// excludes reports whether the last three letters of key show that key ends in no
// name of the set. If it returns false, key need not end in a name.
func (k *keySet) excludes(key string) bool {
	n := len(key)
	return n > 2 && isLetter(key[n-1]) && isLetter(key[n-2]) && isLetter(key[n-3]) &&
		k.third[endIndex(key[n-2], key[n-1])]>>(key[n-3]&31)&1 == 0
}

// match returns the kind of the name that key ends in. key must be ASCII or
// folded.
func (k *keySet) match(key string) keyKind {
	var space [64]byte // the end of key in normal form
	start := len(space)
	for i := len(key) - 1; i >= 0 && start > 0; i-- {
		if !separates(key[i]) {
			start--
			space[start] = key[i] | 0x20
		}
	}
	tail := space[start:]
	n := len(tail)
	if n == 0 {
		return notSensitive
	}
	names := k.byEnd[endIndex(tail[max(n-2, 0)], tail[n-1])]
	if n == 1 {
		names = k.byEnd[endIndex(0, tail[0])]
	}
	for r := range names {
		name := &names[r]
		ends := len(name.text) <= n && string(tail[n-len(name.text):]) == name.text ||
			len(name.text) > len(space) && endsIn(key, name.text) >= 0
		if ends && (!name.word || beginsWord(key, endsIn(key, name.text))) {
			return name.kind
		}
	}
	return notSensitive
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

// separates reports whether c is an ASCII character other than a letter or a digit.
func separates(c byte) bool { return c < utf8.RuneSelf && !isLetter(c) && !isDigit(c) }

// SensitiveKey reports whether the value under name must be masked, unless
// StaysNumber or StaysText says otherwise. Digits and brackets at the end of name
// are an index, so password2 and tokens[0] are sensitive as well.
func (d *Detector) SensitiveKey(name string) bool {
	if d.keys.excludes(name) {
		return false
	}
	return d.kindOf(name) != notSensitive
}

// kindOf returns the kind of the sensitive name that name ends in.
func (d *Detector) kindOf(name string) keyKind {
	name = foldBeyondASCII(name)
	kind := d.keys.match(name)
	if n := len(name); kind == notSensitive && n > 0 && !isLetter(name[n-1]) {
		kind = d.keys.match(strings.TrimRight(name, decimal+"[]"))
	}
	switch {
	case kind == notSensitive, d.plainFolded(name), kind != ownName && d.harmless.match(name) != notSensitive:
		return notSensitive
	}
	return kind
}

// PlainKey reports whether name is one of the names that the program declares not
// sensitive.
func (d *Detector) PlainKey(name string) bool {
	return len(d.plain) > 0 && d.plainFolded(foldBeyondASCII(name))
}

func (d *Detector) plainFolded(name string) bool {
	return slices.ContainsFunc(d.plain, func(p string) bool { return IsName(name, p) })
}

// IsName reports whether key is the name, without regard to case and separators.
func IsName(key, name string) bool {
	at := endsIn(key, name)
	return at >= 0 && lastAlnum(key, at) < 0
}

// OwnKey reports whether name ends in one of the names that the program added.
func (d *Detector) OwnKey(name string) bool { return d.kindOf(name) == ownName }

// StaysNumber reports whether n, a number under a sensitive name, is a count. The
// name must be a plural: prompt_tokens, active_sessions.
func (d *Detector) StaysNumber(name string, n float64) bool {
	switch d.kindOf(name) {
	case plural:
		return -notACount < n && n < notACount
	case pluralDigits:
		return -leastCode < n && n < leastCode
	}
	return false
}

// StaysText reports whether value, a text under a sensitive name, is a directory:
// PWD is the working directory in an environment, and elsewhere a password.
func (d *Detector) StaysText(name, value string) bool {
	return IsName(name, "pwd") && isDirectory(value) && !d.OwnKey(name)
}

// roots are the first parts of an absolute path, of the Filesystem Hierarchy
// Standard 3.0 and of usual container images.
var roots = [...]string{
	"app", "bin", "boot", "builds", "code", "data", "dev", "etc", "go", "home", "lib", "media", "mnt", "nix", "opt", "private", "proc",
	"repo", "root", "run", "sbin", "snap", "src", "srv", "sys", "tmp", "usr", "users", "var", "volumes", "work", "workdir", "workspace",
	"workspaces",
}

// isDirectory reports whether s is an absolute path below one of roots.
func isDirectory(s string) bool {
	if len(s) > 2 && isLetter(s[0]) && s[1] == ':' && (s[2] == '\\' || s[2] == '/') {
		return true // a path of Windows
	}
	path, ok := strings.CutPrefix(s, "/")
	first, _, _ := strings.Cut(path, "/")
	return ok && (path == "" || slices.ContainsFunc(roots[:], func(r string) bool { return strings.EqualFold(first, r) }))
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

// foldBeyondASCII folds name if it has other letters than those of ASCII.
func foldBeyondASCII(name string) string {
	if strings.ContainsFunc(name, func(c rune) bool { return c >= utf8.RuneSelf }) {
		return fold(name)
	}
	return name
}
