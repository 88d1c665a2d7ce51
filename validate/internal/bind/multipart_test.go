package bind_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type signup struct {
	Mail  string   `form:"mail" mod:"trim,lower" validate:"required,email"`
	Age   int      `form:"age" default:"18" validate:"min=18"`
	Terms bool     `form:"terms"`
	Tags  []string `form:"tag" style:"repeat" validate:"max=2"`
	Page  int      `query:"page"`
}

func TestForm(t *testing.T) {
	s := kit.MustNew[signup](t, validate.Config{MaxBody: 2000})
	for _, tc := range []struct{ media, body, want string }{
		{kit.Urlencoded, "mail=+Ann%40b.cd&age=20&terms=1&tag=a&tag=b%0D%0Ac", ""},
		{kit.Urlencoded + "; charset=UTF-8", "mail=a@b.cd", ""},
		{kit.Urlencoded, "", "form mail required"},
		{kit.Urlencoded, "mail=a@b.cd&admin=1", "form  unknown_parameter"},
		{kit.Urlencoded, "mail=a@b.cd&page=1", "form  unknown_parameter"},
		{kit.Urlencoded, "mail=a@b.cd&mail=b@c.de", "form mail duplicate"},
		{kit.Urlencoded, "mail=a@b.cd&tag=1&tag=2&tag=3", "form tag max_items"},
		{kit.Urlencoded, "mail=a@b.cd&age=17", "form age min"},
		{kit.Urlencoded, "mail=a@b.cd&age=x&terms=yes", "form age type,form terms type"},
		{kit.Urlencoded, "mail=a@b.cd;age=20", "form  syntax"},
		{kit.Urlencoded, "mail=%", "form  syntax"},
		{kit.Urlencoded, "mail=a@b.cd\r\n", ""},
		{kit.Urlencoded, `{"mail":"a@b.cd"}`, "form  unknown_parameter,form mail required"},
		{kit.Urlencoded, strings.Repeat("tag=a&", 64) + "tag=a", "form  too_many_parameters"},
	} {
		r := kit.Submit(tc.media, tc.body)
		res, _ := kit.Send(s, r)
		if tc.want == "" {
			if res.StatusCode != 200 {
				e, _ := mwtest.ReadEnvelope(res)
				t.Errorf("%q: %q", tc.body, kit.Sourced(e))
			}
			continue
		}
		e := mwtest.Refused(t, res, 400, "validation_failed")
		got := kit.Sourced(e)
		if !slices.Equal(got, strings.Split(tc.want, ",")) {
			t.Errorf("%q: %q, want %q", tc.body, got, tc.want)
		}
	}
	for _, media := range []string{"application/json", "text/plain", "multipart/form-data; boundary=x", kit.Urlencoded + "; charset=latin1"} {
		res, _ := kit.Send(s, kit.Submit(media, "mail=a@b.cd"))
		mwtest.Refused(t, res, 415, "unsupported_media_type")
	}
	res, _ := kit.Send(s, kit.Submit(kit.Urlencoded, "mail="+strings.Repeat("a", 2000)))
	mwtest.Refused(t, res, 413, "body_too_large")

	r := kit.Submit(kit.Urlencoded, "mail=+Ann%40b.cd&tag=b%0D%0Ac")
	r.URL.RawQuery = "page=4"
	if v, err := s.Decode(nil, r); err != nil || v.Mail != "ann@b.cd" || v.Age != 18 || v.Page != 4 || v.Tags[0] != "b\r\nc" {
		t.Errorf("%+v, %v", v, err)
	}
}

type upload struct {
	Title string          `form:"title" validate:"required,max=10"`
	Photo validate.File   `form:"photo" accept:"image/png image/gif" validate:"required"`
	More  []validate.File `form:"more" style:"repeat" validate:"max=2"`
	Tags  []string        `form:"tag" style:"comma"`
}

const (
	gif      = "GIF89a\x01\x00\x01\x00"
	boundary = "----b0undary"
)

// part returns one part of a form. head is appended to the first line of its header, and may
// add lines.
func part(name, content string, head ...string) string {
	return fmt.Sprintf("--%s\r\nContent-Disposition: form-data; name=\"%s\"%s\r\n\r\n%s\r\n", boundary, name, strings.Join(head, ""), content)
}

func file(name, as, content string) string {
	return part(name, content, `; filename="`+as+`"`, "\r\nContent-Type: text/html")
}

const end = "--" + boundary + "--\r\n"

var title, photo = part("title", "Hi"), file("photo", "a.gif", gif)

