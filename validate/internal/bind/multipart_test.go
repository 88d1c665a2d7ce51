package bind_test

import (
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type edge struct {
	Tags  []string        `form:"tag" style:"repeat"`
	Text  string          `form:"text"`
	File  validate.File   `form:"file"`
	Files []validate.File `form:"files" style:"repeat"`
}

// Where the grammar of a multipart form has an edge, what is on one side of it
// is read and what is on the other is refused.
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
		{"nothing but dashes", "", "--", "form  syntax"},
		{"line end before", "", "\r\n" + one + end, "form  syntax"},
		{"two line ends behind", "", one + end + "\r\n", "form  syntax"},
		{"form behind the form", "", one + end + part("text", "y") + end, "form  syntax"},
		{"space behind a boundary", "", strings.Replace(one, boundary, boundary+" ", 1) + end, "form  syntax"},
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
		{"nested form that says nothing", "", part("text", swap(one+end, "inner")) + end, ""},
		{"64 parts", "", strings.Repeat(part("tag", "a"), 64) + end, ""},
		{"65 parts", "", strings.Repeat(part("tag", "a"), 65) + end, "form  too_many_parameters"},
		{"65 parts, one of them a file that nobody chose", "", strings.Repeat(part("tag", "a"), 64) + file("files", "", "") + end, "form  too_many_parameters"},
		{"file of the limit", "", file("file", "a", strings.Repeat("x", 100)) + end, ""},
		{"file beyond it", "", file("file", "a", strings.Repeat("x", 101)) + end, "form file file_size"},
		{"files of the limit", "", file("files", "a", strings.Repeat("x", 100)) + file("files", "b", strings.Repeat("y", 100)) + end, ""},
		{"one of them beyond it", "", file("files", "a", "x") + file("files", "b", strings.Repeat("y", 101)) + end, "form files file_size"},
		{"text beyond it", "", part("text", strings.Repeat("x", 101)) + end, ""},
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
