package compile

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// contents has the first bytes of a file of each type.
var contents = map[string][]string{
	"application/octet-stream":      {"\x00", "\x01\x02\x03", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1"},
	"application/ogg":               {"OggS\x00"},
	"application/pdf":               {"%PDF-1.7"},
	"application/postscript":        {"%!PS-Adobe-3.0"},
	"application/vnd.ms-fontobject": {strings.Repeat("\x00", 34) + "LP"},
	"application/wasm":              {"\x00asm\x01\x00\x00\x00"},
	"application/x-gzip":            {"\x1f\x8b\x08\x00"},
	"application/x-rar-compressed":  {"Rar!\x1a\x07\x00", "Rar!\x1a\x07\x01\x00"},
	"application/zip":               {"PK\x03\x04\x14\x00\x06\x00[Content_Types].xml"},
	"audio/aiff":                    {"FORM\x00\x00\x00\x00AIFF"},
	"audio/midi":                    {"MThd\x00\x00\x00\x06"},
	"audio/mpeg":                    {"ID3\x03\x00"},
	"audio/wave":                    {"RIFF\x00\x00\x00\x00WAVE"},
	"font/collection":               {"ttcf"},
	"font/otf":                      {"OTTO"},
	"font/ttf":                      {"\x00\x01\x00\x00"},
	"font/woff":                     {"wOFF"},
	"font/woff2":                    {"wOF2"},
	"image/bmp":                     {"BM"},
	"image/gif":                     {"GIF87a", "GIF89a"},
	"image/jpeg":                    {"\xff\xd8\xff\xe0"},
	"image/png":                     {"\x89PNG\r\n\x1a\n"},
	"image/webp":                    {"RIFF\x00\x00\x00\x00WEBPVP"},
	"image/x-icon":                  {"\x00\x00\x01\x00", "\x00\x00\x02\x00"},
	"text/html":                     {"<!DOCTYPE html>", " <script>", "<!-- "},
	"text/plain":                    {"", "a,b\n1,2\n", `{"a":1}`, "<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "\xfe\xff\x00a", "\xff\xfea\x00", "\xef\xbb\xbfa", "{\\rtf1}"},
	"text/xml":                      {`<?xml version="1.0"?><svg/>`},
	"video/avi":                     {"RIFF\x00\x00\x00\x00AVI "},
	"video/mp4":                     {"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"},
	"video/webm":                    {"\x1a\x45\xdf\xa3"},
}

func detected(s string) string {
	media, _, _ := strings.Cut(http.DetectContentType([]byte(s)), ";")
	return media
}

// Sniffed has exactly the types that net/http detects: each for the file of its type, and no
// other type for a damaged file.
func TestSniffedTypes(t *testing.T) {
	if !slices.IsSorted(Sniffed) || len(Sniffed) != len(contents) {
		t.Errorf("%d types in the table, samples of %d", len(Sniffed), len(contents))
	}
	for media, files := range contents {
		if !slices.Contains(Sniffed, media) {
			t.Errorf("%s is not in the table", media)
		}
		for _, file := range files {
			if got := detected(file); got != media {
				t.Errorf("%q is %s, want %s", file, got, media)
			}
			for i := range len(file) {
				for b := range 256 {
					if got := detected(file[:i] + string([]byte{byte(b)}) + file[i+1:]); !slices.Contains(Sniffed, got) {
						t.Fatalf("%q with %d at %d is %s", file, b, i, got)
					}
				}
			}
		}
	}
}

func FuzzSniffedTypes(f *testing.F) {
	for _, files := range contents {
		for _, file := range files {
			f.Add(file)
		}
	}
	f.Fuzz(func(t *testing.T, file string) {
		if got := detected(file); !slices.Contains(Sniffed, got) {
			t.Fatalf("%q is %s", file, got)
		}
	})
}
