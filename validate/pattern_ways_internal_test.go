package validate

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// Every way for a text to get to a pattern: refused without a max, or with one
// that is too high, behind the pattern or only one way to satisfy the rule;
// admitted with one that is low enough, and then nothing longer arrives there.
func TestDearPatternByEachWay(t *testing.T) {
	cfg := Config{Patterns: map[string]string{"dear": dear}}
	sent := func(media, body string) *http.Request {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", media)
		return r
	}
	get := func(target string) func(string) *http.Request {
		return func(text string) *http.Request { return httptest.NewRequest("GET", target+text, nil) }
	}
	header := func(text string) *http.Request {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("X-A", text)
		return r
	}
	body := func(open, end string) func(string) *http.Request {
		return func(text string) *http.Request { return sent("application/json", open+text+end) }
	}
	form := func(text string) *http.Request {
		return sent("application/x-www-form-urlencoded", "a="+text)
	}
	multipart := func(text string) *http.Request {
		return sent(`multipart/form-data; boundary=x`, "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"+text+"\r\n--x--\r\n")
	}
	type named string
	for _, tc := range []struct {
		name, source, tag string
		typ               reflect.Type
		send              func(text string) *http.Request
	}{
		{"member", `json:"a"`, "%s", reflect.TypeFor[string](), body(`{"a":"`, `"}`)},
		{"named type", `json:"a"`, "%s", reflect.TypeFor[named](), body(`{"a":"`, `"}`)},
		{"pointer", `json:"a"`, "omitnil,%s", reflect.TypeFor[*string](), body(`{"a":"`, `"}`)},
		{"Optional", `json:"a"`, "%s", reflect.TypeFor[Optional[string]](), body(`{"a":"`, `"}`)},
		{"element", `json:"a"`, "max=9,dive,%s", reflect.TypeFor[[]string](), body(`{"a":["`, `"]}`)},
		{"element of an array", `json:"a"`, "dive,%s", reflect.TypeFor[[1]string](), body(`{"a":["`, `"]}`)},
		{"element of an element", `json:"a"`, "max=9,dive,max=9,dive,%s", reflect.TypeFor[[][]string](), body(`{"a":[["`, `"]]}`)},
		{"value of a map", `json:"a"`, "dive,%s", reflect.TypeFor[map[string]string](), body(`{"a":{"k":"`, `"}}`)},
		{"key of a map", `json:"a"`, "dive,keys,%s,endkeys", reflect.TypeFor[map[string]int](), body(`{"a":{"`, `":1}}`)},
		{"normalised", `json:"a" mod:"trim,upper"`, "%s", reflect.TypeFor[string](), body(`{"a":"`, `"}`)},
		{"query", `query:"a"`, "%s", reflect.TypeFor[string](), get("/?a=")},
		{"list in a query", `query:"a" style:"repeat"`, "dive,%s", reflect.TypeFor[[]string](), get("/?a=x&a=")},
		{"commas in a query", `query:"a" style:"comma"`, "dive,%s", reflect.TypeFor[[]string](), get("/?a=x,")},
		{"header", `header:"X-A"`, "%s", reflect.TypeFor[string](), header},
		{"list in a header", `header:"X-A" style:"comma"`, "dive,%s", reflect.TypeFor[[]string](), header},
		{"path", `path:"a"`, "%s", reflect.TypeFor[string](), get("/")},
		{"form", `form:"a"`, "%s", reflect.TypeFor[string](), form},
		{"form in parts", `form:"a"`, "%s", reflect.TypeFor[string](), multipart},
	} {
		structOf := func(rules string) reflect.Type {
			fields := []reflect.StructField{{Name: "A", Type: tc.typ, Tag: reflect.StructTag(tc.source + ` validate:"` + fmt.Sprintf(tc.tag, rules) + `"`)}}
			if tc.name == "form in parts" {
				fields = append(fields, reflect.StructField{Name: "F", Type: typeFile, Tag: `form:"f"`})
			}
			return reflect.StructOf(fields)
		}
		for rules, ok := range map[string]bool{
			"dear": false, "max=48,dear": false, "dear,max=47": false, "max=47|len=900,dear": false, "lt=49,dear": false, "min=3,dear": false,
			"max=47,dear": true, "lte=47,dear": true, "lt=48,dear": true, "len=47,dear": true, "min=3,max=47,ascii,dear": true,
		} {
			_, err := newCore(cfg, structOf(rules))
			if ok == (err == nil) {
				continue
			}
			t.Errorf("%s: %s: %v", tc.name, rules, err)
		}
		longest := 0
		spy := func(v any, _ string) bool {
			longest = max(longest, utf8.RuneCountInString(reflect.ValueOf(v).String()))
			return true
		}
		// The spy stands where the pattern does, and a rule is guarded alike.
		typ := structOf("max=47,dear|spy")
		c, err := newCore(Config{Patterns: cfg.Patterns, Rules: map[string]Rule{"spy": spy}, Path: func(r *http.Request, _ string) string { return r.URL.Path[1:] }}, typ)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		decode := func(r *http.Request) error { return c.take(nil, r, reflect.New(typ).Interface()) }
		longest = 0
		if err := decode(tc.send(strings.Repeat("x", 47))); err != nil || longest != 47 {
			t.Errorf("%s: %v, and the rule has seen %d characters", tc.name, err, longest)
		}
		longest = 0
		if err := decode(tc.send(strings.Repeat("x", 48))); err == nil || longest > 47 {
			t.Errorf("%s: %v, and the rule has seen %d characters", tc.name, err, longest)
		}
	}
}
