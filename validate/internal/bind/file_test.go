package bind_test

import (
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type attachment struct {
	Note string         `form:"note"`
	File *validate.File `form:"file" accept:"image/gif text/plain"`
	Flat validate.File  `form:"flat"`
}

// An empty file is told from an absent one.
func TestFileMayBeAbsent(t *testing.T) {
	s := kit.MustNew[attachment](t, validate.Config{})
	const media = "multipart/form-data; boundary=" + boundary
	for _, tc := range []struct {
		name, body string
		sent, flat bool
		as         string
		size       int64
	}{
		{name: "absent", body: part("note", "a") + end},
		{name: "not chosen", body: file("file", "", "") + file("flat", "", "") + end},
		{name: "empty", body: file("file", "a.txt", "") + file("flat", "/", "") + end, sent: true, flat: true, as: "a.txt"},
		{name: "content", body: file("file", "a.gif", gif) + file("flat", "", "x") + end, sent: true, flat: true, as: "a.gif", size: int64(len(gif))},
	} {
		v, err := s.Decode(nil, kit.Submit(media, tc.body))
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if (v.File != nil) != tc.sent || (v.Flat.ContentType != "") != tc.flat {
			t.Errorf("%s: %v, %q", tc.name, v.File, v.Flat.ContentType)
		}
		if v.File != nil && (v.File.Name != tc.as || v.File.Size != tc.size || len(v.File.Bytes()) != int(tc.size)) {
			t.Errorf("%s: %q of %d", tc.name, v.File.Name, v.File.Size)
		}
	}
	mwtest.Refused(t, kit.Serve(s.Middleware(&mwtest.Spy{}), kit.Submit(media, file("file", "a", "<html>")+end)), 400, "validation_failed")
	const want = `"file":{"format":"binary","type":"string"}`
	if got := string(s.JSONSchema()); !strings.Contains(got, want) || strings.Contains(got, "required") {
		t.Errorf("%s", got)
	}

	type must struct {
		File *validate.File `form:"file" validate:"required"`
	}
	need := kit.MustNew[must](t, validate.Config{}).Middleware(&mwtest.Spy{})
	mwtest.Refused(t, kit.Serve(need, kit.Submit(media, end)), 400, "validation_failed")
	if res := kit.Serve(need, kit.Submit(media, file("file", "a", "")+end)); res.StatusCode != 200 {
		t.Errorf("an empty file: %d", res.StatusCode)
	}
	_, err := validate.New[struct {
		Files []*validate.File `form:"files" style:"repeat"`
		Query *validate.File   `query:"q"`
	}](validate.Config{})
	mwtest.Faults(t, err, "validate: struct", "validate: struct")
}
