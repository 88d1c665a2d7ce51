package jsonlex

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// slowPlainRun is the slow reference of PlainRun (RFC 8259, section 7).
func slowPlainRun(b []byte) int {
	for i, c := range b {
		if c < 0x20 || c == '"' || c == '\\' {
			return i
		}
	}
	return len(b)
}

// findMistake returns a string for which run and slowPlainRun disagree. It puts every
// byte at every position of two words. The other bytes are next to special bytes or
// have the high bit, and the byte that follows may be special too.
func findMistake(run func([]byte) int) []byte {
	for _, fill := range []byte{'a', ' ', '!', '#', '[', ']', 0x7f, 0x80, 0xa2, 0xdc, 0xff} {
		for at := range 17 {
			for c := range 256 {
				for _, after := range []byte{fill, '"', '\\', 0} {
					b := bytes.Repeat([]byte{fill}, 20)
					b[at], b[at+1] = byte(c), after
					for _, b := range [][]byte{b, b[:at+1], b[:at]} {
						if run(b) != slowPlainRun(b) {
							return b
						}
					}
				}
			}
		}
	}
	return nil
}

func TestPlainRun(t *testing.T) {
	for name, run := range map[string]func([]byte) int{
		"bytes":  PlainRun[[]byte],
		"string": func(b []byte) int { return PlainRun(string(b)) },
	} {
		if b := findMistake(run); b != nil {
			t.Errorf("%s: %q: %d, want %d", name, b, run(b), slowPlainRun(b))
		}
	}
}

// TestPlainRun detects the likely mistakes of code that handles eight bytes at a time.
func TestPlainRunMistakesAreDetected(t *testing.T) {
	lowest := func(found uint64) int { return bits.TrailingZeros64(found) / 8 }
	words := func(find func(w uint64) uint64, first func(found uint64) int) func([]byte) int {
		return func(b []byte) int {
			i := 0
			for ; len(b)-i >= 8; i += 8 {
				if found := find(binary.LittleEndian.Uint64(b[i:])); found != 0 {
					return i + first(found)
				}
			}
			return i + slowPlainRun(b[i:])
		}
	}
	if b := findMistake(words(specials, lowest)); b != nil {
		t.Fatalf("the code from which the variants are made is wrong about %q", b)
	}
	quote := func(w uint64) uint64 { return (w ^ ones*2) - ones*0x21 }
	slash := func(w uint64) uint64 { return (w ^ ones*'\\') - ones }
	for name, run := range map[string]func([]byte) int{
		"high bytes are special": words(func(w uint64) uint64 { return (quote(w) | slash(w)) & highs }, lowest),
		"no backslash":           words(func(w uint64) uint64 { return quote(w) &^ w & highs }, lowest),
		"no quote":               words(func(w uint64) uint64 { return (w - ones*0x20 | slash(w)) &^ w & highs }, lowest),
		"a space is special":     words(func(w uint64) uint64 { return ((w - ones*0x21) | slash(w)) &^ w & highs }, lowest),
		"one subtraction":        words(func(w uint64) uint64 { return (quote(w) | (w ^ ones*'\\') - ones) &^ w & highs }, lowest),
		"the last special byte":  words(specials, func(found uint64) int { return 7 - bits.LeadingZeros64(found)/8 }),
		"the tail is not read":   func(b []byte) int { return slowPlainRun(b[:len(b)&^7]) },
	} {
		if findMistake(run) == nil {
			t.Errorf("%s: not detected", name)
		}
	}
}

