package bind

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

var (
	faultFileSize = plan.Fault{Code: "file_size", Message: "is too large"}
	faultFileType = plan.Fault{Code: "file_type", Message: "is not a file of an allowed type"}
	faultNoFile   = plan.Fault{Code: "type", Message: "must be a file"}
	faultNotText  = plan.Fault{Code: "type", Message: "must not be a file"}
)

// storeFile stores a file, unless its size or its type is refused.
func (b *Binder) storeFile(in *plan.Input, p *plan.Parameter, dst reflect.Value, f *plan.File) bool {
	if f.Size > b.File {
		in.Fault(p, faultFileSize.With("max_bytes", b.File))
		return false
	}
	f.ContentType = http.DetectContentType(f.Bytes())
	media, _, _ := strings.Cut(f.ContentType, ";")
	if len(p.Accept) > 0 && !slices.Contains(p.Accept, media) {
		in.Fault(p, faultFileType.With("allowed", p.Accept))
		return false
	}
	f.Name = baseName(f.Name)
	if p.Pointer {
		stored := *f // f is an element of the list of all files of the form
		dst.Set(reflect.ValueOf(&stored))
		return true
	}
	dst.Set(reflect.ValueOf(*f))
	return true
}

// baseName returns the part of a file name that can be shown.
func baseName(s string) string {
	s = s[strings.LastIndexAny(s, `/\`)+1:]
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) || strings.ContainsRune(`<>:"|?*&%;'`+"`", r) {
			return -1
		}
		return r
	}, s)
	s = strings.TrimLeft(s, ". ")
	s = strings.ToValidUTF8(s[:min(len(s), plan.MaxFileName)], "") // the cut may have split a character
	return strings.TrimRight(s, ". ")
}
