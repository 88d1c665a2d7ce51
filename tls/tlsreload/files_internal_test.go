package tlsreload

import (
	"errors"
	"strings"
	"testing"
)

// Two reads in a row must agree, and a read that failed agrees with none.
func TestReadUntilStable(t *testing.T) {
	errAbsent := errors.New("absent")
	for sequence, want := range map[string]string{
		"AA":   "A",
		"ABB":  "B",
		"ABCC": "C",
		"ABAB": "changing",
		"ABCD": "changing",
		"!BB":  "B",
		"A!BB": "B",
		"A!A!": "absent",
		"!!!!": "absent",
		"AB!B": "changing",
		"-aaa": "a", // the first read has failed with the contents of the next one
	} {
		reads := 0
		got, err := readUntilStable(func() (contents, error) {
			letter := sequence[reads]
			reads++
			switch letter {
			case '!':
				return contents{}, errAbsent
			case '-':
				return contents{keys: [][]byte{[]byte("a")}}, errAbsent
			}
			return contents{keys: [][]byte{{letter}}}, nil
		})
		switch {
		case len(want) == 1:
			if err != nil || string(got.keys[0]) != want {
				t.Errorf("%s: %v, %v", sequence, got, err)
			}
			if reads != strings.Index(sequence, want+want)+2 {
				t.Errorf("%s: %d reads", sequence, reads)
			}
		case want == "changing" && !errors.Is(err, errChanging), want == "absent" && !errors.Is(err, errAbsent):
			t.Errorf("%s: %v", sequence, err)
		}
	}
}

// The digest depends on each file, and on the border between two files.
func TestDigest(t *testing.T) {
	files := func(cert, key, staple, authorities string) contents {
		return contents{[][]byte{[]byte(cert)}, [][]byte{[]byte(key)}, [][]byte{[]byte(staple)}, []byte(authorities)}
	}
	seen := map[[32]byte]int{}
	for i, c := range []contents{
		files("a", "b", "c", "d"), files("A", "b", "c", "d"), files("a", "B", "c", "d"), files("a", "b", "C", "d"), files("a", "b", "c", "D"),
		files("ab", "", "c", "d"), files("", "ab", "c", "d"), files("a", "bc", "", "d"), files("a", "b", "", "cd"), files("", "", "", "abcd"),
	} {
		if j, twice := seen[c.digest()]; twice {
			t.Errorf("%d and %d have one digest", i, j)
		}
		seen[c.digest()] = i
	}
}
