package detect

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/internal/sanitize"
)

// The patterns are hand-written for speed. This file implements each pattern a
// second time, slowly and in another way: with regular expressions, tried at
// every index, without state from one index to the next.

// A slowPattern implements the pattern of the same name.
type slowPattern func(t text, i int) (lo, hi int)

var slowPatterns = map[string]slowPattern{
	"control or invisible character":      slowControl,
	"card number":                         slowCardNumber,
	"JSON Web Token":                      slowJWT,
	"JSON Web Token with a spaced header": slowSpacedJWT,
	"Bearer":                              slowBearer,
	"Basic":                               slowBasic,
	"private key":                         slowPrivateKey,
	"userinfo of a URL":                   slowUserinfo,
	"key of a vendor":                     slowToken,
	"key of a vendor after a number":      slowNumberToken,
	"data source name":                    slowDSN,
	"e-mail address":                      slowEmail,
	"e-mail address in a URL":             slowEscapedEmail,
	"key of a query":                      slowQueryKey,
	"sensitive pair":                      slowPair,
}

// slowScan returns the extents of all secrets in s.
func slowScan(s string, open bool) (found [][2]int) {
	t := text{s: s, open: open}
	for i := 0; i < len(s); i++ {
		for _, p := range patterns {
			lo, hi := slowPatterns[p.name](t, i)
			if lo < 0 {
				continue
			}
			if s[lo:hi] != Mark {
				found = append(found, [2]int{lo, hi})
				t.from = hi
			}
			i = max(i, hi-1)
			break
		}
	}
	return found
}

