package safelog_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/safelog"
)

// wire are pairs in the forms that they have outside a log: headers, JSON, and
// the text of a struct as fmt prints it.
var wire = []struct{ name, in, want string }{
	{"header", "Authorization: Token hunter2", "Authorization: " + re},
	{"header, small", "authorization: ApiKey a b", "authorization: " + re},
	{"header in a sentence", "sent X-Api-Key: hunter2 twice", "sent X-Api-Key: " + re},
	{"header without a space", "Authorization:Token hunter2", "Authorization:" + re},
	{"header of curl", `curl -H 'X-Auth-Token: a b' https://x/`, `curl -H 'X-Auth-Token: ` + re + `' https://x/`},
	{"header of curl without a space", `curl -H 'X-Auth-Token:a b' https://x/`, `curl -H 'X-Auth-Token:` + re + `' https://x/`},
	{"headers, escaped", `"GET /\r\nCookie: a=b; c=d\r\nHost: x\r\n"`, `"GET /\r\nCookie: ` + re + `\r\nHost: x\r\n"`},
	{"headers", "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Token hunter2\r\nCookie: a=b; c=d\r\nAccept: y\r\n\r\n",
		"GET / HTTP/1.1  Host: x  Authorization: " + re + "  Cookie: " + re + "  Accept: y    "},
	{"headers, quoted by a client", "> GET / HTTP/1.1\n> Proxy-Authorization: Digest a=\"b\", c=d\n> Host: x", "> GET / HTTP/1.1 > Proxy-Authorization: " + re + " > Host: x"},
	{"header, folded", "Set-Cookie: sid=hunter2;\n Path=/\nHost: x", "Set-Cookie: " + re + " Host: x"},
	{"header before a line", "k:Set-Cookie: sid=hunter2\nHost: x", "k:Set-Cookie: " + re + " Host: x"},
	{"hidden header", "a\nAuthori\u200bzation: Token hunter2\nb", "a Authorization: " + re + " b"},
	{"signature", "AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=fe5f80", "AWS4-HMAC-SHA256 Credential=" + re + ", Signature=" + re},

	{"quoted value", `password: "hunter2"`, `password: "` + re + `"`},

	{"brackets in strings", `{"credentials":{"a":"}","b":"hunter2"},"c":1}`, `{"credentials":` + re + `,"c":1}`},
	{"brackets in escaped strings", `{\"credentials\":{\"a\":\"}\",\"b\":\"\\\"}\"},\"c\":1}`, `{\"credentials\":` + re + `,\"c\":1}`},
	{"brackets in other strings", `{'credentials': {'a': '}', 'b': 1}, 'c': 1}`, `{'credentials': ` + re + `, 'c': 1}`},
	{"apostrophe in brackets", `{Credentials:{A:don't B:x} C:1}`, `{Credentials:` + re + ` C:1}`},
	{"ampersand", "password=ab&hunter2", "password=" + re},
	{"ampersand, then a parameter", "password=ab&hunter2&x=1", "password=" + re + "&x=1"},
	{"bracket", "password=ab)hunter2", "password=" + re},
	{"in brackets", "(password=ab).", "(password=" + re + ")."},
	{"comma", "password=ab,hunter2, x", "password=" + re + ", x"},
	{"semicolon", "Server=x;Password=ab;hunter2;Database=y", "Server=x;Password=" + re + ";Database=y"},
	{"in a tag", "<a href=\"?token=abc\">x</a>", "<a href=\"?token=" + re + "\">x</a>"},
	{"field of many words", "{Name:x Password:correct horse hunter2}", "{Name:x Password:" + re + "}"},
	{"field of many words, then another", "{Password:correct horse hunter2 Name:x}", "{Password:" + re + " Name:x}"},
	{"entry of many words", "map[password:correct horse user:x]", "map[password:" + re + " user:x]"},
	{"one word", "with token:abc it failed", "with token:" + re + " it failed"},
	{"escaped letter", `{"pass\u0077ord":"hunter2"}`, `{"pass\u0077ord":"` + re + `"}`},
	{"escaped letter, escaped", `{\"\\u0070in\":\"1\"}`, `{\"\\u0070in\":\"` + re + `\"}`},
	{"key with a space", `{"api key":"x"}`, `{"api key":"` + re + `"}`},
	{"literal of Go", `{"Tokens":[]string{"a", "b c"}, Pin:main.pin{A:"1", B:"2"}, x:1}`, `{"Tokens":` + re + `, Pin:` + re + `, x:1}`},
	{"map of Go", `{Card:map[string]interface {}{"a":"b c"}, x:1}`, `{Card:` + re + `, x:1}`},
	{"mark with more", "password=[REDACTED]hunter2", "password=" + re},
}

// Whatever one logs of a request, its credentials are in none of it.
func TestDumpedRequests(t *testing.T) {
	r := httptest.NewRequest("POST", "/notes", strings.NewReader(`{"db":{"password":"hunter2 SECRET","port":1}}`))
	r.Header = http.Header{"Authorization": {"Token hunter2SECRET"}, "Cookie": {"sid=hunter2SECRET; b=hunter2SECRET"}, "X-Api-Key": {"hunter2 SECRET"},
		"Proxy-Authorization": {"ApiKey hunter2SECRET"}, "Accept": {"text/html"}}
	dump, err := httputil.DumpRequest(r, true)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]any{
		"text": string(dump), "bytes": dump, "lines": strings.Split(string(dump), "\r\n"), "quoted": fmt.Sprintf("%q", dump), "error": textError(dump),
		"in JSON": fmt.Sprintf(`{"dump":%q,"n":1}`, dump), "map": map[string]any{"dump": dump}, "header": fmt.Sprint(r.Header), "header, verbose": fmt.Sprintf("%#v", r.Header),
	} {
		j, x := lines(t, safelog.Config{}, func(l *slog.Logger) {
			l.Info(fmt.Sprint(v), "d", v)
			l.With("d", v).WithGroup("g").Info("m", slog.Group("h", "d", v))
		})
		if s := j + x; strings.Contains(s, "hunter2") || strings.Contains(s, "SECRET") || !strings.Contains(s, "text/html") && name != "bytes" {
			t.Errorf("%s: %s", name, s)
		}
	}
	var header bytes.Buffer
	_ = r.Header.Write(&header)
	j, _ := lines(t, safelog.Config{}, func(l *slog.Logger) { l.Info(header.String()) })
	if want := `"msg":"Accept: text/html  Authorization: [REDACTED]  Cookie: [REDACTED]  Proxy-Authorization: [REDACTED]  X-Api-Key: [REDACTED]  "`; !strings.Contains(j, want) {
		t.Errorf("got %swant %s", j, want)
	}
}
