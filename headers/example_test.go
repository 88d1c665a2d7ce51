package headers_test

import (
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"

	"github.com/go-sallyport/sallyport/headers"
)

func Example() {
	cfg := headers.Browser()
	cfg.CSP.ImgSrc = []string{"'self'", "https://images.example"}
	hdr, err := headers.New(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	page := template.Must(template.New("page").Parse(`<script nonce="{{.}}">start()</script>`))
	srv := hdr.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nonce, _ := headers.Nonce(r.Context())
		_ = page.Execute(w, nonce)
	}))

	w := httptest.NewRecorder()
	srv.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	_, nonce, _ := strings.Cut(w.Body.String(), `nonce="`)
	nonce, _, _ = strings.Cut(nonce, `"`)
	fmt.Println(strings.Contains(w.Header().Get("Content-Security-Policy"), "script-src 'nonce-"+nonce+"' 'strict-dynamic'"))
	fmt.Println(w.Header().Get("X-Frame-Options"))
	// Output:
	// true
	// DENY
}

func ExampleMiddleware_FromUpstream() {
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Frame-Options", "SAMEORIGIN")
		w.Header().Set("X-Powered-By", "PHP")
		w.Header().Set("Access-Control-Allow-Origin", "*")
	}))
	defer service.Close()
	target, err := url.Parse(service.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	hdr, err := headers.New(headers.Browser())
	if err != nil {
		fmt.Println(err)
		return
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: hdr.FromUpstream,
	}
	w := httptest.NewRecorder()
	hdr.Handler(proxy).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	for _, name := range []string{"X-Frame-Options", "X-Powered-By", "Access-Control-Allow-Origin"} {
		fmt.Printf("%s: %q\n", name, w.Header().Values(name))
	}
	// Output:
	// X-Frame-Options: ["DENY"]
	// X-Powered-By: []
	// Access-Control-Allow-Origin: []
}

func ExampleClearSiteData_Set() {
	logout := func(w http.ResponseWriter, _ *http.Request) {
		// The session has been deleted.
		headers.ClearSiteData{}.Set(w.Header())
		w.WriteHeader(http.StatusNoContent)
	}
	w := httptest.NewRecorder()
	logout(w, httptest.NewRequest("POST", "/logout", nil))
	fmt.Println(w.Header().Get("Clear-Site-Data"))
	// Output:
	// "cache", "cookies", "storage"
}

func ExampleNew_faults() {
	_, err := headers.New(headers.Config{
		CSP:            headers.CSP{DefaultSrc: []string{"'none'"}, ScriptSrc: []string{"self"}},
		ReferrerPolicy: "no-referer",
	})
	fmt.Println(err)
	// Output:
	// headers: CSP.ScriptSrc[0]: "self": a keyword is quoted and in lower case, or it is the name of a host; write 'self'
	// headers: CSP.BaseURI: injected markup could move the base of the page, from which its scripts are loaded; set BaseURI: []string{"'none'"}, or "'self'" if pages have a base element
	// headers: ReferrerPolicy: "no-referer": not a value of this header that a browser honours and that is safe; write no-referrer, same-origin, origin, strict-origin, origin-when-cross-origin, strict-origin-when-cross-origin or headers.Off
}