// latin makes one character of each byte, so that an expression can match bytes.
func latin(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

// matched returns how many bytes re matches at the beginning of s, or -1.
func matched(re *regexp.Regexp, s string) int {
	m := re.FindStringIndex(latin(s))
	if m == nil || m[0] > 0 {
		return -1
	}
	return utf8.RuneCountInString(latin(s)[:m[1]])
}

// matchedBack returns how many bytes re, which ends in $, matches at the end of s.
func matchedBack(re *regexp.Regexp, s string) int {
	return utf8.RuneCountInString(re.FindString(latin(s)))
}

func slowControl(t text, i int) (lo, hi int) {
	for at, c := range t.s[t.from:] {
		if t.from+at == i {
			size := len(string(c))
			invalid := !strings.HasPrefix(t.s[i:], string(c))
			if invalid {
				size = 1
			}
			if invalid || unicode.IsControl(c) || sanitize.Invisible(c) {
				return i, i + size
			}
		}
	}
	return -1, 0
}

var (
	base64URL = regexp.MustCompile(`[\w-]*$`)
	jwtWhole  = regexp.MustCompile(`^([\w-]*=*)\.([\w-]*=*)\.([\w-]*=*)((?:\.(?:[\w-]+=*|=+))*)`)
	jwtCut    = regexp.MustCompile(`^[\w-]*=*(\.[\w-]*=*)?$`)
	jsonText  = regexp.MustCompile(`^[\t\n\r -~]{9}$`)
)

func slowHeaderText(s string) bool {
	if len(s) < 12 {
		return false
	}
	b, err := base64.RawURLEncoding.DecodeString(s[:12])
	return err == nil && jsonText.Match(b) && !strings.ContainsAny(s[:12], "\r\n")
}

func slowJWT(t text, i int) (lo, hi int) {
	lo = i - 2
	if lo < t.from || !strings.HasPrefix(t.s[lo:], "eyJ") || !slowHeaderText(t.s[lo:]) {
		return -1, 0
	}
	return slowParts(t, lo)
}

func slowParts(t text, lo int) (int, int) {
	s := t.s[lo:]
	if t.open && jwtCut.MatchString(s) {
		return lo, len(t.s)
	}
	m := jwtWhole.FindStringSubmatch(s)
	if m == nil || len(m[2]) == 1 || m[2] == "" && m[3] == "" {
		return -1, 0
	}
	return lo, lo + len(m[0])
}

func slowSpacedJWT(t text, i int) (lo, hi int) {
	run := matchedBack(base64URL, t.s[t.from:i])
	if t.s[i] != '.' || run == 0 || i-t.from < 13 || !strings.ContainsAny(t.s[i-1:i], "90Q") {
		return -1, 0
	}
	for k := i - run; k <= i-12; k++ {
		if slices.Contains([]string{"eyA", "eyB", "ewo", "ew0", "ewk"}, t.s[k:k+3]) && slowHeaderText(t.s[k:]) {
			return slowParts(t, k)
		}
	}
	return -1, 0
}

var (
	afterScheme = regexp.MustCompile(`^( |%20|\x{c2}\x{a0}) *(\\{0,3}["'])?([\w.~+/%-]+)(=*)("?)`)
	proseWord   = regexp.MustCompile(`^[a-z]{1,14}$`)
)

func slowCredentials(t text, i int, scheme string) (token string, lo, hi int) {
	m := afterScheme.FindStringSubmatch(latin(t.s[i:]))
	if i < len(scheme) || !strings.EqualFold(t.s[i-len(scheme):i], scheme) || m == nil {
		return "", -1, 0
	}
	if len(m[3]) <= 64 && m[4] != "" && m[5] != "" {
		return "", -1, 0
	}
	before := matched(afterScheme, t.s[i:]) - len(m[5]) - len(m[4]) - len(m[3])
	return m[3], i + before, i + before + len(m[3]) + len(m[4])
}

func slowBearer(t text, i int) (lo, hi int) {
	token, lo, hi := slowCredentials(t, i, "bearer")
	if lo < 0 || proseWord.MatchString(token) {
		return -1, 0
	}
	return lo, hi
}

func slowBasic(t text, i int) (lo, hi int) {
	token, lo, hi := slowCredentials(t, i, "basic")
	if lo < 0 {
		return -1, 0
	}
	if len(token) > 1024 {
		return lo, hi
	}
	token = strings.NewReplacer("-", "+", "_", "/").Replace(token)
	var plain []byte
	whole := true
	for len(token) > 0 && whole {
		four := token[:min(4, len(token))]
		b, err := base64.RawStdEncoding.DecodeString(four)
		if whole = err == nil; whole {
			plain, token = append(plain, b...), token[len(four):]
		}
	}
	if slices.Contains(plain, ':') && (whole || len(plain) >= 8) {
		return lo, hi
	}
	return -1, 0
}

func slowPrivateKey(t text, i int) (lo, hi int) {
	s, head := t.s[i:], "-----BEGIN"
	if s[0] != ' ' || !strings.HasSuffix(t.s[:i], head) {
		return -1, 0
	}
	label, _, _ := strings.Cut(s[:min(64, len(s))], "-----")
	if !strings.Contains(label, " PRIVATE KEY") {
		return -1, 0
	}
	lo = max(i-len(head), t.from)
	body, tail, ended := strings.Cut(s, "-----END")
	if !ended {
		return lo, len(t.s)
	}
	hi = i + len(body) + len("-----END")
	if label, _, whole := strings.Cut(tail[:min(64, len(tail))], "-----"); whole {
		hi += len(label) + len("-----")
	}
	return lo, hi
}

const label = `A-Za-z0-9\x{80}-\x{ff}`

var (
	authority = regexp.MustCompile("^[^/?#\\\\ \"'<>`]*")
	host      = regexp.MustCompile("^(?:[/[]|([" + label + `_-][` + label + "_.-]*)(?::[0-9]{1,5}(?:[^" + label + "-]|$)|[ /?#(,;)\\]}\"'`<>\\\\]|$))")
	version   = regexp.MustCompile(`^v?[0-9.]*$`)
	network   = regexp.MustCompile(`^[0-9]*\.[0-9]*\.[0-9]*\.[0-9]*$`)
	onlyPort  = regexp.MustCompile("^:[0-9]{1,5}(?:[^" + label + "-]|$)")
	digits    = regexp.MustCompile(`^[0-9]*$`)
	webScheme = regexp.MustCompile(`(?:[Hh][Tt][Tt][Pp][Ss]?|[Ww][Ss][Ss]?)$`)
)

func slowHost(s string) bool {
	m := host.FindStringSubmatch(latin(s))
	return m != nil && (m[1] == "" || !version.MatchString(m[1]) || network.MatchString(m[1]))
}

func slowUserinfo(t text, i int) (lo, hi int) {
	rest, ok := strings.CutPrefix(t.s[i:], "://")
	if !ok {
		return -1, 0
	}
	lo = i + 3
	auth := rest[:matched(authority, rest)]
	_, password, both := strings.Cut(auth, ":")
	switch at := strings.LastIndex(auth, "@"); {
	case at > 0:
		return lo, lo + at
	case !both:
		return -1, 0
	case t.open && auth == rest:
		return lo, len(t.s)
	case auth == rest, rest[0] == '[':
		return -1, 0
	}
	port := digits.MatchString(password)
	if port && (password == "" || rest[len(auth)] == ' ' || webScheme.MatchString(t.s[:i])) {
		return -1, 0
	}
	hi = -1
	for k := len(auth); k < min(len(rest), 256) && !strings.ContainsAny(rest[k:k+1], "\"'<>`"); k++ {
		if rest[k] == ' ' && (port || hi >= 0) {
			break
		}
		if rest[k] == '@' && slowHost(rest[k+1:]) {
			hi = lo + k
		}
	}
	if hi < 0 {
		return -1, 0
	}
	return lo, hi
}

var (
	unquoted    = regexp.MustCompile("[^ \"'<>`]*$")
	noPassword  = regexp.MustCompile(`^(?i:mailto|acct|sips?|xmpp|npm)$`)
	local       = regexp.MustCompile("[" + label + `._+%~'&!#$*-]+$`)
	domain      = regexp.MustCompile("^[" + label + `][` + label + `-]*(?:\.[` + label + `][` + label + `-]*)*`)
	topLevel    = regexp.MustCompile(`^(?:[A-Za-z\x{80}-\x{ff}]{2,}|xn--.*)$`)
	atOrEscaped = regexp.MustCompile(`^(?:@|%40)`)
)

func slowDSN(t text, i int) (lo, hi int) {
	if t.s[i] != '@' || !slowHost(t.s[i+1:]) || i+1 == len(t.s) {
		return -1, 0
	}
	field := t.s[t.from:i]
	field = field[len(field)-min(matchedBack(unquoted, field), 256):]
	if d := strings.LastIndexAny(field, ",;&"); d >= 0 && strings.Contains(field[:d], "@") {
		field = field[d+1:]
	}
	user, password, both := strings.Cut(field, ":")
	if !both || strings.Contains(field, "://") || password == "" || strings.HasSuffix(password, ":") {
		return -1, 0
	}
	user = user[strings.LastIndexAny(user, "=([{,;&")+1:]
	if noPassword.MatchString(user) && !strings.Contains(password, ":") {
		return -1, 0
	}
	lo, hi = i-len(password)-1-len(user), i
	if _, end := slowEmail(t, i); end > hi && !onlyPort.MatchString(latin(t.s[end:])) {
		hi = end
	}
	return lo, hi
}

func slowEmail(t text, i int) (lo, hi int) {
	if t.s[i] != '@' {
		return -1, 0
	}
	return slowAddress(t, i)
}

func slowEscapedEmail(t text, i int) (lo, hi int) {
	if !strings.HasPrefix(t.s[i:], "%40") {
		return -1, 0
	}
	return slowAddress(t, i)
}

func slowAddress(t text, i int) (lo, hi int) {
	begin := i + matched(atOrEscaped, t.s[i:])
	size := matchedBack(local, t.s[t.from:i])
	n := matched(domain, t.s[begin:])
	if size == 0 || n < 0 {
		return -1, 0
	}
	labels := strings.Split(t.s[begin:begin+n], ".")
	for k := len(labels) - 1; k >= 1; k-- {
		if topLevel.MatchString(latin(labels[k])) {
			return i - min(size, 320), begin + len(strings.Join(labels[:k+1], "."))
		}
	}
	return -1, 0
}

var (
	queryName  = regexp.MustCompile(`[?&][Kk][Ee][Yy]$`)
	bareName   = regexp.MustCompile(`[\w.\-\[\]]*$`)
	escapedEnd = regexp.MustCompile(`^[nrt]`)
	header     = regexp.MustCompile(`(?:[Aa][Uu][Tt][Hh][Oo][Rr][Ii][Zz][Aa][Tt][Ii][Oo][Nn]|[Cc][Oo][Oo][Kk][Ii][Ee])$|^[^-]+-`)
	bearerName = regexp.MustCompile(`[Bb][Ee][Aa][Rr][Ee][Rr]$`)
	nextField  = regexp.MustCompile(`^[\w.%-]{1,64}:`)
	valueEnd   = regexp.MustCompile("^(?: |</|[&,;|](?:[ \"'`\\\\{[(]|$|[\\w.%-]{1,64}[=:])|[)\\]}\"'`>](?:\\.(?: |$)|[ ,;:)\\]}\"'`<>|&\\\\]|$))")
	openQuote  = regexp.MustCompile("^(\\\\*)([\"'`])")
	bracket    = regexp.MustCompile(`(\\*)(["'\[\](){}])`)
	alnumEnd   = regexp.MustCompile(`[A-Za-z0-9]$`)
	tokenChars = regexp.MustCompile(`^[\w.~+/%-]*`)
)

func slowStart(s string, i int) int {
	if strings.HasPrefix(s[i:], "=>") {
		i++
	}
	lo := i + 1 + len(s[i+1:]) - len(strings.TrimLeft(s[i+1:], " "))
	if lo == len(s) || s[lo] == '=' {
		return -1
	}
	return lo
}

func slowQueryKey(t text, i int) (lo, hi int) {
	if t.s[i] != '=' || !queryName.MatchString(t.s[:i]) || slowStart(t.s, i) < 0 {
		return -1, 0
	}
	return slowValue(t.s, slowStart(t.s, i))
}

// slowName returns the name before the separator s[i], and its index.
func slowName(s string, i int) (name string, start int, quoted, spaced bool) {
	k := i
	for k > 0 && s[k-1] == ' ' && i-k < 4 {
		k--
	}
	run := len(s[:k]) - len(strings.TrimRight(s[:k], "\"'`\\"))
	run = min(run, 8-(i-k))
	end := k - run
	name = s[:end][end-min(matchedBack(bareName, s[:end]), 64):]
	start = end - len(name)
	if strings.HasSuffix(s[:start], `\`) && escapedEnd.MatchString(name) {
		name, start = name[1:], start+1
	}
	if run > 0 {
		inside := s[max(0, end-384):end]
		if b := strings.LastIndexByte(inside, s[k-1]); b >= 0 {
			name = inside[b+1:]
			if strings.Contains(name, `\u`) {
				name = slowUnescape(name)
			}
		}
	}
	return name, start, run > 0, k < i
}

func slowUnescape(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		switch {
		case len(s) >= 6 && strings.HasPrefix(s, `\u`):
			if c, err := strconv.ParseUint(s[2:6], 16, 32); err == nil {
				b.WriteRune(rune(c))
			}
			s = s[6:]
		case s[0] == '\\':
			s = s[1:]
		default:
			b.WriteByte(s[0])
			s = s[1:]
		}
	}
	return b.String()
}

func slowPair(t text, i int) (lo, hi int) {
	s := t.s
	if i == 0 || s[i] != '=' && s[i] != ':' || alnumEnd.MatchString(s[:i]) && !isDigit(s[i-1]) && !slowEndsAny(s[max(0, i-64):i]) {
		return -1, 0
	}
	name, start, quoted, spaced := slowName(s, i)
	lo = slowStart(s, i)
	if name == "" || lo < 0 || !slowKey(name) {
		return -1, 0
	}
	if lo, hi = slowPairValue(t, i, lo, name, start, quoted, spaced); lo >= 0 && slowStays(name, s[lo:hi], s[lo-1]) {
		return -1, 0
	}
	return lo, hi
}

var (
	count     = regexp.MustCompile(`^[-0-9][0-9.]{0,15}$`)
	directory = regexp.MustCompile(`(?i)^(?:[a-z]:[\\/]|/(?:$|(?:` + strings.Join(roots[:], "|") + `)(?:/|$)))`)
)

func slowStays(name, value string, before byte) bool {
	if n, err := strconv.ParseFloat(value, 64); err == nil && count.MatchString(value) && !isQuote(before) {
		switch kind := slowKind(name); {
		case kind == plural && n > -1e12 && n < 1e12, kind == pluralDigits && n > -100 && n < 100:
			return true
		}
	}
	n := strings.ToLower(strings.Map(func(c rune) rune {
		if c < utf8.RuneSelf && !alnumEnd.MatchString(string(c)) {
			return -1
		}
		return c
	}, name))
	return value == "<nil" || n == "pwd" && directory.MatchString(value)
}

func slowPairValue(t text, i, lo int, name string, start int, quoted, spaced bool) (int, int) {
	s := t.s
	isHeader := header.MatchString(latin(name))
	inQuotes := openQuote.MatchString(s[max(0, start-1):]) && start > 0 && s[start-1] != '\\'
	switch {
	case s[i] == '=', quoted:
		return slowValue(s, lo)
	case isHeader && !spaced && lo > i+1:
		return slowHeader(s, start, lo, inQuotes)
	case !spaced && lo == i+1:
		return slowField(t, start, lo, isHeader, inQuotes)
	case strings.ContainsAny(s[lo:lo+1], "\"'`"):
		if lo+1 < len(s) && s[lo+1] != ' ' {
			return slowValue(s, lo)
		}
	}
	if bearerName.MatchString(name) {
		if token := tokenChars.FindString(s[lo:]); token != "" && !proseWord.MatchString(token) {
			return lo, lo + len(token)
		}
	}
	return -1, 0
}

func slowHeader(s string, start, lo int, inQuotes bool) (int, int) {
	if rest, marked := strings.CutPrefix(s[lo:], Mark); marked && (rest == "" || valueEnd.MatchString(rest)) {
		return -1, 0
	}
	if inQuotes {
		before := s[:start-1]
		return slowQuoted(s, lo, s[start-1], len(before)-len(strings.TrimRight(before, `\`)))
	}
	line, _, _ := strings.Cut(s[lo:], `\r\n`)
	if line == "" {
		return -1, 0
	}
	return lo, lo + len(line)
}

func slowField(t text, start, lo int, isHeader, inQuotes bool) (int, int) {
	s := t.s
	if isHeader && inQuotes {
		return slowHeader(s, start, lo, inQuotes)
	}
	from, hi := slowValue(s, lo)
	if from != lo || hi < len(s) && s[hi] != ' ' || s[lo] == '[' || s[lo] == '{' {
		return from, hi
	}
	end := max(hi, min(len(s), lo+1024))
	for j := hi; j < end; j++ {
		if s[j] == ' ' && nextField.MatchString(s[j+1:]) || (s[j] == '}' || s[j] == ']') && valueEnd.MatchString(s[j:]) {
			return lo, j
		}
	}
	if isHeader || t.open && end == len(s) {
		return lo, len(s)
	}
	return lo, hi
}

func slowQuoted(s string, lo int, quote byte, backslashes int) (int, int) {
	for j := lo; j < len(s); j++ {
		inside := strings.TrimRight(s[lo:j], `\`)
		if s[j] == quote && j-lo-len(inside) <= backslashes {
			if inside == "" {
				return -1, 0
			}
			return lo, lo + len(inside)
		}
	}
	if lo == len(s) {
		return -1, 0
	}
	return lo, len(s)
}

func slowValue(s string, lo int) (int, int) {
	if m := openQuote.FindStringSubmatch(s[lo:]); m != nil {
		return slowQuoted(s, lo+len(m[0]), m[2][0], len(m[1]))
	}
	hi := lo
	if strings.HasPrefix(s[hi:], "&{") || strings.HasPrefix(s[hi:], "&[") {
		hi++
	}
	for hi < len(s) {
		switch c := s[hi]; {
		case c == '{', c == '[', c == '(' && hi == lo:
			hi = slowClosing(s, hi)
			hi += len(s[hi:]) - len(strings.TrimPrefix(s[hi:], "interface {}"))
		case c == '\\' && hi > lo && strings.ContainsAny(s[hi-1:hi], ")]}"), valueEnd.MatchString(s[hi:]):
			if hi == lo {
				return -1, 0
			}
			return lo, hi
		default:
			hi++
		}
	}
	return lo, hi
}

func slowClosing(s string, open int) int {
	depth, quote, backslashes := 0, "", 0
	for _, m := range bracket.FindAllStringSubmatchIndex(s[open:], -1) {
		run, sign, before := m[3]-m[2], s[open+m[4]:open+m[5]], s[open:open+m[2]]
		switch {
		case quote != "":
			if sign == quote && run <= backslashes {
				quote = ""
			}
		case sign == `"`, sign == "'":
			if sign == `"` || !alnumEnd.MatchString(before) {
				quote, backslashes = sign, run
			}
		case sign == "[", sign == "{", sign == "(":
			depth++
		default:
			if depth--; depth == 0 {
				return open + m[1]
			}
		}
	}
	return len(s)
}

// slowKey splits the key into words and compares whole words from the end.
func slowKey(key string) bool { return slowKind(key) != notSensitive }

func slowKind(key string) keyKind {
	if len(latin(key)) > len(key) { // not ASCII
		key = fold(key)
	}
	kind := slowEnds(key, textNames[:], singular, plural)
	kind = max(kind, slowEnds(key, digitNames[:], singular, pluralDigits))
	if short := strings.TrimRight(key, "0123456789[]"); kind == notSensitive && short != key {
		kind = slowEnds(short, textNames[:], singular, plural)
		kind = max(kind, slowEnds(short, digitNames[:], singular, pluralDigits))
	}
	if slowEnds(key, harmless[:], singular, singular) != notSensitive {
		return notSensitive
	}
	return kind
}

// slowEndsAny reports whether key ends in a name.
func slowEndsAny(key string) bool {
	return slowEnds(key, textNames[:], singular, plural) != notSensitive || slowEnds(key, digitNames[:], singular, pluralDigits) != notSensitive
}

var wordBegin = regexp.MustCompile(`^([\x00-@[-` + "`" + `{-\x7f].|[a-z\x{80}-\x{ff}][A-Z])$`)

func slowEnds(key string, names []string, one, many keyKind) keyKind {
	for i := range len(key) + 1 {
		begins := i == 0 || i < len(key) && wordBegin.MatchString(latin(key[i-1:i+1]))
		var b strings.Builder
		for _, c := range []byte(key[i:]) {
			if c >= utf8.RuneSelf || alnumEnd.Match([]byte{c}) {
				b.WriteString(strings.ToLower(string(c)))
			}
		}
		n := b.String()
		if slices.Contains(names, n) && (begins || len(n) >= 5) {
			return one
		}
		if name, ok := strings.CutSuffix(n, "s"); ok && slices.Contains(names, name) && (begins || len(name) >= 5) {
			return many
		}
	}
	return notSensitive
}

func FuzzKeys(f *testing.F) {
	for _, k := range slices.Concat(textNames[:], digitNames[:], harmless[:]) {
		f.Add(k)
		f.Add("user_" + strings.ToUpper(k))
		f.Add("x" + k)
		f.Add("theUser" + strings.ToUpper(k[:1]) + k[1:] + "2")
		f.Add(k + "-x")
	}
	for _, k := range []string{"", "s", "-", "p-i-n", "spin", "sPin", "sPIN", "2pin", "pin2", "pins[3]", "a.b.otp", "discard", "CARD", "DISCARD", "card[", "cvv22", "TOKENs"} {
		f.Add(k)
	}
	d := New(nil, nil)
	f.Fuzz(func(t *testing.T, key string) {
		if len(key) > 80 {
			return
		}
		if got, want := d.kindOf(key), slowKind(key); got != want || d.SensitiveKey(key) != (want != notSensitive) {
			t.Errorf("%q: kind %v, want %v", key, got, want)
		}
	})
}
