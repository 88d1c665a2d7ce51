package scan_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type strict = kit.Strict

// table has bodies and the expected answers: "" if the body is accepted, or the code of the
// refusal, a colon and the faults.
var table = []struct{ name, body, want string }{
	{"empty object", `{}`, ""},
	{"all members", `{"name":"n","f64":1.5,"int":-3,"i8":-128,"u8":255,"ok":true,"tags":["a"],"pair":[1,2],"in":{"a":"x","n":{"n":null}},"bytes":"AQI=","any":{"x":[1,null]},"map":{"k":1},"at":"2026-01-02T03:04:05Z"}`, ""},
	{"whitespace", " \t\r\n{ \"name\" : \"n\" , \"tags\" : [ \"a\" , \"b\" ] } \n", ""},
	{"unknown member", `{"x":1}`, "validation_failed: unknown_member"},
	{"unknown member, nested", `{"in":{"x":1}}`, "validation_failed:/in unknown_member"},
	{"unknown members in two objects", `{"x":1,"in":{"y":2,"z":3}}`, "validation_failed: unknown_member,/in unknown_member"},
	{"two unknown members in one object", `{"x":1,"in":{"y":2},"z":3}`, "validation_failed: unknown_member,/in unknown_member"},
	{"unknown member of a list's element", `{"list":[{"a":"x"},{"b":1}]}`, "validation_failed:/list/1 unknown_member"},
	{"duplicate member", `{"name":"a","name":"b"}`, "validation_failed:/name duplicate_member"},
	{"duplicate member in any", `{"any":{"a":1,"a":2}}`, "validation_failed:/any duplicate_member"},
	{"duplicate member in map", `{"map":{"a":1,"a":2}}`, "validation_failed:/map duplicate_member"},
	{"duplicate by escape", `{"name":"a","n\u0061me":"b"}`, "validation_failed:/name duplicate_member"},
	{"duplicate by escape in any", `{"any":[{"a":1,"\u0061":2}]}`, "validation_failed:/any duplicate_member"},
	{"three times", `{"name":"a","name":"b","name":"c"}`, "validation_failed:/name duplicate_member"},
	{"duplicate by escape in map", `{"map":{"a":1,"\u0061":2}}`, "validation_failed:/map duplicate_member"},
	{"duplicate inside an unknown member", `{"x":{"a":1,"a":2}}`, "validation_failed: unknown_member, duplicate_member"},
	{"escaped name", `{"\u006eame":"a"}`, ""},
	{"NAME for name", `{"NAME":"b"}`, "validation_failed: unknown_member"},
	{"name and NAME", `{"name":"a","NAME":"b"}`, "validation_failed: unknown_member"},
	{"long s", `{"taſk":"x"}`, "validation_failed: unknown_member"},
	{"kelvin sign", `{"tas\u212a":"x"}`, "validation_failed: unknown_member"},
	{"kelvin sign, raw", "{\"tas\u212a\":\"x\"}", "validation_failed: unknown_member"},
	{"nested name in other case", `{"in":{"A":"x"}}`, "validation_failed:/in unknown_member"},
	{"name with NUL behind it", `{"name\u0000":"x"}`, "validation_failed: unknown_member"},
	{"invalid UTF-8 in value", "{\"name\":\"\xff\"}", "malformed_json: invalid_utf8"},
	{"invalid UTF-8 in name", "{\"\xff\":1}", "malformed_json: invalid_utf8"},
	{"overlong UTF-8", "{\"name\":\"\xc0\x80\"}", "malformed_json: invalid_utf8"},
	{"encoded surrogate", "{\"name\":\"\xed\xa0\x80\"}", "malformed_json: invalid_utf8"},
	{"lone high surrogate", `{"name":"\ud800"}`, "malformed_json:/name lone_surrogate"},
	{"lone low surrogate", `{"name":"\udc00x"}`, "malformed_json:/name lone_surrogate"},
	{"two high surrogates", `{"tags":["","\ud800\ud800"]}`, "malformed_json:/tags/1 lone_surrogate"},
	{"lone surrogate in a name", `{"\ud800":1}`, "malformed_json: lone_surrogate"},
	{"surrogate pair", `{"name":"\ud83d\ude00"}`, ""},
	{"NUL in value", `{"name":"\u0000"}`, ""},
	{"raw control character", "{\"name\":\"\x01\"}", "malformed_json:/name syntax"},
	{"raw line break", "{\"name\":\"\n\"}", "malformed_json:/name syntax"},
	{"second value", `{}{}`, "malformed_json: trailing_data"},
	{"trailing garbage", `{"name":"a"}xyz`, "malformed_json: trailing_data"},
	{"extra brace", `{}}`, "malformed_json: trailing_data"},
	{"two values and white space", "{} \n {}", "malformed_json: trailing_data"},
	{"NUL behind", "{}\x00", "malformed_json: trailing_data"},
	{"byte order mark", "\xef\xbb\xbf{}", "malformed_json: byte_order_mark"},
	{"UTF-16", "{\x00}\x00", "malformed_json: syntax"},
	{"UTF-16 with mark", "\xff\xfe{\x00}\x00", "malformed_json: invalid_utf8"},
	{"top-level null", `null`, "validation_failed: null"},
	{"top-level array", `[]`, "validation_failed: type"},
	{"top-level number", `1`, "validation_failed: type"},
	{"top-level true", `true`, "validation_failed: type"},
	{"top-level string", `"x"`, "validation_failed: type"},
	{"empty body", ``, "body_required"},
	{"whitespace only", " \r\n\t", "body_required"},
	{"null for string", `{"name":null}`, "validation_failed:/name null"},
	{"null for int64", `{"i64":null}`, "validation_failed:/i64 null"},
	{"null for bool", `{"ok":null}`, "validation_failed:/ok null"},
	{"null for float", `{"f64":null}`, "validation_failed:/f64 null"},
	{"null for array", `{"pair":null}`, "validation_failed:/pair null"},
	{"null for bytes", `{"bytes":null}`, ""},
	{"null for int", `{"int":null}`, "validation_failed:/int null"},
	{"null for slice", `{"tags":null}`, ""},
	{"null for map", `{"map":null}`, ""},
	{"null for time", `{"at":null}`, "validation_failed:/at null"},
	{"null for pointer", `{"in":null}`, ""},
	{"null for any", `{"any":null}`, ""},
	{"null element", `{"tags":["a",null]}`, "validation_failed:/tags/1 null"},
	{"null in map", `{"map":{"k":null}}`, "validation_failed:/map null"},
	{"float for string", `{"name":1.5}`, "validation_failed:/name type"},
	{"1.0 for int", `{"int":1.0}`, "validation_failed:/int type"},
	{"1e2 for int", `{"int":1e2}`, "validation_failed:/int type"},
	{"int64 limits", `{"i64":-9223372036854775808,"int":9223372036854775807}`, ""},
	{"int64 overflow", `{"i64":9223372036854775808}`, "validation_failed:/i64 range"},
	{"int64 underflow", `{"i64":-9223372036854775809}`, "validation_failed:/i64 range"},
	{"int64 far overflow", `{"i64":99999999999999999999999}`, "validation_failed:/i64 range"},
	{"int8 overflow", `{"i8":128}`, "validation_failed:/i8 range"},
	{"int8 underflow", `{"i8":-129}`, "validation_failed:/i8 range"},
	{"1.0 for int8", `{"i8":1.0}`, "validation_failed:/i8 type"},
	{"1e2 for int64", `{"i64":1e2}`, "validation_failed:/i64 type"},
	{"uint8 overflow", `{"u8":256}`, "validation_failed:/u8 range"},
	{"negative uint", `{"u8":-1}`, "validation_failed:/u8 type"},
	{"negative zero for int", `{"int":-0}`, ""},
	{"negative zero for uint", `{"u8":-0}`, "validation_failed:/u8 type"},
	{"2^53+1 into int64", `{"i64":9007199254740993}`, ""},
	{"2^53-1 into any", `{"any":[9007199254740991,-9007199254740991.0,9007199254740991e0,90071992547409.91e2]}`, ""},
	{"2^53 into any", `{"any":9007199254740992}`, "validation_failed:/any range"},
	{"2^53+1 into any, with a point", `{"any":9007199254740993.0}`, "validation_failed:/any range"},
	{"2^53+1 into any, with an exponent", `{"any":[9007199254740993e0]}`, "validation_failed:/any range"},
	{"-2^53-1 into any, with both", `{"any":{"a":-9.007199254740993E+15}}`, "validation_failed:/any range"},
	{"1e20 into any", `{"any":1e20}`, "validation_failed:/any range"},
	{"fractions into any", `{"any":[0.1,1e-400,-3.5e3,9007199254740991.4]}`, ""},
	{"2^53+1 into any", `{"any":[9007199254740993]}`, "validation_failed:/any range"},
	{"1e400 into float64", `{"f64":1e400}`, "validation_failed:/f64 range"},
	{"-1e400 into float64", `{"f64":-1e400}`, "validation_failed:/f64 range"},
	{"1e400 into any", `{"any":{"x":1e400}}`, "validation_failed:/any range"},
	{"1e39 into float32", `{"f32":1e39}`, "validation_failed:/f32 range"},
	{"39 digits into float32", `{"f32":999999999999999999999999999999999999999}`, "validation_failed:/f32 range"},
	{"tiny float", `{"f64":1e-999}`, ""},
	{"string for int", `{"int":"1"}`, "validation_failed:/int type"},
	{"int for string", `{"name":1}`, "validation_failed:/name type"},
	{"bool for string", `{"name":true}`, "validation_failed:/name type"},
	{"string for bool", `{"ok":"true"}`, "validation_failed:/ok type"},
	{"object for array", `{"tags":{}}`, "validation_failed:/tags type"},
	{"array for object", `{"in":[]}`, "validation_failed:/in type"},
	{"too many for array", `{"pair":[1,2,3]}`, "validation_failed:/pair items"},
	{"too few for array", `{"pair":[1]}`, "validation_failed:/pair items"},
	{"array for bytes", `{"bytes":[1]}`, "validation_failed:/bytes type"},
	{"base64 with line break", `{"bytes":"AQ\r\nI="}`, "validation_failed:/bytes format_base64"},
	{"base64 without padding", `{"bytes":"AQI"}`, "validation_failed:/bytes format_base64"},
	{"base64 with spare bits", `{"bytes":"AQJ="}`, "validation_failed:/bytes format_base64"},
	{"base64 garbage", `{"bytes":"!!!!"}`, "validation_failed:/bytes format_base64"},
	{"base64 padding inside", `{"bytes":"AQ==AQI="}`, "validation_failed:/bytes format_base64"},
	{"base64 of the other alphabet", `{"bytes":"-_-_"}`, "validation_failed:/bytes format_base64"},
	{"base64 with escaped slash", `{"bytes":"\/\/\/\/"}`, ""},
	{"empty base64", `{"bytes":""}`, ""},
	{"leading zero", `{"int":01}`, "malformed_json:/int syntax"},
	{"NaN", `{"f64":NaN}`, "malformed_json:/f64 syntax"},
	{"Infinity", `{"f64":Infinity}`, "malformed_json:/f64 syntax"},
	{"leading zero, negative", `{"int":-01}`, "malformed_json:/int syntax"},
	{"plus sign", `{"f64":+1}`, "malformed_json:/f64 syntax"},
	{"no digit behind the point", `{"f64":1.}`, "malformed_json:/f64 syntax"},
	{"no digit before the point", `{"f64":.5}`, "malformed_json:/f64 syntax"},
	{"no digit in the exponent", `{"f64":1e+}`, "malformed_json:/f64 syntax"},
	{"minus alone", `{"f64":-}`, "malformed_json:/f64 syntax"},
	{"hexadecimal", `{"int":0x10}`, "malformed_json:/int syntax"},
	{"comment", `{/**/}`, "malformed_json: syntax"},
	{"comment to the end of the line", "{} // x", "malformed_json: trailing_data"},
	{"trailing comma in object", `{"int":1,}`, "malformed_json: syntax"},
	{"trailing comma in array", `{"tags":["a",]}`, "malformed_json:/tags/1 syntax"},
	{"missing comma", `{"int":1 "ok":true}`, "malformed_json:/int syntax"},
	{"missing colon", `{"int" 1}`, "malformed_json: syntax"},
	{"single quotes around a value", `{"name":'a'}`, "malformed_json:/name syntax"},
	{"single quotes", `{'int':1}`, "malformed_json: syntax"},
	{"bare name", `{int:1}`, "malformed_json: syntax"},
	{"bad escape", `{"name":"\x41"}`, "malformed_json:/name syntax"},
	{"short escape", `{"name":"\u12"}`, "malformed_json:/name syntax"},
	{"True", `{"ok":True}`, "malformed_json:/ok syntax"},
	{"tru", `{"ok":tru}`, "malformed_json:/ok syntax"},
	{"truex", `{"ok":truex}`, "malformed_json:/ok syntax"},
	{"unfinished", `{"name":"a`, "malformed_json:/name syntax"},
	{"unfinished object", `{"name":"a"`, "malformed_json:/name syntax"},
	{"form feed", "{\f}", "malformed_json: syntax"},
	{"no-break space", "{\u00a0}", "malformed_json: syntax"},
	{"depth 32", `{"any":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `}`, ""},
	{"depth 33", `{"any":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`, "validation_failed:/any too_deep"},
	{"depth 33 by a recursive type", strings.Repeat(`{"in":`, 1) + strings.Repeat(`{"n":`, 32) + "null" + strings.Repeat("}", 33), "validation_failed:/in" + strings.Repeat("/n", 31) + " too_deep"},
	{"depth 10000", `{"any":` + strings.Repeat("[", 9999) + strings.Repeat("]", 9999) + `}`, "validation_failed:/any too_deep"},
	{"depth 10001", `{"any":` + strings.Repeat("[", 10000) + strings.Repeat("]", 10000) + `}`, "validation_failed:/any too_deep"},
	{"name of a mebibyte", `{"` + strings.Repeat("k", 1<<20-20) + `":1}`, "validation_failed: name_length"},
	{"list of structs of a mebibyte", `{"list":[{}` + strings.Repeat(",{}", 340_000) + `]}`, "validation_failed:/list max_items"},
	{"name of 256 bytes", `{"map":{"` + strings.Repeat("k", 256) + `":1}}`, ""},
	{"name of 257 bytes", `{"map":{"` + strings.Repeat("k", 257) + `":1}}`, "validation_failed:/map name_length"},
	{"long unknown name", `{"` + strings.Repeat("k", 5000) + `":1}`, "validation_failed: name_length"},
	{"number of 128 bytes", `{"f64":0.` + strings.Repeat("1", 126) + `}`, ""},
	{"number of 129 bytes", `{"f64":0.` + strings.Repeat("1", 127) + `}`, "validation_failed:/f64 number_length"},
	{"string of 64 KiB", `{"name":"` + strings.Repeat("x", 64<<10) + `"}`, ""},
	{"string of 64 KiB, escaped", `{"name":"` + strings.Repeat(`\u0061`, 64<<10) + `"}`, ""},
	{"string over 64 KiB", `{"name":"` + strings.Repeat("x", 64<<10+1) + `"}`, "validation_failed:/name max_length"},
	{"1000 elements", `{"tags":["a"` + strings.Repeat(`,"a"`, 999) + `]}`, ""},
	{"1001 elements", `{"tags":["a"` + strings.Repeat(`,"a"`, 1000) + `]}`, "validation_failed:/tags max_items"},
	{"time", `{"at":"yesterday"}`, "validation_failed:/at format_date_time"},
	{"number for time", `{"at":5}`, "validation_failed:/at type"},
	{"escaped pointer", `{"a~/b":5}`, "validation_failed:/a~0~1b type"},
}

func TestTable(t *testing.T) {
	s := kit.MustNew[strict](t, validate.Config{})
	for _, tc := range table {
		t.Run(tc.name, func(t *testing.T) {
			res, spy := kit.Send(s, kit.Post(tc.body))
			if tc.want == "" {
				kit.Admitted(t, tc.body, res, spy)
				return
			}
			code, list, _ := strings.Cut(tc.want, ":")
			e := mwtest.Refused(t, res, 400, code)
			var want []string
			if list != "" {
				want = strings.Split(list, ",")
			}
			if got := kit.Faults(e); !slices.Equal(got, want) {
				t.Errorf("faults %q, want %q", got, want)
			}
			if spy.Calls() != 0 {
				t.Error("a refused request reached the handler")
			}
		})
	}
}

func TestDecodedValue(t *testing.T) {
	s := kit.MustNew[strict](t, validate.Config{})
	v, err := s.Decode(nil, kit.Post(`{"i64":9007199254740993,"int":0,"name":"\ud83d\ude00","in":{"a":"x"},"bytes":"AQI=","f64":-1.5e3}`))
	if err != nil {
		t.Fatal(err)
	}
	if v.I64 != 1<<53+1 || v.Name != "😀" || v.In.A != "x" || string(v.Bytes) != "\x01\x02" || math.Abs(v.F64+1500) > 0 {
		t.Errorf("decoded %+v", v)
	}
}
