package detect

import (
	"slices"
	"strings"
	"testing"
)

// fragments are joined to texts, so that secrets and near misses occur by chance.
var fragments = strings.Split("password|pin|token|user|N|key|?key|&key|Authorization|Cookie|X-Api-Key|Bearer|bearer|Basic|"+
	"=|:|: | = |:=|==|://|@|%40|%20|%|.|,|;|&|?|/| |  |-|_|\"|'|`|\\|\\\"|\\\\\"|\\n|\\r\\n|{|}|[|]|(|)|<|>|</|&{|interface {}|"+
	"eyJhbGciOiJI|eyJ|eyAiYWxnIjog|ewogICJhbGci|Q|0|9|e30|==|dXNlcjpwYXNz|a1b2|"+
	"4111|1111|411111|4111111111111111|3782 822463 10005|01234567|-0000-|12|7|0|000000000000|abcdef|"+
	"example|com|h|db.internal|x:80|v1.2|10.0.0.1|tcp(|mailto|npm|http|a|b c|\u00e9|\u00a0|\u2013|\u200b|\xff|\x00|\t|"+
	"ghp_|sk-|SG.|AKIA|x.atlasv1.|:AA|hooks.slack.com/services/|16C7e42F292c6912E7710c838347Ae178B4aZ|0IOSFODNN7EXAMPLE0|card|Maestro|pan|"+
	"tokens|pins|pwd|/srv/app|812|-5|=>|<nil>|smartphone|"+
	"-----BEGIN|-----END| PRIVATE KEY|-----|\\u0070|\\u00|[REDACTED]|realm=\"", "|")

// FuzzDetect requires that the patterns find the same secrets as the slow
// patterns, in every text, also in the beginning of a longer text.
func FuzzDetect(f *testing.F) {
	for _, e := range masked(f) {
		f.Add(e.in, []byte(nil), false)
		f.Add(e.want, []byte(nil), true)
	}
	for _, s := range plain(f) {
		f.Add(s, []byte(nil), true)
	}
	for i, s := range tokenExamples {
		f.Add(`a\n`+s+" "+s[:len(s)-1]+".", []byte{byte(i)}, i%2 == 0)
	}
	for i := range 60 {
		words := make([]byte, 40)
		for k := range words {
			words[k] = byte(k*k*7 + i*31 + k*i)
		}
		f.Add("", words, i%2 == 0)
	}
	d := New(nil, nil)
	f.Fuzz(func(t *testing.T, s string, words []byte, open bool) {
		for _, w := range words {
			s += fragments[int(w)%len(fragments)]
		}
		s = s[:min(len(s), 1500)]
		got, at := scanAll(d, s, open), 0
		for _, span := range got {
			lo, hi := span[0], span[1]
			if lo < at || hi <= lo || hi > len(s) {
				t.Fatalf("%q: [%d:%d] after %d", s, lo, hi, at)
			}
			at = hi
		}
		if want := slowScan(s, open); !slices.Equal(got, want) {
			t.Errorf("%q, open %v:\n got %q %v\nwant %q %v", s, open, texts(s, got), got, texts(s, want), want)
		}
		if clean := d.Clean(s, open); clean != (len(got) == 0) {
			t.Errorf("%q: clean %v, but %d secrets", s, clean, len(got))
		}
	})
}

// texts returns the parts of s with these extents.
func texts(s string, spans [][2]int) (all []string) {
	for _, sp := range spans {
		all = append(all, s[sp[0]:sp[1]])
	}
	return all
}

// FuzzCards is FuzzDetect for an alphabet in which card numbers occur by chance.
func FuzzCards(f *testing.F) {
	for _, s := range []string{"4111 1111 1111 1111", "x4111111111111111 12 27", "7 4111-1111-1111-1111 4111-1111-1111-1111", "0000000000000000", "12 3782 822463 10005 7",
		"4222222222222", "6304000000000000000 1", "01901630-7a1b-7c3d-8003-000000000000", "e3b0c44298fc14111111111111111b934ca495991b7852b855", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 4 1 1 1",
		"4111.1111.1111.1111", "1.4111.1111.1111.1111.2", "3782.822463.10005", "4111.1111.1111.1111.x", "4111.1111.1111.1111.4111.1111.1111.1111", "6304.0000.0000.0000.000", "0000.0000.0000.0000", "3000000000000 4", "62 6200000000000005", "6205500000000000004 4-4", "1.4111 1111 1111 1111", ".4111111111111111", "3600 666633 3344"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	d := New(nil, nil)
	f.Fuzz(func(t *testing.T, in string, dots bool) {
		alphabet := "0123456789411411 - -ax"
		if dots {
			alphabet = "0123456789411411.....x4"
		}
		s := strings.Map(func(c rune) rune { return rune(alphabet[uint32(c)%uint32(len(alphabet))]) }, in)
		s = s[:min(len(s), 200)]
		if got, want := scanAll(d, s, false), slowScan(s, false); !slices.Equal(got, want) {
			t.Errorf("%q\n got %v\nwant %v", s, got, want)
		}
	})
}
