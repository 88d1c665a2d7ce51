package validate

import (
	"net/http"
	"strconv"
	"strings"
)

// A source is where in a request a field is read from, other than from JSON.
type source uint8

// In the order in which faults are reported.
const (
	inPath source = iota
	inQuery
	inHeader
	inForm
	sources
)

// traits are what the sources differ in. What is said of one nowhere else is
// said here, so that who adds a source has to say it.
var traits = [sources]struct {
	name   string // of the tag, and where a fault is
	lists  bool   // a field may be a list
	lines  bool   // a list is one line or more, with commas and spaces in it
	files  bool
	always bool // no request comes without
	body   bool // what is read is the body, and no parameter to OpenAPI
}{
	inPath:   {name: "path", always: true},
	inQuery:  {name: "query", lists: true},
	inHeader: {name: "header", lists: true, lines: true},
	inForm:   {name: "form", lists: true, files: true, body: true},
}

func (s source) String() string { return traits[s].name }

// A binder reads the fields of path, query, header and form, and stores the
// defaults.
type binder struct {
	memory      int64 // that the lists may take
	file        int64 // bytes of one
	params      [sources][]*parameter
	presets     []preset
	tidy        *tidy // nil: nothing is to be changed
	path        func(*http.Request, string) string
	pathOfMux   bool // path is that of net/http, and Request.Pattern has the names
	strictQuery bool
	otherQuery  map[string]bool
}

// checkConfig refuses what of the Config contradicts the fields, and makes the
// media types of a form those of the body.
func (c *compiler) checkConfig(mediaTypes, otherQuery []string) {
	for i, name := range otherQuery {
		for _, p := range c.params[inQuery] {
			if p.name == name {
				c.faults.Add("OtherQuery["+strconv.Itoa(i)+"]", name, "is a parameter of this schema", "remove one of the two")
			}
		}
	}
	if len(c.params[inForm]) == 0 {
		return
	}
	if len(mediaTypes) > 0 {
		c.faults.Add("MediaTypes", strings.Join(mediaTypes, " "), "is set, and the body is a form, which has its own", "leave it empty")
	}
	c.media = []string{mediaForm}
	if c.files {
		c.media = []string{mediaMultipart, mediaForm}
	}
}
