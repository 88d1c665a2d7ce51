package bind_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type anyForm struct {
	A string          `form:"a"`
	B []string        `form:"b" style:"repeat"`
	F validate.File   `form:"f"`
	G []validate.File `form:"g" style:"repeat"`
}

// checkParamFaults fails t unless err is the refusal of a form, with a bounded number of
// faults and without any text that was sent.
func checkParamFaults(t *testing.T, err error, names ...string) {
	e, ok := errors.AsType[*httperr.Error](err)
	if !ok || !errors.Is(err, validate.ErrInvalid) || len(e.Faults) == 0 || len(e.Faults) > 20 {
		t.Fatalf("%v", err)
	}
	for _, f := range e.Faults {
		if f.Pointer != nil || f.In != "form" || f.Name != "" && !slices.Contains(names, f.Name) {
			t.Fatalf("%+v", f)
		}
	}
}

// FuzzForm checks that url.ParseQuery reads the same values in every accepted form.
func FuzzForm(f *testing.F) {
	for _, s := range []string{"", "a=1&b=2&b=3", "a=%C3%A9", "a=1&a=2", "a=1;b=2", "x=1", "a=\xff", "f=1", "b", "&"} {
		f.Add(s)
	}
	s, err := validate.New[anyForm](validate.Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		v, err := s.Decode(nil, kit.Submit(kit.Urlencoded, body))
		if err != nil {
			checkParamFaults(t, err, "a", "b", "f", "g")
			return
		}
		want, err := url.ParseQuery(body)
		if err != nil || want.Get("a") != v.A || !slices.Equal(want["b"], v.B) || len(want["a"]) > 1 || len(v.F.Bytes())+len(v.G) > 0 {
			t.Fatalf("%q: %+v, want %v %v", body, v, want, err)
		}
	})
}

// FuzzMultipart checks that no form panics, and that mime/multipart reads the same parts in
// every accepted form, to its end.
func FuzzMultipart(f *testing.F) {
	swap := strings.NewReplacer(boundary, "x", "title", "a", "photo", "f", "more", "g", "tag", "b")
	for _, tc := range multiparts {
		f.Add(swap.Replace(tc.body), "x")
	}
	f.Add("--'()+_,-./:=? x--", "'()+_,-./:=? x")
	s, err := validate.New[anyForm](validate.Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body, bound string) {
		v, err := s.Decode(nil, kit.Submit(`multipart/form-data; boundary="`+bound+`"`, body))
		if err != nil {
			if !errors.Is(err, validate.ErrMediaType) {
				checkParamFaults(t, err, "a", "b", "f", "g")
			}
			return
		}
		if err := v.differs(body, bound); err != nil {
			t.Fatalf("%q: %v", body, err)
		}
		for _, file := range append(v.G, v.F) {
			if strings.ContainsAny(file.Name, "/\\\x00\n") || strings.HasPrefix(file.Name, ".") || len(file.Name) > 100 {
				t.Fatalf("name %q", file.Name)
			}
		}
	})
}

// differs returns an error if mime/multipart reads other values than v.
func (v *anyForm) differs(body, bound string) error {
	var want anyFormText
	if err := want.read(body, bound); err != nil {
		return err
	}
	got := anyFormText{a: v.A, b: v.B, f: string(v.F.Bytes())}
	for _, g := range v.G {
		got.g = append(got.g, string(g.Bytes()))
	}
	if got.a != want.a || got.f != want.f || !slices.Equal(got.b, want.b) || !slices.Equal(got.g, want.g) {
		return fmt.Errorf("got %q, want %q", got, want)
	}
	return nil
}

// FuzzMultipart would notice a reader that loses a line end or confuses two parts.
func TestFuzzMultipartNoticesABrokenReader(t *testing.T) {
	body := part("a", "x\r\n") + part("b", "y") + end
	for _, v := range []anyForm{{A: "x", B: []string{"y"}}, {A: "x\r\n"}, {A: "y", B: []string{"x\r\n"}}, {A: "x\r\n", B: []string{"y", ""}}} {
		if v.differs(body, boundary) == nil {
			t.Errorf("%+v is not noticed", v)
		}
	}
	if right := (anyForm{A: "x\r\n", B: []string{"y"}}); right.differs(body, boundary) != nil {
		t.Error(right.differs(body, boundary))
	}
	if right := (anyForm{}); right.differs(strings.TrimSuffix(body, end), boundary) == nil {
		t.Error("a form without its end is read")
	}
}

// anyFormText is the form as mime/multipart, the slow reference, reads it.
type anyFormText struct {
	a, f string
	b, g []string
}

func (x *anyFormText) read(body, bound string) error {
	r := multipart.NewReader(strings.NewReader(body), bound)
	for {
		p, err := r.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		var content bytes.Buffer
		if _, err := content.ReadFrom(p); err != nil {
			return err
		}
		switch p.FormName() {
		case "a":
			x.a += content.String()
		case "b":
			x.b = append(x.b, content.String())
		case "f":
			x.f += content.String()
		case "g":
			if p.FileName() != "" || content.Len() > 0 {
				x.g = append(x.g, content.String())
			}
		default:
			return errors.New("unknown " + p.FormName())
		}
	}
}