// FuzzString compares the strings with encoding/json, and the results for bytes with
// the results for text.
func FuzzString(f *testing.F) {
	for _, s := range []string{
		"", `a`, `seven77`, `eight888`, `nine99999`, `\"`, `1234567\"`, `12345678\\`, `\u2014 box`, `\ud83d\ude00`, `\ud83d`, `\ud83d\u0041`, `\udc00`,
		"1234567\x1f", "é\x7f€", `a"b`, `\`, `abcdefg\`, `\"\\\/\b\f\n\r\t`, `\u0000\u007f\u0080\u07ff\u0800\uffff`, `\uD83D\uDE00`, `a\u00e9é\u2028`, `\\u0041`, `\u12`, `\u123g`, `\x`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if run := PlainRun(s); run != slowPlainRun([]byte(s)) {
			t.Fatalf("%q: %d, want %d", s, run, slowPlainRun([]byte(s)))
		}
		in := `"` + s + `"`
		n, saved, fault := String(in)
		if bn, bsaved, bfault := String([]byte(in)); bn != n || bsaved != saved || bfault != fault {
			t.Fatalf("%q: as bytes %d, %d, %d; as text %d, %d, %d", s, bn, bsaved, bfault, n, saved, fault)
		}
		if fault != OK {
			if json.Valid([]byte(in)) && fault != Surrogate {
				t.Fatalf("%q is refused: %d", s, fault)
			}
			return
		}
		var want string
		if err := json.Unmarshal([]byte(in[:n]), &want); err != nil {
			t.Fatalf("%q: %v", in[:n], err)
		}
		inside := in[1 : n-1]
		got := Unescape(nil, inside)
		if !bytes.Equal(got, Unescape(nil, []byte(inside))) {
			t.Fatalf("%q: another string as bytes", inside)
		}
		// jsonlex does not check that the text is UTF-8. encoding/json repairs it.
		if len(inside)-saved != len(got) || string([]rune(string(got))) != want {
			t.Fatalf("%q: %q (%d saved), want %q", inside, got, saved, want)
		}
		var runes []rune
		for rest := inside; rest != ""; {
			r, size := Rune(rest)
			if br, bsize := Rune([]byte(rest)); br != r || bsize != size {
				t.Fatalf("%q: %q, %d as bytes; %q, %d as text", rest, br, bsize, r, size)
			}
			runes, rest = append(runes, r), rest[size:]
		}
		if string(runes) != want {
			t.Fatalf("%q: runes %q, want %q", inside, string(runes), want)
		}
	})
}

func TestFaults(t *testing.T) {
	for in, want := range map[string]Fault{
		`"`: Unfinished, `"a`: Unfinished, `"\`: Unfinished, `"\"`: Unfinished,
		"\"a\x00\"": Control, "\"\n\"": Control,
		`"\x"`: BadEscape, `"\u12"`: BadEscape, `"\u123g"`: BadEscape,
		`"\ud800"`: Surrogate, `"\udc00\ud800"`: Surrogate, `"\ud800\u0041"`: Surrogate, `"\ud800\udc0"`: Surrogate,
	} {
		if n, saved, got := String(in); got != want || n != 0 || saved != 0 {
			t.Errorf("%s: %d, %d, fault %d, want %d", in, n, saved, got, want)
		}
	}
}

// FuzzNumber compares Number with encoding/json: it must return the longest number at
// the start of the text.
func FuzzNumber(f *testing.F) {
	for _, s := range []string{"0", "-0", "01", "1.", "1.5", "-", "1e", "1E+2", "1e-", ".5", "+1", "-a", "1e5x", "12,", "0x1", "1.5.5", "", "9007199254740993"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, whole := Number(s)
		if bn, bwhole := Number([]byte(s)); bn != n || bwhole != whole {
			t.Fatalf("%q: %d, %v as bytes; %d, %v as text", s, bn, bwhole, n, whole)
		}
		if n == 0 {
			if s != "" && s[0] != ' ' && s[0] != '\t' && s[0] != '\r' && s[0] != '\n' && json.Valid([]byte(s)) && (s[0] == '-' || '0' <= s[0] && s[0] <= '9') {
				t.Fatalf("%q is refused", s)
			}
			return
		}
		if lit := s[:n]; !json.Valid([]byte(lit)) || whole == strings.ContainsAny(lit, ".eE") {
			t.Fatalf("%q is taken, whole: %v", lit, whole)
		}
		if n < len(s) && strings.IndexByte("0123456789", s[n]) >= 0 && s[:n] != "0" && s[:n] != "-0" {
			t.Fatalf("%q ends at %d, inside its digits", s, n)
		}
	})
}

func TestNothingAllocates(t *testing.T) {
	long, number := []byte(`"`+strings.Repeat(`plain \u00e9\n`, 100)+`"`), "-12345.678e9"
	to := make([]byte, 0, len(long))
	mwtest.MaxAllocs(t, "String, Unescape and Number", 0, func() {
		n, _, _ := String(long)
		to = Unescape(to[:0], long[1:n-1])
		_, _ = Number(number)
	})
}
