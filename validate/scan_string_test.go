package validate

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"testing"
)

// slowRun is what plainRun is a fast way to say (RFC 8259, section 7).
func slowRun(b []byte) int {
	for i, c := range b {
		if c < 0x20 || c == '"' || c == '\\' {
			return i
		}
	}
	return len(b)
}

// runMistake returns a string about which run and slowRun disagree: every byte
// stands at every place of two words, among bytes that are next to special ones
// or have the high bit, and before one that answers too.
func runMistake(run func([]byte) int) []byte {
	for _, fill := range []byte{'a', ' ', '!', '#', '[', ']', 0x7f, 0x80, 0xa2, 0xdc, 0xff} {
		for at := range 17 {
			for c := range 256 {
				for _, after := range []byte{fill, '"', '\\', 0} {
					b := bytes.Repeat([]byte{fill}, 20)
					b[at], b[at+1] = byte(c), after
					for _, b := range [][]byte{b, b[:at+1], b[:at]} {
						if run(b) != slowRun(b) {
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
	if b := runMistake(plainRun); b != nil {
		t.Errorf("%q: %d, want %d", b, plainRun(b), slowRun(b))
	}
}

// What is easily got wrong in eight bytes at a time, TestPlainRun would find.
func TestRunMistakesAreFound(t *testing.T) {
	lowest := func(found uint64) int { return bits.TrailingZeros64(found) / 8 }
	words := func(find func(w uint64) uint64, first func(found uint64) int) func([]byte) int {
		return func(b []byte) int {
			i := 0
			for ; len(b)-i >= 8; i += 8 {
				if found := find(binary.LittleEndian.Uint64(b[i:])); found != 0 {
					return i + first(found)
				}
			}
			return i + slowRun(b[i:])
		}
	}
	if b := runMistake(words(specials, lowest)); b != nil {
		t.Fatalf("the variants are made of what is wrong about %q", b)
	}
	quote := func(w uint64) uint64 { return (w ^ ones*2) - ones*0x21 }
	slash := func(w uint64) uint64 { return (w ^ ones*'\\') - ones }
	for name, run := range map[string]func([]byte) int{
		"the high bytes answer": words(func(w uint64) uint64 { return (quote(w) | slash(w)) & highs }, lowest),
		"no backslash":          words(func(w uint64) uint64 { return quote(w) &^ w & highs }, lowest),
		"no quote":              words(func(w uint64) uint64 { return (w - ones*0x20 | slash(w)) &^ w & highs }, lowest),
		"a space is special":    words(func(w uint64) uint64 { return ((w - ones*0x21) | slash(w)) &^ w & highs }, lowest),
		"one subtraction":       words(func(w uint64) uint64 { return (quote(w) | (w ^ ones*'\\') - ones) &^ w & highs }, lowest),
		"the last answer":       words(specials, func(found uint64) int { return 7 - bits.LeadingZeros64(found)/8 }),
		"the tail is not read":  func(b []byte) int { return slowRun(b[:len(b)&^7]) },
	} {
		if runMistake(run) == nil {
			t.Errorf("%s: not found", name)
		}
	}
}

// FuzzQuoted holds the strings to the answer of encoding/json, wherever in the
// body they begin.
func FuzzQuoted(f *testing.F) {
	for _, s := range []string{"", `a`, `seven77`, `eight888`, `nine99999`, `\"`, `1234567\"`, `12345678\\`, `\u2014 box`, `\ud83d\ude00`, `\ud83d`, "1234567\x1f", "é\x7f€", `a"b`, `\`, `abcdefg\`} {
		f.Add(s, uint8(0))
		f.Add(s, uint8(5))
	}
	f.Fuzz(func(t *testing.T, s string, spaces uint8) {
		before := int(spaces)
		if run := plainRun([]byte(s)); run != slowRun([]byte(s)) {
			t.Fatalf("%q: %d, want %d", s, run, slowRun([]byte(s)))
		}
		in := append(bytes.Repeat([]byte{' '}, before), '"')
		in = append(append(in, s...), '"')
		sc := &scanner{in: in, pos: before}
		raw, saved, ok := sc.quoted()
		if !ok {
			if json.Valid(in) && sc.findings[0].code != faultSurrogate.code {
				t.Fatalf("%q is refused: %s", s, sc.findings[0].code)
			}
			return
		}
		if end := before + len(raw) + 2; sc.pos != end || string(in[before+1:end-1]) != string(raw) {
			t.Fatalf("%q ends at %d and is %q", s, sc.pos, raw)
		}
		var want string
		if err := json.Unmarshal(in[before:sc.pos], &want); err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		// Bytes that are not UTF-8 do not get this far in a body.
		if got := string(unescape(nil, raw)); len(raw)-saved != len(got) || string([]rune(got)) != want {
			t.Fatalf("%q: %q (%d saved), want %q", s, got, saved, want)
		}
	})
}
