package browser

import (
	"html/template"
	"net/http"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
)

// Site returns Pages behind the headers of a site: a script runs only with the nonce of its
// response, and no other site may frame a page or keep a handle on its window.
func Site() (http.Handler, error) {
	outer, err := httperr.New(httperr.Config{})
	if err != nil {
		return nil, err
	}
	hdr, err := headers.New(headers.Browser())
	if err != nil {
		return nil, err
	}
	return outer.Handler(hdr.Handler(Pages())), nil
}

// The page has one script of its own, and four that an attacker has brought in. Each that runs
// writes its name into the title. The page has loaded when /seen.svg has.
var scripts = template.Must(template.New("page").Parse(`<!doctype html>
<title>ran:</title>
<h1>a page with scripts</h1>
<script nonce="{{.}}">
document.title += ' own'
const child = document.createElement('script')
child.textContent = "document.title += ' child'"
document.head.append(child)
</script>
<script>document.title += ' inline'</script>
<script nonce="AAAAAAAAAAAAAAAAAAAAAA">document.title += ' guessed'</script>
<script src="/foreign.js"></script>
<img src="/seen.svg" alt="" onload="document.title += ' handler'">
`))

// Pages are two pages with scripts. A browser keeps the page /stored, and asks each time whether it
// has changed, which it never has.
func Pages() http.Handler {
	write := func(w http.ResponseWriter, r *http.Request) {
		nonce, _ := headers.Nonce(r.Context()) // empty in the controls, which send no policy
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = scripts.Execute(w, nonce) // an error is the end of the connection
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/page", write)
	mux.HandleFunc("/stored", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("ETag", `"one"`)
		if r.Header.Get("If-None-Match") == `"one"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		write(w, r)
	})
	mux.HandleFunc("/foreign.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write([]byte(`document.title += ' file'`))
	})
	mux.HandleFunc("/seen.svg", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/svg+xml")
		_, _ = w.Write([]byte(`<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"/>`))
	})
	return mux
}
