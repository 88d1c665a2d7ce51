package validate

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
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

// sourcing is what a core knows of what is not in the JSON of a body.
type sourcing struct {
	params      [sources][]*parameter
	presets     []preset
	tidy        *tidy // nil: nothing is to be changed
	path        func(*http.Request, string) string
	pathOfMux   bool // path is that of net/http, and Request.Pattern has the names
	strictQuery bool
	otherQuery  map[string]bool
}

func (c *core) setSources(cfg Config, b *compiler) {
	c.sourcing = sourcing{params: b.params, presets: b.presets, path: cfg.Path, strictQuery: cfg.StrictQuery, otherQuery: make(map[string]bool, len(cfg.OtherQuery))}
	if c.path == nil {
		c.path, c.pathOfMux = (*http.Request).PathValue, true
	}
	for _, name := range cfg.OtherQuery {
		c.otherQuery[name] = true
	}
	if d := b.tidied[b.rootType]; d.useful(map[*tidy]bool{}) {
		c.tidy = d
	}
}

// checkConfig refuses what of the Config contradicts the fields, and makes the
// media types of a form those of the body.
func (c *compiler) checkConfig(cfg Config) (faults []error) {
	for i, name := range cfg.OtherQuery {
		for _, p := range c.params[inQuery] {
			if p.name == name {
				faults = append(faults, &httperr.ConfigError{Package: pkg, Field: "OtherQuery[" + strconv.Itoa(i) + "]", Value: strconv.Quote(name), Reason: "is a parameter of this schema", Fix: "remove one of the two"})
			}
		}
	}
	if len(c.params[inForm]) == 0 {
		return faults
	}
	if len(cfg.MediaTypes) > 0 {
		faults = append(faults, &httperr.ConfigError{Package: pkg, Field: "MediaTypes", Value: strconv.Quote(strings.Join(cfg.MediaTypes, " ")), Reason: "is set, and the body is a form, which has its own", Fix: "leave it empty"})
	}
	c.media = []string{mediaForm}
	if c.files {
		c.media = []string{mediaMultipart, mediaForm}
	}
	return faults
}
