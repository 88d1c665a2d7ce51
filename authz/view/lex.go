package view

import (
	"bytes"
	"errors"

	"github.com/go-sallyport/sallyport/internal/jsonlex"
)

var (
	errMalformed = errors.New("view: the value is not compact JSON")
	errShape     = errors.New("view: the value has another shape than its Go type")
	errDepth     = errors.New("view: the value is nested too deeply")
)

// stringEnd returns the end of the string whose opening quote is b[i], or -1. b has been
// checked by encoding/json, so only the closing quote matters: an even number of
// backslashes is in front of it.
func stringEnd(b []byte, i int) int {
	for i++; i < len(b); i++ {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return -1
		}
		i += n
		slash := i
		for b[slash-1] == '\\' {
			slash--
		}
		if (i-slash)%2 == 0 {
			return i + 1
		}
	}
	return -1
}

// valueEnd returns the end of the value at b[i], or -1.
func valueEnd(b []byte, i int) int {
	for depth := 0; i >= 0 && i < len(b); {
		switch b[i] {
		case '"':
			i = stringEnd(b, i)
		case '{', '[':
			depth++
			i++
			continue
		case '}', ']':
			depth--
			i++
		case ',', ':':
			if depth == 0 {
				return -1
			}
			i++
			continue
		default:
			i = literalEnd(b, i)
		}
		switch {
		case depth < 0:
			return -1
		case depth == 0:
			return i
		}
	}
	return -1
}

// literalEnd returns the end of the number, true, false or null at b[i], or -1.
func literalEnd(b []byte, i int) int {
	from := i
	for i < len(b) && (b[i] >= 'a' || b[i] >= '0' && b[i] <= '9' || b[i] == '-' || b[i] == '+' || b[i] == '.' || b[i] == 'E') &&
		b[i] < '{' {
		i++
	}
	if i == from {
		return -1
	}
	return i
}

// nameOf returns the text of the name between two quotes. It uses to for a name with
// escapes. A name with half a surrogate pair, or one that is too long for every plan, is
// returned as it is written: with its backslash it equals no name of a plan.
func nameOf(quoted, to []byte) []byte {
	inside := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inside, '\\') < 0 {
		return inside
	}
	n, saved, fault := jsonlex.String(quoted)
	if fault != jsonlex.OK || n != len(quoted) || len(inside)-saved > cap(to) {
		return inside
	}
	return jsonlex.Unescape(to[:0], inside)
}
