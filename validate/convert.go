package validate

import (
	"encoding"
	"reflect"
	"strconv"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/internal/jsonlex"
)

// store parses s and stores it in dst, which is of the type of p. The grammar
// of numbers is that of JSON: no plus sign, no leading zeros, no spaces, no
// underscores, no other base, so that no two parsers can differ about a value.
// A bool is true, false, 1 or 0.
func (p *parameter) store(dst reflect.Value, s string) (fault, bool) {
	switch {
	case !utf8.ValidString(s):
		return faultUTF8, false
	case len(s) > p.maxBytes:
		return p.length.tooLong(p.maxBytes), false
	}
	switch p.kind {
	case kindString:
		dst.SetString(s)
		return fault{}, true
	case kindText:
		return p.text(dst, s)
	case kindBool:
		switch s {
		case "true", "1":
			dst.SetBool(true)
		case "false", "0":
			dst.SetBool(false)
		default:
			return typeFault(kindBool), false
		}
		return fault{}, true
	}
	n, whole := jsonlex.Number(s) // RFC 8259, section 6
	switch {
	case len(s) > maxNumber:
		return faultNumberLength.with("max", maxNumber), false
	case n == 0, n < len(s), !whole && p.kind != kindFloat, p.kind == kindUint && s[0] == '-':
		return typeFault(p.kind), false
	}
	return p.number(dst, s)
}

// number stores a number whose grammar is right, so that all that can be wrong
// with it is its size.
func (p *parameter) number(dst reflect.Value, s string) (fault, bool) {
	switch p.kind {
	case kindInt:
		if v, err := strconv.ParseInt(s, 10, p.bits); err == nil {
			dst.SetInt(v)
			return fault{}, true
		}
		return rangeFault(kindInt, p.bits), false
	case kindUint:
		if v, err := strconv.ParseUint(s, 10, p.bits); err == nil {
			dst.SetUint(v)
			return fault{}, true
		}
		return rangeFault(kindUint, p.bits), false
	}
	v, err := strconv.ParseFloat(s, p.bits)
	if err != nil {
		return faultRange, false
	}
	dst.SetFloat(v)
	return fault{}, true
}

// text lets the type decode s. Its error is dropped: it is the text of somebody
// else's code about what the client sent.
func (p *parameter) text(dst reflect.Value, s string) (fault, bool) {
	if dst.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s)) == nil {
		return fault{}, true
	}
	if p.typ == typeTime {
		return faultDateTime, false
	}
	return faultInvalid, false
}
