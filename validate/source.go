package validate

import (
	"context"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	httperr "github.com/go-sallyport/sallyport/errors"
)

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

func (c *core) source(cfg Config, b *compiler) {
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

// checkForm makes the media types of a form those of the body, and refuses what
// contradicts the fields.
func (c *compiler) checkForm(cfg Config) (faults []error) {
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

// prepare makes v what it is before the body is decoded into it: the defaults,
// and the parameters.
func (c *core) prepare(in *input, r *http.Request, v any) error {
	to := reflect.ValueOf(v).Elem()
	c.preload(to)
	return c.bind(in, r, to)
}

// check normalises v and runs the rules.
func (c *core) check(ctx context.Context, v any) (breaches []breach, cut bool, err error) {
	c.normalise(reflect.ValueOf(v).Elem())
	return c.rules(ctx, v)
}

// judge ends the way of a value that has been decoded as far as it can be.
func (c *core) judge(ctx context.Context, in *input, body []byte, v any) error {
	breaches, cut, err := c.check(ctx, v)
	switch {
	case err != nil:
		return err
	case len(breaches)+len(in.found) > 0:
		return c.reject(in, body, nil, breaches, cut)
	}
	return c.hear(ctx, v)
}
