package plan

import (
	"encoding"
	"reflect"
	"strconv"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/internal/jsonlex"
)

// Store parses s and stores it in dst, which is of the type of p. The grammar
// of numbers is that of JSON: no plus sign, no leading zeros, no spaces, no
// underscores, no other base, so that no two parsers can differ about a value.
// A bool is true, false, 1 or 0.
func (p *Parameter) Store(dst reflect.Value, s string) (Fault, bool) {
	switch {
	case !utf8.ValidString(s):
		return FaultUTF8, false
	case len(s) > p.MaxBytes, p.Length != nil && len(s) > p.Length.Most && utf8.RuneCountInString(s) > p.Length.Most:
		return p.Length.TooLong(p.MaxBytes), false
	}
	switch p.Kind {
	case KindString:
		dst.SetString(s)
		return Fault{}, true
	case KindText:
		return p.text(dst, s)
	case KindBool:
		switch s {
		case "true", "1":
			dst.SetBool(true)
		case "false", "0":
			dst.SetBool(false)
		default:
			return TypeFault(KindBool), false
		}
		return Fault{}, true
	}
	n, whole := jsonlex.Number(s) // RFC 8259, section 6
	switch {
	case len(s) > MaxNumber:
		return FaultNumberLength.With("max", MaxNumber), false
	case n == 0, n < len(s), !whole && p.Kind != KindFloat, p.Kind == KindUint && s[0] == '-':
		return TypeFault(p.Kind), false
	}
	return p.number(dst, s)
}

// number stores a number whose grammar is right. It can only be out of range.
func (p *Parameter) number(dst reflect.Value, s string) (Fault, bool) {
	switch p.Kind {
	case KindInt:
		if v, err := strconv.ParseInt(s, 10, p.Bits); err == nil {
			dst.SetInt(v)
			return Fault{}, true
		}
		return RangeFault(KindInt, p.Bits), false
	case KindUint:
		if v, err := strconv.ParseUint(s, 10, p.Bits); err == nil {
			dst.SetUint(v)
			return Fault{}, true
		}
		return RangeFault(KindUint, p.Bits), false
	}
	v, err := strconv.ParseFloat(s, p.Bits)
	if err != nil {
		return FaultRange, false
	}
	dst.SetFloat(v)
	return Fault{}, true
}

// text lets the type decode s. The error of the type is dropped: its text comes from foreign
// code and may repeat input of the client.
func (p *Parameter) text(dst reflect.Value, s string) (Fault, bool) {
	text := []byte(s)
	if !p.Form.Admits(text) || dst.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(text) != nil {
		return p.Form.FaultOf(), false
	}
	return Fault{}, true
}

// TextOf returns a text, bool or number as Go prints it, also behind a pointer.
func TextOf(v reflect.Value) []byte {
	switch v = reflect.Indirect(v); {
	case v.Kind() == reflect.String:
		return []byte(v.String())
	case v.Kind() == reflect.Bool:
		return strconv.AppendBool(nil, v.Bool())
	case v.CanInt():
		return strconv.AppendInt(nil, v.Int(), 10)
	case v.CanUint():
		return strconv.AppendUint(nil, v.Uint(), 10)
	case v.CanFloat():
		return strconv.AppendFloat(nil, v.Float(), 'g', -1, 64)
	}
	return nil
}
