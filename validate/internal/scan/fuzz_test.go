package scan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

// FuzzScan checks relations that follow from the promise of the scan. encoding/json decodes
// every accepted body. A reference that reads tokens instead of bytes accepts the same bodies
// and refuses the same bodies. A pointer leads to a value that was sent.
func FuzzScan(f *testing.F) {
	for _, tc := range table {
		f.Add([]byte(tc.body))
	}
	s, err := validate.New[strict](validate.Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > 1<<12 {
			return
		}
		v, err := s.Decode(nil, kit.Post(string(body)))
		if accepted := reference(body); accepted != (err == nil) {
			t.Fatalf("reference accepts: %v, scan: %v\n%q", accepted, err, body)
		}
		if err != nil {
			checkRefusal(t, err, body)
			return
		}
		if !utf8.Valid(body) || !json.Valid(body) {
			t.Fatalf("accepted %q", body)
		}
		var plain strict
		if err := json.Unmarshal(body, &plain); err != nil {
			t.Fatalf("encoding/json refuses what was accepted: %v\n%q", err, body)
		}
		a, _ := json.Marshal(v)
		b, _ := json.Marshal(plain)
		if !bytes.Equal(a, b) {
			t.Fatalf("decoded %s, want %s", a, b)
		}
	})
}

func checkRefusal(t *testing.T, err error, body []byte) {
	e, ok := errors.AsType[*httperr.Error](err)
	if !ok {
		t.Fatalf("error %v", err)
	}
	if errors.Is(err, validate.ErrNoBody) {
		return
	}
	if len(e.Faults) == 0 || len(e.Faults) > 20 {
		t.Fatalf("%d faults", len(e.Faults))
	}
	var tree any
	if errors.Is(err, validate.ErrMalformed) || json.Unmarshal(body, &tree) != nil {
		return
	}
	for _, f := range e.Faults {
		if f.Code == "duplicate_member" {
			return // encoding/json keeps only the last one
		}
	}
	for _, f := range e.Faults {
		switch {
		case f.Code == "invalid":
			t.Fatalf("encoding/json refuses what the scan accepts: %q", body)
		case f.Code == "required":
			continue
		case !resolves(tree, *f.Pointer):
			t.Fatalf("%s leads nowhere in %q", *f.Pointer, body)
		}
	}
}

// resolves reports whether pointer (RFC 6901) leads to a value in tree.
func resolves(tree any, pointer string) bool {
	if pointer == "" {
		return true
	}
	for token := range strings.SplitSeq(pointer[1:], "/") {
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		switch at := tree.(type) {
		case map[string]any:
			next, ok := at[token]
			if !ok {
				return false
			}
			tree = next
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(at) {
				return false
			}
			tree = at[i]
		default:
			return false
		}
	}
	return true
}

// FuzzPointers checks the pointers for a type with rules, where both the scan and the
// validator find faults.
func FuzzPointers(f *testing.F) {
	f.Add(`{` + good + `}`)
	f.Add(`{` + good + `,"labels":{"abcd":"toolong"},"codes":["a",null],"grid":[[0]]}`)
	f.Add(`{"items":[{"sku":"-","qty":-1,"note":{"x":1}}],"home":{"zip":"1"},"limit":0,"start":"x"}`)
	f.Add(`{"items":[],"items":[{}],"kind":"card","password":"x","again":"y","site":{},"by":{"a":{}}}`)
	s, err := validate.New[order](validate.Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if _, err := s.Decode(nil, kit.Post(body)); err != nil {
			checkRefusal(t, err, []byte(body))
		}
	})
}