var multiparts = []struct{ name, body, want string }{
	{"only the required parts", title + photo + end, ""},
	{"all parts", title + photo + part("tag", "a,b") + file("more", "", "x") + file("more", "y", "") + end, ""},
	{"no file chosen", title + photo + file("more", "", "") + end, ""},
	{"no line end after the last boundary", title + photo + strings.TrimSpace(end), ""},
	{"content like a boundary", part("title", "--x\r\n-") + photo + end, ""},
	{"text with its type", part("title", "Hi", "\r\nContent-Type: text/plain; charset=utf-8") + photo + end, ""},
	{"lower case header", strings.Replace(title, "Content-Disposition", "content-disposition", 1) + photo + end, ""},
	{"no parts", end, "form title required,form photo required"},
	{"required file not chosen", title + file("photo", "", "") + end, "form photo required"},
	{"unknown", title + photo + part("x", "1") + end, "form  unknown_parameter"},
	{"unknown file", title + photo + file("x", "a", "1") + end, "form  unknown_parameter"},
	{"bad UTF-8", part("title", "\xff") + photo + end, "form title invalid_utf8"},
	{"rule", part("title", "12345678901") + photo + end, "form title max_length"},
	{"twice", title + title + photo + end, "form title duplicate"},
	{"file twice", title + photo + photo + end, "form photo duplicate"},
	{"too many files", title + photo + file("more", "a", "1") + file("more", "a", "1") + file("more", "a", "1") + end, "form more max_items"},
	{"file for text", file("title", "a", "1") + photo + end, "form title type"},
	{"text for a file", title + part("photo", "1") + end, "form photo type"},
	{"type of the content", title + file("photo", "a.gif", "<html><script>") + end, "form photo file_type"},
	{"size", title + file("photo", "a.gif", gif+strings.Repeat("x", 100)) + end, "form photo file_size"},
	{"empty body", "", "form  syntax"},
	{"no end", title + photo, "form  syntax"},
	{"text before", "x\r\n" + title + photo + end, "form  syntax"},
	{"text after", title + photo + end + "x", "form  syntax"},
	{"boundary with a tail", title + strings.Replace(photo, boundary, boundary+"x", 1) + end, "form  syntax"},
	{"boundary in a part", part("title", "a\r\n--"+boundary+" \r\nb") + photo + end, "form  syntax"},
	{"LF only", strings.ReplaceAll(title+photo+end, "\r\n", "\n"), "form  syntax"},
	{"no header", "--" + boundary + "\r\n\r\nx\r\n" + end, "form  part_header"},
	{"no empty line", "--" + boundary + "\r\nContent-Disposition: form-data; name=\"title\"\r\n" + end, "form  part_header"},
	{"not form-data", strings.Replace(title, "form-data", "attachment", 1) + photo + end, "form  part_header"},
	{"no name", strings.Replace(title, `; name="title"`, "", 1) + photo + end, "form  part_header"},
	{"two names", part(`title"; name="photo`, "x") + photo + end, "form  part_header"},
	{"extended name", part(`title"; filename*="utf-8''x`, "x") + photo + end, "form  part_header"},
	{"backslash before the quote", part(`title\"; filename="a`, "x") + photo + end, "form  part_header"},
	{"no quotes", strings.Replace(title, `"title"`, "title", 1) + photo + end, "form  part_header"},
	{"two dispositions", part("title", "x", "\r\nContent-Disposition: form-data; name=\"photo\"") + photo + end, "form  part_header"},
	{"folded", part("title", "x", "\r\n ; filename=\"a\"") + photo + end, "form  part_header"},
	{"transfer encoding", part("title", "x", "\r\nContent-Transfer-Encoding: base64") + photo + end, "form  part_header"},
	{"other charset", part("title", "x", "\r\nContent-Type: text/plain; charset=utf-16") + photo + end, "form  part_header"},
	{"nested", part("title", "x", "\r\nContent-Type: multipart/mixed; boundary=y") + photo + end, "form  part_header"},
	{"NUL in the header", part("title\x00", "x") + photo + end, "form  part_header"},
	{"long header", part("title", "x", "\r\nContent-Type: text/"+strings.Repeat("a", 1000)) + photo + end, "form  part_header"},
	{"many lines", part("title", "x", strings.Repeat("\r\nContent-Length: 1", 9)) + photo + end, "form  part_header"},
	{"65 parts", strings.Repeat(part("tag", "a"), 65) + end, "form tag duplicate,form  too_many_parameters"},
}

