package redistest

import (
	"bufio"
	"errors"
	"io"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"
)

func decodeText(text string) (any, error) { return decode(bufio.NewReader(strings.NewReader(text))) }

func TestDecode(t *testing.T) {
	for text, want := range map[string]any{
		"+OK\r\n":                           "OK",
		"-ERR no\r\n":                       Error("ERR no"),
		":-7\r\n":                           int64(-7),
		"$0\r\n\r\n":                        "",
		"$4\r\na\r\nb\r\n":                  "a\r\nb",
		"$-1\r\n":                           nil,
		"*-1\r\n":                           nil,
		"*0\r\n":                            []any{},
		"*3\r\n:1\r\n*1\r\n$-1\r\n-X\r\n\r": []any{int64(1), []any{nil}, Error("X")},
	} {
		if got, err := decodeText(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %#v, %v; want %#v", text, got, err, want)
		}
	}
	for _, text := range []string{"+OK\n", "\r\n", "?1\r\n", ":x\r\n", "$-2\r\n", "*-2\r\n", "$1\r\nabc", "$9223372036854775807\r\nabc"} {
		if got, err := decodeText(text); !errors.Is(err, errProtocol) {
			t.Errorf("%q: %#v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "+O", "$3\r\na", "*2\r\n:1\r\n"} {
		if got, err := decodeText(text); !errors.Is(err, io.EOF) {
			t.Errorf("%q: %#v, %v", text, got, err)
		}
	}
}

func FuzzEncode(f *testing.F) {
	f.Add("SET", "k", []byte("v\r\n"))
	f.Add("", "*1\r\n", []byte(nil))
	f.Fuzz(func(t *testing.T, a, b string, c []byte) {
		got, err := decodeText(encode([]any{a, b, c}))
		if want := []any{a, b, string(c)}; err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%#v, %v; want %#v", got, err, want)
		}
	})
}

func TestDo(t *testing.T) {
	s := Start(t)
	mustDo(t, s, "SET", "k", []byte("a\x00\r\nb"), "PX", 60_000)
	if v := mustDo(t, s, "GET", "k"); v != "a\x00\r\nb" {
		t.Errorf("read %q", v)
	}
	_, err := s.Do("LPUSH", "k", 1.5)
	if e, is := errors.AsType[Error](err); !is || !strings.HasPrefix(e.Error(), "WRONGTYPE") {
		t.Errorf("error %v", err)
	}
	if _, err := do(s.Addr, -time.Second, "PING"); err == nil {
		t.Error("no time is enough")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") // accepts and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = do(l.Addr().String(), 20*time.Millisecond, "PING")
	if e, is := errors.AsType[net.Error](err); !is || !e.Timeout() {
		t.Errorf("error %v is not a timeout", err)
	}
}
