package bind

import (
	"bytes"
	"errors"
	"mime"
	"reflect"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// BindForm reads a body that is a form. Only a File keeps a part of the body, which is then not a
// pooled buffer.
func (b *Binder) BindForm(in *plan.Input, contentType string, body []byte, to reflect.Value) error {
	media, params, _ := mime.ParseMediaType(contentType) // a Content-Type with an error was refused before
	var e entries
	var ok bool
	if media == plan.MediaMultipart {
		boundary := params["boundary"]
		if !validBoundary.MatchString(boundary) {
			return errBoundary
		}
		ok = b.readMultipart(in, body, boundary, &e)
	} else {
		ok = b.readPairs(in, plan.InForm, string(body), &e)
	}
	if ok {
		b.storeEntries(in, plan.InForm, &e, to)
	}
	return nil
}

var errBoundary = errors.New("validate: the boundary of the Content-Type is missing or malformed")

var (
	faultMultipart  = plan.Fault{Code: "syntax", Message: "is not a well-formed multipart form"}
	faultPartHeader = plan.Fault{Code: "part_header", Message: "has a part whose header is not one of a form"}
)

// validBoundary matches a boundary (RFC 2046, section 5.1.1).
var validBoundary = regexp.MustCompile(`^[a-zA-Z0-9'()+_,./:=? -]{0,69}[a-zA-Z0-9'()+_,./:=?-]$`)

// readMultipart reads a form with files (RFC 7578) that is in memory already. It is stricter than
// mime/multipart, with which it agrees on every form that it accepts. There is nothing before
// the first part or after the last one. Lines end with CR and LF. A boundary with other text
// after it is a fault of the form, and not content.
func (b *Binder) readMultipart(in *plan.Input, body []byte, boundary string, e *entries) bool {
	delimiter := []byte("\r\n--" + boundary)
	rest, ok := bytes.CutPrefix(body, delimiter[2:])
	for count := 0; ok; {
		if last, done := bytes.CutPrefix(rest, []byte("--")); done {
			if len(last) > 0 && string(last) != "\r\n" {
				break
			}
			return true
		}
		if rest, ok = bytes.CutPrefix(rest, []byte("\r\n")); !ok {
			break
		}
		var part []byte
		if part, rest, ok = bytes.Cut(rest, delimiter); !ok {
			break
		}
		if count++; count > plan.MaxParams {
			return in.End(plan.InForm, plan.FaultParams.With("max", plan.MaxParams))
		}
		h, content, fine := parsePartHeader(part)
		if !fine {
			return in.End(plan.InForm, faultPartHeader)
		}
		b.addPart(in, h, content, e)
	}
	return in.End(plan.InForm, faultMultipart)
}

// addPart keeps the content of one part.
func (b *Binder) addPart(in *plan.Input, h disposition, content []byte, e *entries) {
	p := b.lookup(in, plan.InForm, h.name)
	switch {
	case p == nil, h.file && h.filename == "" && len(content) == 0: // the user has not chosen a file
	case h.file:
		b.addEntry(in, e, p, entry{param: uint8(p.Place), file: uint8(len(e.files) + 1)})
		e.files = append(e.files, plan.NewFile(h.filename, content))
	default:
		b.addEntry(in, e, p, entry{value: string(content), param: uint8(p.Place)})
	}
}

// A disposition is the Content-Disposition of a part.
type disposition struct {
	name, filename string
	file           bool
}

// parsePartHeader splits a part into its header and its content. The header has only the fields of
// RFC 7578, section 4. Other fields have no meaning, and a transfer encoding would give the
// content a second meaning.
func parsePartHeader(part []byte) (d disposition, content []byte, ok bool) {
	disposed, typed, lines := false, false, 0
	for size := 0; ; {
		line, rest, found := bytes.Cut(part, []byte("\r\n"))
		if size += len(line) + 2; !found || size > plan.MaxPartHeader || lines > plan.MaxPartLines {
			return d, nil, false
		}
		part = rest
		if len(line) == 0 {
			return d, part, disposed
		}
		lines++
		name, value, _ := strings.Cut(string(line), ":")
		value = strings.Trim(value, " \t")
		if !utf8.ValidString(value) || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return d, nil, false
		}
		switch {
		case field.EqualFold(name, "Content-Disposition") && !disposed:
			if d, disposed = parseDisposition(value); !disposed {
				return d, nil, false
			}
		case field.EqualFold(name, "Content-Type") && !typed:
			if typed = true; !readableType(value) {
				return d, nil, false
			}
		case field.EqualFold(name, "Content-Length"): // some clients send it; only the boundary counts
		default:
			return d, nil, false
		}
	}
}

// readableType reports whether a part of this Content-Type can be read. The part may have any
// type, since the type of a file is not trusted, but no charset other than UTF-8.
func readableType(value string) bool {
	media, params, err := mime.ParseMediaType(value)
	charset, ok := params["charset"]
	return err == nil && !plan.Extended(value) && !strings.HasPrefix(media, "multipart/") && (!ok || field.EqualFold(charset, "utf-8"))
}

// parseDisposition reads form-data; name="…"; filename="…". The text between the quotes is
// used as it is. Clients disagree about a backslash: one before a quote is refused, and a
// name with one is never the name of a declared field.
func parseDisposition(s string) (d disposition, ok bool) {
	rest, ok := strings.CutPrefix(s, "form-data")
	named := false
	for ok && rest != "" {
		if rest, ok = strings.CutPrefix(rest, ";"); !ok {
			break
		}
		name, after, found := strings.Cut(strings.TrimLeft(rest, " "), `="`)
		value, behind, closed := strings.Cut(after, `"`)
		if !found || !closed || strings.HasSuffix(value, `\`) {
			return d, false
		}
		switch {
		case name == "name" && !named:
			d.name, named = value, true
		case name == "filename" && !d.file:
			d.filename, d.file = value, true
		default:
			return d, false
		}
		rest = behind
	}
	return d, ok && named
}