func TestMultipartTable(t *testing.T) {
	s := kit.MustNew[upload](t, validate.Config{MaxFile: 100})
	for _, tc := range multiparts {
		t.Run(tc.name, func(t *testing.T) {
			res, _ := kit.Send(s, kit.Submit("multipart/form-data; boundary="+boundary, tc.body))
			if tc.want == "" {
				kit.Admitted(t, tc.body, res)
				return
			}
			got, want := kit.Sourced(mwtest.Refused(t, res, 400, "validation_failed")), strings.Split(tc.want, ",")
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
	for _, media := range []string{"multipart/form-data", `multipart/form-data; boundary=""`, "multipart/form-data; boundary=" + strings.Repeat("a", 71), `multipart/form-data; boundary="a\""`, `multipart/form-data; boundary="a "`, "multipart/mixed; boundary=" + boundary} {
		res, _ := kit.Send(s, kit.Submit(media, title+photo+end))
		mwtest.Refused(t, res, 415, "unsupported_media_type")
	}
}

func TestFiles(t *testing.T) {
	s := kit.MustNew[upload](t, validate.Config{})
	body := title + file("photo", `..\..\etc/.ev"il`, gif) + file("more", "été\u202e<1>.txt", "<html>") + end
	body = strings.Replace(body, `ev"il`, "evil.gif ", 1)
	v, err := s.Decode(nil, kit.Submit("multipart/form-data; boundary="+boundary, body))
	if err != nil {
		t.Fatal(err)
	}
	p, m := v.Photo, v.More[0]
	if p.ContentType != "image/gif" || p.Name != "evil.gif" || p.Size != int64(len(gif)) || string(p.Bytes()) != gif || p.Open().Len() != len(gif) {
		t.Errorf("%+v", p)
	}
	if m.ContentType != "text/html; charset=utf-8" || m.Name != "été1.txt" {
		t.Errorf("%q %q", m.ContentType, m.Name)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, m); strings.Contains(got, "<html>") || got == "" {
			t.Errorf("%s prints %q", verb, got)
		}
	}
	// Appending to the bytes of one file does not overwrite the next part.
	_ = append(p.Bytes(), "--"+boundary...)
	if string(m.Bytes()) != "<html>" {
		t.Errorf("%q", m.Bytes())
	}
	// A form without files may be sent in both media types.
	res, _ := kit.Send(s, kit.Submit(kit.Urlencoded, "title=x"))
	if got := kit.Sourced(mwtest.Refused(t, res, 400, "validation_failed")); !slices.Equal(got, []string{"form photo required"}) {
		t.Errorf("%q", got)
	}
	res, _ = kit.Send(s, kit.Submit(kit.Urlencoded, "title=x&photo=y"))
	if got := kit.Sourced(mwtest.Refused(t, res, 400, "validation_failed")); !slices.Equal(got, []string{"form photo type"}) {
		t.Errorf("%q", got)
	}
}

func TestFormsRefused(t *testing.T) {
	_, err := validate.New[struct {
		Name string `form:"name"`
		Body string `json:"body"`
	}](validate.Config{MediaTypes: []string{"application/json"}})
	mwtest.Faults(t, err, `validate: struct {…}: "body"`, `validate: MediaTypes: "application/json": is set, and the body is a form`)
	_, err = validate.New[struct {
		File validate.File `json:"file"`
	}](validate.Config{})
	if err == nil || !strings.Contains(err.Error(), "is a file, which JSON has none of") {
		t.Error(err)
	}
	_, err = validate.New[struct {
		A validate.File    `form:"a" accept:"image/*"`
		B validate.File    `form:"b" accept:" "`
		C **validate.File  `form:"c"`
		D []validate.File  `form:"d" style:"comma"`
		E validate.File    `form:"e" default:"x"`
		F string           `form:"f" accept:"text/plain"`
		G []*validate.File `form:"g" style:"repeat"`
	}](validate.Config{})
	if n := len(mwtest.Leaves(err)); n != 7 {
		t.Errorf("%d faults: %v", n, err)
	}
}

type edge struct {
	Tags  []string        `form:"tag" style:"repeat"`
	Text  string          `form:"text"`
	File  validate.File   `form:"file"`
	Files []validate.File `form:"files" style:"repeat"`
}

// At each edge of the grammar of a multipart form, the form on one side of it is read, and the
// form on the other side is refused.
func TestMultipartEdges(t *testing.T) {
	s := kit.MustNew[edge](t, validate.Config{MaxFile: 100, MaxBody: 8 << 10})
	long := strings.Repeat("b", 70)
	swap := func(body, with string) string { return strings.ReplaceAll(body, boundary, with) }
	one := part("text", "x")
	for _, tc := range []struct {
		name, bound, body, want string
	}{
		{"boundary of 70", long, swap(one+end, long), ""},
		{"boundary of one", "x", swap(one+end, "x"), ""},
		{"boundary of all its characters", "'()+_,-./:=? x", swap(one+end, "'()+_,-./:=? x"), ""},
		{"boundary that begins another", "bound", "--bound\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nx\r\n--boundary\r\n\r\n--bound--\r\n", "form  syntax"},
		{"boundary of dashes", "----", swap(one+end, "----"), ""},
		{"boundary in the first line of the content", "", part("text", "--"+boundary) + end, "form  part_header"},
		{"boundary in other case", "", one + strings.ToUpper(end), "form  syntax"},
		{"empty content", "", part("text", "") + end, ""},
		{"content of a line end", "", part("text", "\r\n") + end, ""},
		{"content of a CR", "", part("text", "\r") + end, ""},
		{"no part", "", end, ""},
		{"only dashes", "", "--", "form  syntax"},
		{"line end before", "", "\r\n" + one + end, "form  syntax"},
		{"two line ends after", "", one + end + "\r\n", "form  syntax"},
		{"form after the form", "", one + end + part("text", "y") + end, "form  syntax"},
		{"space after a boundary", "", strings.Replace(one, boundary, boundary+" ", 1) + end, "form  syntax"},
		{"three dashes at the end", "", one + "--" + boundary + "---", "form  syntax"},
		{"one dash at the end", "", one + "--" + boundary + "-\r\n", "form  syntax"},
		{"line end in a name", "", part("te\r\nxt", "x") + end, "form  part_header"},
		{"line end and a field in a name", "", part("text\"\r\nContent-Type: text/plain\r\nX: \"", "x") + end, "form  part_header"},
		{"CR in a name", "", part("te\rxt", "x") + end, "form  part_header"},
		{"LF in a name", "", part("te\nxt", "x") + end, "form  part_header"},
		{"escaped line end in a name", "", part("text%0D%0A", "x") + end, "form  unknown_parameter"},
		{"escaped name", "", part("%74ext", "x") + end, "form  unknown_parameter"},
		{"name in other case", "", part("Text", "x") + end, "form  unknown_parameter"},
		{"name with brackets", "", part("tag[]", "x") + end, "form  unknown_parameter"},
		{"empty name", "", part("", "x") + end, "form  unknown_parameter"},
		{"name of bad UTF-8", "", part("\xff", "x") + end, "form  part_header"},
		{"space before the colon", "", strings.Replace(one, "Disposition:", "Disposition :", 1) + end, "form  part_header"},
		{"field without a colon", "", strings.Replace(one, "Disposition:", "Disposition", 1) + end, "form  part_header"},
		{"semicolon at the end", "", part(`text";x="`, "x") + end, "form  part_header"},
		{"name twice, the same", "", part(`text"; name="text`, "x") + end, "form  part_header"},
		{"two file names", "", part(`file"; filename="a"; filename="b`, "x") + end, "form  part_header"},
		{"file name before the name", "", strings.Replace(part("file", "x"), `name="file"`, `filename="a"; name="file"`, 1) + end, ""},
		{"file name with a semicolon", "", file("file", "a;name=text", "x") + end, ""},
		{"nested form", "", part("text", swap(one+end, "inner"), "\r\nContent-Type: multipart/mixed; boundary=inner") + end, "form  part_header"},
		{"nested form, as a file", "", part("file", swap(one+end, "inner"), `; filename="a"`, "\r\nContent-Type: Multipart/Form-Data; boundary=inner") + end, "form  part_header"},
		{"nested form without a type", "", part("text", swap(one+end, "inner")) + end, ""},
		{"64 parts", "", strings.Repeat(part("tag", "a"), 64) + end, ""},
		{"65 parts", "", strings.Repeat(part("tag", "a"), 65) + end, "form  too_many_parameters"},
		{"65 parts, one of them a file that the user has not chosen", "", strings.Repeat(part("tag", "a"), 64) + file("files", "", "") + end, "form  too_many_parameters"},
		{"file at the limit", "", file("file", "a", strings.Repeat("x", 100)) + end, ""},
		{"file over the limit", "", file("file", "a", strings.Repeat("x", 101)) + end, "form file file_size"},
		{"files at the limit", "", file("files", "a", strings.Repeat("x", 100)) + file("files", "b", strings.Repeat("y", 100)) + end, ""},
		{"one file over the limit", "", file("files", "a", "x") + file("files", "b", strings.Repeat("y", 101)) + end, "form files file_size"},
		{"text over the limit of files", "", part("text", strings.Repeat("x", 101)) + end, ""},
	} {
		bound := tc.bound
		if bound == "" {
			bound = boundary
		}
		res, _ := kit.Send(s, kit.Submit(`multipart/form-data; boundary="`+bound+`"`, tc.body))
		if tc.want == "" {
			kit.Admitted(t, tc.name, res)
			continue
		}
		if got := strings.Join(kit.Sourced(mwtest.Refused(t, res, 400, "validation_failed")), ","); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}
