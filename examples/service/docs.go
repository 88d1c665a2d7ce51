package main

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"

	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/validate/openapi"
)

//go:embed docs.html
var page string

// docs serves the OpenAPI document, and a page that lists its operations. Both are routes that
// they describe, so newService fills them after the routes are built.
type docs struct {
	page     *template.Template
	document []byte
	rows     []routes.Row
}

func newDocs() *docs { return &docs{page: template.Must(template.New("docs").Parse(page))} }

func (d *docs) routes() []routes.Route {
	const reason = "a public API has a public description"
	// The page has one style and no script. The headers of the API around it would forbid both.
	cfg := headers.Browser()
	cfg.CSP = headers.CSP{
		DefaultSrc: []string{"'none'"}, StyleSrc: []string{"'nonce'"}, BaseURI: []string{"'none'"}, FormAction: []string{"'none'"},
		FrameAncestors: []string{"'none'"},
	}
	hdr := must(headers.New(cfg))
	return []routes.Route{
		{Pattern: "GET /openapi.json", Public: reason, Handler: http.HandlerFunc(d.serveDocument)},
		{Pattern: "GET /docs", Public: reason, Handler: hdr.Handler(httperr.HandlerFunc(d.servePage))},
	}
}

// fill writes the document of the routes.
func (d *docs) fill(rows []routes.Row) (err error) {
	for _, row := range rows {
		if row.Router == 0 { // not an answer of the router itself
			d.rows = append(d.rows, row)
		}
	}
	d.document, err = openapi.Document(openapi.Info{
		Title:   "Invoices",
		Version: "2",
		Schemes: []openapi.Scheme{openapi.Cookie("session", cookieName)},
	}, rows)
	return err
}

func (d *docs) serveDocument(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(d.document) // if it fails, the client has left
}

func (d *docs) servePage(w http.ResponseWriter, r *http.Request) error {
	nonce, ok := headers.Nonce(r.Context())
	if !ok {
		return httperr.ErrInternal // the route lacks headers
	}
	var text bytes.Buffer
	if err := d.page.Execute(&text, struct {
		Nonce string
		Rows  []routes.Row
	}{nonce, d.rows}); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err := w.Write(text.Bytes())
	return err
}
